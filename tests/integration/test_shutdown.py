"""Signals: what the sockets hold is applied before the end."""

import re
import secrets
import signal

from harness import DEADLINE_SECONDS, IntegrationTest, wait_until
from senders import FramedSender, TcpSender, UdpSender, UnixgramSender, UnixStreamSender

LINES = [b"burst.hits:1|c"] * 30


class DrainTest(IntegrationTest):
    """The exporter is stopped while clients send, so all of it waits in the sockets at SIGTERM."""

    def start_listening(self, *flags):
        directory = self.temp_dir()
        return self.start_exporter(
            f"--statsd.listen-unixgram={directory / 'datagram'}",
            f"--statsd.listen-unix={directory / 'stream'}",
            *flags,
        )

    def end(self, exporter, sig=signal.SIGTERM):
        """The fields of the last log line, Drained, after an orderly end."""
        exporter.process.send_signal(sig)
        exporter.process.send_signal(signal.SIGCONT)
        status = exporter.process.wait(DEADLINE_SECONDS)
        self.assertEqual(status, 0, exporter.tail())
        line = exporter.wait_for_log("msg=Drained.*").group(0)
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}

    def check_drained(self, exporter, senders, batches, is_there=lambda: True):
        exporter.process.send_signal(signal.SIGSTOP)
        for sender in senders:
            for _ in range(batches):
                sender.send(LINES)
        wait_until(is_there, "all bytes in the exporter's sockets")
        drained = self.end(exporter)
        self.assertEqual(drained["samples_applied"], len(senders) * batches * len(LINES))

    def connect(self, exporter, kind, address, count=4):
        senders = [kind(address) for _ in range(count)]
        for sender in senders:
            self.addCleanup(sender.close)
        return senders

    def test_datagrams_that_wait_are_applied(self):
        exporter = self.start_listening()
        senders = self.connect(exporter, UdpSender, exporter.endpoint("udp"))
        self.check_drained(exporter, senders, batches=10)

    def test_datagrams_that_wait_are_applied_by_several_threads(self):
        exporter = self.start_listening("--threads=4")
        senders = self.connect(exporter, UdpSender, exporter.endpoint("udp"), count=20)
        self.check_drained(exporter, senders, batches=2)

    def test_bytes_that_wait_in_tcp_connections_are_applied(self):
        exporter = self.start_listening()
        senders = self.connect(exporter, TcpSender, exporter.endpoint("tcp"))

        def all_is_there():
            return not any(sender.unacknowledged() for sender in senders)

        self.check_drained(exporter, senders, batches=50, is_there=all_is_there)

    def test_connections_that_wait_to_be_accepted_are_applied(self):
        exporter = self.start_listening("--threads=4")
        exporter.process.send_signal(signal.SIGSTOP)
        for sender in self.connect(exporter, TcpSender, exporter.endpoint("tcp"), count=20):
            sender.send(LINES)
            sender.close()
        self.assertEqual(self.end(exporter)["samples_applied"], 20 * len(LINES))

    def test_the_unterminated_last_line_of_a_closed_connection_is_applied(self):
        exporter = self.start_listening()
        exporter.process.send_signal(signal.SIGSTOP)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.socket.sendall(b"burst.hits:1|c\nburst.hits:1|c")
        self.assertEqual(self.end(exporter)["samples_applied"], 2)

    def test_bytes_that_wait_in_unix_streams_are_applied(self):
        for kind in (UnixStreamSender, FramedSender):
            with self.subTest(kind.__name__):
                exporter = self.start_listening()
                senders = self.connect(exporter, kind, exporter.address("unix"))
                self.check_drained(exporter, senders, batches=20)

    def test_unix_datagrams_that_wait_are_applied(self):
        exporter = self.start_listening()
        senders = self.connect(exporter, UnixgramSender, exporter.address("unixgram"), count=1)
        self.check_drained(exporter, senders, batches=5)

    def test_the_last_line_of_the_log_balances(self):
        exporter = self.start_listening()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"burst.hits:1|c", b"burst.hits:1|g", b"no colon", b"burst.hits:x|c", b""])
            exporter.wait_for(
                lambda page: page.value("statsd_exporter_lines_total") == 5, "five lines received"
            )
        drained = self.end(exporter)
        self.assertEqual(drained["lines"], 5)
        self.assertEqual(drained["samples"], 3)
        self.assertEqual(drained["samples_applied"], 1)
        self.assertEqual(drained["samples_dropped"], 2)

    def test_an_interrupt_drains_too(self):
        exporter = self.start_listening()
        exporter.process.send_signal(signal.SIGSTOP)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send(LINES)
        self.assertEqual(self.end(exporter, signal.SIGINT)["samples_applied"], len(LINES))

    def test_an_idle_connection_does_not_keep_it_from_ending(self):
        exporter = self.start_listening()
        self.connect(exporter, TcpSender, exporter.endpoint("tcp"))
        self.connect(exporter, UnixStreamSender, exporter.address("unix"))
        exporter.wait_for(
            lambda page: page.value("statsd_exporter_tcp_connections_total") == 4, "four connections"
        )
        self.assertEqual(self.end(exporter)["samples_applied"], 0)


class SignalTest(IntegrationTest):
    def test_sighup_without_a_mapping_file_changes_nothing(self):
        exporter = self.start_exporter()
        exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for_log("[Rr]eload")
        self.assertEqual(exporter.get("/-/ready").status, 200)

    def test_sighup_reloads_the_mapping_file(self):
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text("mappings:\n")
        exporter = self.start_exporter(f"--statsd.mapping-config={mapping}")
        exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for_value(1, "statsd_exporter_config_reloads_total", outcome="success")

    def test_a_client_that_goes_away_in_the_middle_of_a_scrape_is_harmless(self):
        exporter = self.start_exporter()
        for _ in range(20):
            with TcpSender(exporter.endpoint("http")) as reader:
                reader.socket.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        # Until the exporter has noticed, it may answer 503: too many scrapes at once.
        wait_until(lambda: exporter.get("/metrics").status == 200, "a page")

    def test_the_same_addresses_are_free_again_at_once(self):
        name = f"@weir-test-{secrets.token_hex(8)}"
        first = self.start_exporter(f"--statsd.listen-unixgram={name}")
        with TcpSender(first.endpoint("tcp")) as sender:
            sender.send([b"first:1|c"])
            first.wait_for_value(1, "first")
            self.assertEqual(first.stop(), 0)
        addresses = [
            f"--{flag}={first.address(protocol)}"
            for flag, protocol in (("statsd.listen-udp", "udp"), ("statsd.listen-tcp", "tcp"),
                                   ("web.listen-address", "http"))
        ]
        second = self.start_exporter(*addresses, f"--statsd.listen-unixgram={name}")
        wait_until(lambda: second.get("/-/healthy").status == 200, "the second start")
