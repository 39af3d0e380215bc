"""Who may send: allowed addresses, tokens and signatures, for both programs."""

import collections
import hashlib
import hmac
import os
import socket
import signal
import struct
import subprocess
import time

import program
from harness import EXPORTER, Exporter, IntegrationTest
from router_case import RouterTest
from senders import FramedSender, TcpSender, UdpSender, UnixgramSender, UnixStreamSender


def send_from(source, endpoint, datagram):
    """A datagram from this address of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.sendto(datagram, endpoint)


def connect_from(source, endpoint):
    return socket.create_connection(endpoint, program.DEADLINE_SECONDS, (source, 0))


def signed(key, lines, at=None):
    """A datagram as brubeck's senders make it."""
    rest = struct.pack("<Q", int(time.time() if at is None else at)) + os.urandom(4) + lines
    return hmac.new(key, rest, hashlib.sha256).digest() + rest


class AllowedSourcesTest(IntegrationTest):
    ALLOW = ("--auth.allow=udp=127.0.0.2,127.1.0.0/16", "--auth.allow=tcp=127.0.0.3")

    def test_only_allowed_addresses_are_heard_and_the_others_counted(self):
        exporter = self.start_exporter(*self.ALLOW)
        udp, tcp = exporter.endpoint("udp"), exporter.endpoint("tcp")
        for source in ("127.0.0.1", "127.0.0.3", "127.2.0.1"):
            send_from(source, udp, b"bad.udp:1|c")
        for source in ("127.0.0.2", "127.1.2.3"):
            send_from(source, udp, b"good.udp:1|c")
        with connect_from("127.0.0.2", tcp) as stranger:
            self.assertEqual(stranger.recv(1), b"")
        with connect_from("127.0.0.3", tcp) as client:
            client.sendall(b"good.tcp:1|c\n")
        exporter.wait_for_value(1, "good_tcp")
        page = exporter.wait_for_value(2, "good_udp")
        self.assertFalse([name for name, _ in page.samples if name.startswith("bad")])
        self.assertEqual(
            page.value("weir_rejected_datagrams_total", listener="udp", reason="source"), 3
        )
        self.assertEqual(
            page.value("weir_rejected_connections_total", listener="tcp", reason="source"), 1
        )
        self.assertEqual(page.value("statsd_exporter_udp_packets_total"), 2)
        self.assertEqual(page.value("statsd_exporter_tcp_connections_total"), 1)

    def test_a_wrong_network_ends_the_start(self):
        done = subprocess.run(
            [EXPORTER, *Exporter.DEFAULTS, "--auth.allow=udp=10.0.0.1/8"],
            capture_output=True, text=True, timeout=program.DEADLINE_SECONDS,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("--auth.allow: '10.0.0.1/8' has bits beyond its length", done.stderr)


class TokensTest(IntegrationTest):
    def setUp(self):
        self.directory = self.temp_dir()
        self.tokens = self.directory / "tokens"
        self.write("# ours\nabc\nother\n")

    def write(self, text):
        new = self.directory / "new"
        new.write_text(text)
        new.rename(self.tokens)

    def start(self, *flags):
        gram, stream = self.directory / "gram.sock", self.directory / "stream.sock"
        exporter = self.start_exporter(
            f"--statsd.listen-unixgram={gram}", f"--statsd.listen-unix={stream}",
            f"--auth.tokens-file={self.tokens}", *flags,
        )  # fmt: skip
        self.senders = {
            "udp": UdpSender(exporter.endpoint("udp")),
            "tcp": TcpSender(exporter.endpoint("tcp")),
            "unixgram": UnixgramSender(str(gram)),
            "unix": UnixStreamSender(str(stream)),
            "frames": FramedSender(str(stream)),
        }
        for sender in self.senders.values():
            self.addCleanup(sender.close)
        return exporter

    def test_on_every_listener_lines_need_a_token_which_is_taken_away(self):
        exporter = self.start()
        for name, sender in self.senders.items():
            sender.send([b"nodot:1|c", b"bad.%s:1|c" % name.encode(), b"abc.good.%s:1|c" % name.encode()])
            sender.send([b"other.good.%s:2|c" % name.encode()])
        for name in self.senders:
            page = exporter.wait_for_value(3, f"good_{name}")
        self.assertEqual(len(page.user_families()), len(self.senders))
        for listener, count in {"udp": 1, "tcp": 1, "unixgram": 1, "unix": 2}.items():
            for reason in ("missing_token", "unknown_token"):
                self.assertEqual(
                    page.value("weir_rejected_lines_total", listener=listener, reason=reason), count
                )
        self.assertEqual(page.value("weir_lines_total", verdict="sampled"), 2 * len(self.senders))

    def test_only_the_listeners_that_are_named_ask_for_tokens(self):
        exporter = self.start("--auth.listeners=udp,unix")
        self.senders["udp"].send([b"abc.by.udp:1|c"])
        self.senders["tcp"].send([b"abc.by.tcp:1|c"])
        exporter.wait_for_value(1, "by_udp")
        page = exporter.wait_for_value(1, "abc_by_tcp")
        listeners = {dict(labels)["listener"] for _, labels in self.rejections(page)}
        self.assertEqual(listeners, {"udp", "unix"})

    def rejections(self, page):
        return [key for key in page.samples if key[0] == "weir_rejected_lines_total"]

    def test_tokens_change_under_load_without_a_line_lost_or_let_in(self):
        exporter = self.start()
        sent = 0
        for round_number in range(20):
            # What changes is not what is used; by the watch, and by a signal.
            self.write(f"abc\nround{round_number}\n")
            if round_number % 2:
                exporter.process.send_signal(signal.SIGHUP)
            for _ in range(50):
                self.senders["tcp"].send([b"abc.good:1|c", b"revoked.bad:1|c"] * 10)
                sent += 10
        page = exporter.wait_for_value(sent, "good")
        self.assertEqual(
            page.value("weir_rejected_lines_total", listener="tcp", reason="unknown_token"), sent
        )
        self.assertIsNone(page.get("bad"))

        self.write("new\n")
        exporter.wait_for(
            lambda page: self.send_new() or (page.get("new_one") or 0) > 0, "the new token to count"
        )
        before = exporter.scrape().value("good")
        self.senders["tcp"].send([b"abc.good:1|c", b"new.last:1|c"])
        self.assertEqual(exporter.wait_for_value(1, "last").value("good"), before)

    def send_new(self):
        self.senders["udp"].send([b"new.new_one:1|c"])

    def test_a_bad_file_is_said_and_changes_nothing(self):
        exporter = self.start()
        self.write("with.dot\n")
        exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for_log(r"was not loaded.*tokens:1:1: a token with a dot")
        self.senders["udp"].send([b"abc.good:1|c"])
        page = exporter.wait_for_value(1, "good")
        self.assertGreaterEqual(page.value("weir_auth_reloads_total", outcome="failure"), 1)


class SignedTest(IntegrationTest):
    SKEW = 60  # more than a busy machine can sit on a datagram

    def setUp(self):
        self.keys = self.temp_dir() / "keys"
        self.keys.write_text("# ours\nfirst key\nsecond\n")

    def start(self, *flags):
        exporter = self.start_exporter(
            "--auth.signed.listen-udp=127.0.0.1:0", f"--auth.signed.keys-file={self.keys}",
            f"--auth.signed.max-skew={self.SKEW}s", *flags,
        )  # fmt: skip
        sender = UdpSender(exporter.endpoint("signed-udp"))
        self.addCleanup(sender.close)
        self.send = sender.socket.send
        return exporter

    def rejected(self, page):
        """Reason -> count, of those that are not zero."""
        return {
            dict(labels)["reason"]: value
            for (name, labels), value in page.samples.items()
            if name == "weir_rejected_datagrams_total" and value
        }

    def test_only_fresh_datagrams_with_a_good_signature_count_and_each_once(self):
        exporter = self.start()
        now = time.time()
        one = signed(b"first key", b"good:1|c\nother:1|c|#a:b")
        for datagram in (
            one,
            one,
            signed(b"second", b"good:10|c\n"),
            signed(b"first key", b"good:100|c", now - self.SKEW / 2),
            signed(b"first key", b"good:1000|c", now + self.SKEW / 2),
            signed(b"third", b"bad:1|c"),
            signed(b"first key", b"bad:1|c", now - 2 * self.SKEW),
            signed(b"first key", b"bad:1|c", now + 2 * self.SKEW),
            one[:-1] + b"d",
            b"bad:1|c",
            b"",
            one,
        ):
            self.send(datagram)
        self.send(signed(b"second", b"last:1|c"))
        page = exporter.wait_for_value(1, "last")
        self.assertEqual(page.value("good"), 1111)
        self.assertEqual(page.value("other", a="b"), 1)
        self.assertIsNone(page.get("bad"))
        self.assertEqual(
            self.rejected(page),
            {"replayed": 2, "bad_signature": 2, "too_old": 1, "too_new": 1, "too_short": 2},
        )
        self.assertEqual(page.value("weir_received_datagrams_total", listener="signed-udp"), 13)
        self.assertEqual(page.value("statsd_exporter_udp_packets_total"), 0)

    def test_a_datagram_cannot_be_replayed_at_another_thread(self):
        exporter = self.start("--threads=4")
        datagram = signed(b"second", b"good:1|c")
        for _ in range(32):
            with UdpSender(exporter.endpoint("signed-udp")) as sender:
                sender.socket.send(datagram)
        exporter.wait_for(lambda page: self.rejected(page) == {"replayed": 31}, "31 replays")
        exporter.wait_for_value(1, "good")

    def test_keys_change_while_datagrams_come(self):
        exporter = self.start()
        for i in range(20):
            self.keys.write_text(f"second\nround{i}\n")
            exporter.process.send_signal(signal.SIGHUP)
            for _ in range(20):
                self.send(signed(b"second", b"good:1|c"))
        exporter.wait_for_value(400, "good")
        exporter.wait_for(
            lambda page: self.send(signed(b"round19", b"new:1|c")) and page.get("new"), "the new key"
        )
        self.send(signed(b"first key", b"bad:1|c"))
        self.send(signed(b"second", b"last:1|c"))
        self.assertIsNone(exporter.wait_for_value(1, "last").get("bad"))

    def test_the_other_ports_ask_for_no_signature(self):
        exporter = self.start()
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"plain:1|c"])
        exporter.wait_for_value(1, "plain")


class RouterGuardTest(RouterTest):
    def test_only_allowed_addresses_are_routed(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, "--auth.allow=udp=127.0.0.2")
        udp = router.endpoint("udp")
        send_from("127.0.0.3", udp, b"bad.udp:1|c")
        send_from("127.0.0.2", udp, b"good.udp:1|c")
        self.wait_arrived(1)
        self.assertEqual(sum(self.received().values(), collections.Counter()), {b"good.udp:1|c": 1})
        router.wait_for(
            lambda page: page.get("weir_rejected_datagrams_total", listener="udp", reason="source") == 1,
            "one is rejected",
        )

    def test_a_token_is_taken_away_before_a_line_is_routed(self):
        tokens = self.temp_dir() / "tokens"
        tokens.write_text("abc\n")
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, f"--auth.tokens-file={tokens}")
        self.sender("udp").send([b"abc.good:1|c", b"bad.udp:1|c", b"nodot:1|c"])
        self.sender("tcp").send([b"bad.tcp:1|c", b"abc.good.too:2|c"])
        self.wait_arrived(2)
        self.check_placed([b"good:1|c", b"good.too:2|c"])
        page = router.scrape()
        rejected = {
            (dict(labels)["listener"], dict(labels)["reason"]): value
            for (name, labels), value in page.samples.items()
            if name == "weir_rejected_lines_total"
        }
        self.assertEqual(
            rejected,
            {("udp", "missing_token"): 1, ("udp", "unknown_token"): 1,
             ("tcp", "missing_token"): 0, ("tcp", "unknown_token"): 1},
        )  # fmt: skip
        tokens.write_text("new\n")
        self.assertEqual(router.reload().status, 200)
        self.sender("udp").send([b"abc.bad:1|c", b"new.good:1|c"])
        self.wait_arrived(3)
        self.check_placed([b"good:1|c", b"good.too:2|c", b"good:1|c"])

    def test_signed_datagrams_are_routed_bare(self):
        keys = self.temp_dir() / "keys"
        keys.write_text("a key\n")
        nodes = self.start_nodes(2)
        router = self.start_before(
            nodes, "--auth.signed.listen-udp=127.0.0.1:0", f"--auth.signed.keys-file={keys}",
            "--auth.signed.max-skew=60s",
        )  # fmt: skip
        with UdpSender(router.endpoint("signed-udp")) as sender:
            datagram = signed(b"a key", b"good:1|c\nother:1|c")
            for each in (datagram, datagram, signed(b"no key", b"bad:1|c")):
                sender.socket.send(each)
            sender.socket.send(signed(b"a key", b"last:1|c"))
        self.wait_arrived(3)
        self.check_placed([b"good:1|c", b"other:1|c", b"last:1|c"])
        page = router.scrape()
        for reason in ("replayed", "bad_signature"):
            self.assertEqual(
                page.value("weir_rejected_datagrams_total", listener="signed-udp", reason=reason), 1
            )
