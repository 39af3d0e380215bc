"""Sockets that systemd holds, and what systemd is told: a restart loses nothing that was sent."""

import collections
import os
import shutil
import signal
import socket
import time
import unittest

from activation import Manager, Sockets
from harness import DEADLINE_SECONDS, Exporter, IntegrationTest, free_port
from router_case import Load, RouterTest
from senders import TcpSender, UdpSender, UnixgramSender, UnixStreamSender


class ActivationTest(IntegrationTest):
    def sockets(self):
        sockets = Sockets(self.temp_dir())
        self.addCleanup(sockets.close)
        return sockets

    def end_on(self, message, *flags, **options):
        """The program refuses to start, and says why."""
        exporter = Exporter(*flags, **options)
        self.assertEqual(exporter.process.wait(DEADLINE_SECONDS), 1)
        exporter.wait_for_log(message)
        exporter.stop()

    def test_what_is_sent_while_no_program_runs_is_counted_by_the_next(self):
        sockets = self.sockets()
        addresses = {
            "udp": sockets.udp(), "tcp": sockets.tcp(),
            "unixgram": sockets.unixgram(), "unix": sockets.unix_stream(),
        }  # fmt: skip
        flags = [f"--statsd.listen-{kind}={address}" for kind, address in addresses.items()]
        first = self.start_exporter(*flags, **sockets.passing())
        with UdpSender(first.endpoint("udp")) as sender:
            sender.send([b"sent.udp:1|c"])
        first.wait_for_value(1, "sent_udp")
        first.end()
        senders = {
            "udp": UdpSender(first.endpoint("udp")), "tcp": TcpSender(first.endpoint("tcp")),
            "unixgram": UnixgramSender(addresses["unixgram"]),
            "unix": UnixStreamSender(addresses["unix"]),
        }  # fmt: skip
        for kind, sender in senders.items():
            self.addCleanup(sender.close)
            sender.send([b"sent.%s:2|c" % kind.encode()])
        second = self.start_exporter(*flags, **sockets.passing())
        for kind in senders:
            second.wait_for_value(2, f"sent_{kind}")
        # They are the parent's, so their files outlive the program.
        second.end()
        self.assertTrue(os.path.exists(addresses["unixgram"]))
        self.assertTrue(os.path.exists(addresses["unix"]))

    def test_an_address_of_all_hosts_is_found_too(self):
        sockets = self.sockets()
        one = sockets.add(socket.AF_INET6, socket.SOCK_DGRAM, ("::", 0), "weir.socket")
        exporter = self.start_exporter(
            f"--statsd.listen-udp=:{one.getsockname()[1]}", **sockets.passing()
        )
        self.assertEqual(len(exporter.logged("msg=Adopted")), 1)
        exporter.wait_for_log("msg=Adopted protocol=udp sockets=1")
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"found:1|c"])
        exporter.wait_for_value(1, "found")

    def test_several_sockets_of_a_port_are_spread_over_the_threads(self):
        sockets = self.sockets()
        address = sockets.udp(reuse=True)
        port = sockets.sockets[0].getsockname()[1]
        sockets.udp(port=port, reuse=True)
        sockets.udp(port=port, reuse=True)
        exporter = self.start_exporter(
            f"--statsd.listen-udp={address}", "--threads=2", **sockets.passing()
        )
        exporter.wait_for_log("protocol=udp .*sockets=3")
        for _ in range(50):
            with UdpSender(exporter.endpoint("udp")) as sender:
                sender.send([b"spread:1|c"])
        exporter.wait_for_value(50, "spread")

    def test_a_socket_that_nothing_listens_on_is_an_error(self):
        sockets = self.sockets()
        address = sockets.udp("other.socket")
        self.end_on(
            rf"nothing listens on what was passed: udp {address} \(other.socket\)", **sockets.passing()
        )

    def test_a_socket_of_another_kind_is_an_error(self):
        sockets = self.sockets()
        sockets.add(socket.AF_UNIX, socket.SOCK_SEQPACKET, str(self.temp_dir() / "s"), "odd.socket")
        self.end_on(r"\(odd.socket\) is neither a UDP, a TCP nor a unix socket", **sockets.passing())

    def test_what_was_passed_to_another_process_is_not_touched(self):
        # LISTEN_PID tells; a child of who was meant inherits the variables.
        environment = {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "3"}
        exporter = self.start_exporter(env=environment)
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"own:1|c"])
        exporter.wait_for_value(1, "own")

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate here")
    def test_systemd_starts_it_with_the_first_datagram(self):
        port = free_port()
        address = f"127.0.0.1:{port}"
        tool = ("systemd-socket-activate", "--datagram", f"--listen={address}")
        exporter = Exporter(f"--statsd.listen-udp={address}", prefix=tool)
        self.addCleanup(exporter.end)
        exporter.wait_for_log("Listening on")
        with UdpSender(("127.0.0.1", port)) as sender:
            sender.send([b"waking:1|c"])
        exporter.wait_ready().wait_for_value(1, "waking")


class RouterActivationTest(RouterTest):
    def test_restarts_under_load_lose_no_line(self):
        sockets = Sockets(self.temp_dir())
        self.addCleanup(sockets.close)
        address, path = sockets.udp(), sockets.unixgram()
        self.nodes = {node.label: node for node in self.start_nodes(2)}
        self.config = {
            **self.config_of(self.nodes.values()), "listen": {"udp": address, "unixgram": path}
        }  # fmt: skip
        self.router = self.start_router(self.config, **sockets.passing())
        loads = [Load(self.sender("udp"), "udp"), Load(self.sender("unixgram"), "unixgram")]
        for _ in range(3):
            self.wait_arrived(500, self.counts())
            self.router.end()
            self.router = self.start_router(self.config, **sockets.passing())
        lines = [line for load in loads for line in load.stop()]
        self.wait_arrived(len(lines))
        got = sum(self.received().values(), collections.Counter())
        self.assertEqual(got, collections.Counter(lines))


class NotifyTest(IntegrationTest):
    def manager(self, address=None):
        manager = Manager(address or str(self.temp_dir() / "notify"))
        self.addCleanup(manager.close)
        return manager

    def check_states(self, start, reload_with):
        manager = self.manager()
        program = start(env=manager.environment)
        self.assertEqual(manager.next(DEADLINE_SECONDS), "READY=1")
        self.assertEqual(program.get("/-/ready").status, 200)
        reload_with(program)
        self.assertRegex(manager.next(DEADLINE_SECONDS), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(manager.next(DEADLINE_SECONDS), "READY=1")
        program.end()
        self.assertEqual(manager.next(DEADLINE_SECONDS), "STOPPING=1")

    def hang_up(self, program):
        program.process.send_signal(signal.SIGHUP)

    def test_the_exporter_tells_what_it_does(self):
        self.check_states(self.start_exporter, self.hang_up)

    def test_the_router_tells_what_it_does(self):
        config = {"downstreams": [{"address": "127.0.0.1:9", "health": "none"}]}
        self.check_states(lambda **options: self.start_router(config, **options), self.hang_up)

    def test_an_abstract_address_is_told_too(self):
        manager = self.manager(f"@weir-test-{os.getpid()}-{time.monotonic_ns()}")
        self.start_exporter(env=manager.environment)
        self.assertEqual(manager.next(DEADLINE_SECONDS), "READY=1")

    def test_the_watchdog_is_fed(self):
        manager = self.manager()
        self.start_exporter(env={**manager.environment, "WATCHDOG_USEC": "50000"})
        told = {manager.next(DEADLINE_SECONDS) for _ in range(4)}
        self.assertEqual(told, {"READY=1", "WATCHDOG=1"})

    def test_a_watchdog_of_another_process_is_not_fed(self):
        manager = self.manager()
        environment = {**manager.environment, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
        exporter = self.start_exporter(env=environment)
        exporter.end()
        self.assertEqual(
            [manager.next(DEADLINE_SECONDS) for _ in range(2)], ["READY=1", "STOPPING=1"]
        )

    def test_a_manager_that_is_gone_is_no_reason_to_fail(self):
        manager = self.manager()
        manager.close()
        self.start_exporter(env=manager.environment)


if __name__ == "__main__":
    unittest.main()
