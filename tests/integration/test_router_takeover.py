"""One weir-router takes another's place: no line is lost, no connection cut, no counter goes back."""

import collections
import os
import signal
import socket
import stat
import unittest

from harness import DEADLINE_SECONDS, Router, free_port, wait_until
from page_watch import Watch
from router_case import Load, RouterTest, made_lines
from senders import FramedSender

TAKEOVERS = 4


class TakeoverTest(RouterTest):
    def start_taking(self, nodes, *flags, **keys):
        """A router before these nodes that can be taken over."""
        self.path = str(self.temp_dir() / "takeover.sock")
        self.flags = (f"--takeover.path={self.path}", *flags)
        self.start_before(nodes, *self.flags, **keys)

    def take_over(self, *flags, **keys):
        """Another router takes the place of self.router, which ends by itself."""
        old = self.router
        self.config = {**self.config, **keys}
        self.router = self.start_router(self.config, *self.flags, *flags)
        self.assertEqual(old.process.wait(DEADLINE_SECONDS), 0, old.tail())
        self.router.wait_for_log('msg="Took over"')

    def check_all_arrived(self, lines):
        self.wait_arrived(len(lines))
        got, sent = sum(self.received().values(), collections.Counter()), collections.Counter(lines)
        self.assertEqual(got - sent, collections.Counter(), "too many")
        self.assertEqual(sent - got, collections.Counter(), "lost")

    def test_no_line_is_lost_under_load_and_no_counter_goes_back(self):
        directory = self.temp_dir()
        listen = {
            "udp": "127.0.0.1:0", "tcp": "127.0.0.1:0",
            "unixgram": str(directory / "datagrams"), "unix": str(directory / "stream"),
        }  # fmt: skip
        self.start_taking(self.start_nodes(2), listen=listen)
        kinds = ["udp", "udp", "udp", "tcp", "unixgram", "unix"]
        loads = [Load(self.sender(kind), f"{kind}{i}") for i, kind in enumerate(kinds)]
        watch = Watch(self.router)
        for _ in range(TAKEOVERS):
            self.wait_arrived(1000, self.counts())
            self.take_over()
        lines = [line for load in loads for line in load.stop()]
        self.check_all_arrived(lines)
        # One process counted a part of them, and the last one tells of all.
        page = self.wait_received(len(lines))
        self.assertEqual(page.lines(), len(lines))
        self.assertEqual(page.kernel_drops, 0)
        self.check_conserved(len(lines))
        watch.stop()
        self.assertEqual(watch.faults, [])
        self.assertGreater(watch.pages, TAKEOVERS)

    def test_the_number_of_threads_may_change(self):
        self.start_taking(self.start_nodes(2), threads=2)
        loads = [Load(self.sender("udp"), f"udp{i}") for i in range(3)]
        loads.append(Load(self.sender("tcp"), "tcp"))
        for threads in (1, 4, 2):
            self.wait_arrived(500, self.counts())
            self.take_over(threads=threads)
            self.assertEqual(self.page().page.value("weir_workers"), threads)
            loads += [Load(self.sender("udp"), f"udp{len(loads)}")]
        self.check_all_arrived([line for load in loads for line in load.stop()])

    def test_a_line_that_was_begun_is_ended_in_the_next_process(self):
        path = str(self.temp_dir() / "stream")
        self.start_taking(self.start_nodes(2), listen={"unix": path})
        begun = [self.sender("tcp"), self.sender("unix"), FramedSender(path)]
        self.addCleanup(begun[2].close)
        frame = begun[2].frame([b"whole.frame:3|c"])
        halves = (b"first:1|c\nwhole.tcp:1", b"first:1|c\nwhole.unix:2", frame[:7])
        for sender, half in zip(begun, halves):
            sender.socket.sendall(half)
        skipped = self.sender("tcp")
        skipped.socket.sendall(b"x" * 100_000)  # too long: to its end it is skipped
        self.wait_arrived(2)
        self.wait_page(lambda page: page.total("weir_received_bytes_total") >= 100_048, "all halves")
        self.take_over()
        for sender, half in zip(begun, (b"|c\n", b"|c\n", frame[7:])):
            sender.socket.sendall(half)
        skipped.socket.sendall(b"xxx:1|c\nafter:4|c\n")
        self.check_all_arrived(
            [b"first:1|c"] * 2
            + [b"whole.tcp:1|c", b"whole.unix:2|c", b"whole.frame:3|c", b"after:4|c"]
        )
        self.assertEqual(self.page().total("weir_too_long_lines_total"), 1)
        self.assertEqual(self.page().total("weir_unfinished_lines_total"), 0)
        self.assertEqual(self.page().total("weir_open_connections"), 4)

    def test_one_that_cannot_start_leaves_the_old_one_as_it_was(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.start_taking(self.start_nodes(2))
            loads = [Load(self.sender(kind), kind) for kind in ("udp", "tcp")]
            self.wait_arrived(500)
            failed = Router(self.config, *self.flags, f"--http-port={port}", "--http-host=127.0.0.1")
            self.assertEqual(failed.process.wait(DEADLINE_SECONDS), 1, failed.tail())
            failed.wait_for_log("another program has it")
            failed.stop()
            self.router.wait_for_log("did not take the sockets; going on")
            self.wait_arrived(500, self.counts())
            self.take_over()
            self.check_all_arrived([line for load in loads for line in load.stop()])

    def test_an_end_that_is_asked_for_meanwhile_cuts_nothing_off(self):
        nodes = self.start_nodes(2)
        self.start_taking(nodes, on_down="hold")
        nodes[1].health.set("fin")
        self.wait_up("b", False)
        self.send_all(made_lines(200))
        self.wait_received(200)
        old = self.router
        self.router = self.start_router(self.config, *self.flags)
        # It waits for the dead node still.
        old.process.send_signal(signal.SIGTERM)
        self.assertEqual(old.process.wait(DEADLINE_SECONDS), 0, old.tail())
        self.router.wait_for_log('msg="Took over"')
        self.wait_received(200)

    def test_what_was_taken_with_http_is_not_lost(self):
        self.start_taking(self.start_nodes(2), f"--http-port={free_port()}", "--http-host=127.0.0.1")
        address = self.router.endpoint("http-intake")
        for part in range(2):
            lines = made_lines(50, f"http{part}")
            body = b"\n".join(lines) + b"\n"
            before = self.counts()
            with socket.create_connection(address) as client:
                head = f"POST /batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}"
                client.sendall(head.encode() + b"\r\n\r\n" + body)
                self.assertRegex(client.makefile("rb").readline(), b" 200 ")
            self.wait_arrived(50, before)
            self.take_over()
            self.assertEqual(self.router.endpoint("http-intake"), address)

    def test_a_listener_that_is_not_configured_any_more_is_closed(self):
        path = self.temp_dir() / "datagrams"
        self.start_taking(self.start_nodes(2), listen={"unixgram": str(path)})
        self.take_over(listen={})
        self.router.wait_for_log("Nothing listens any more where the predecessor did.*datagrams")
        with self.assertRaises(ConnectionRefusedError):
            self.sender_at(path)
        self.send_and_check(made_lines(50))

    def sender_at(self, path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.connect(str(path))

    def test_the_files_of_sockets_go_with_the_last_process(self):
        directory = self.temp_dir()
        self.start_taking(self.start_nodes(1), listen={"unix": str(directory / "stream")})
        self.take_over()
        self.assertTrue((directory / "stream").is_socket())
        self.router.end()
        self.assertEqual(list(directory.iterdir()), [])

    def test_another_program_and_another_version_are_sent_away(self):
        self.start_taking(self.start_nodes(1))
        for hello in (b"whello weir-exporter 1", b"whello weir-router 2", b"whello weir-router"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
                other.connect(self.path)
                other.send(hello)
                self.assertEqual(other.recv(1), b"", "it is given nothing")
        told = "Another program or another version asked to take over"
        wait_until(lambda: len(self.router.logged(told)) == 3, "each is told")
        self.send_and_check(made_lines(50))

    def test_only_its_own_user_may_ask(self):
        self.start_taking(self.start_nodes(1))
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)


if __name__ == "__main__":
    unittest.main()
