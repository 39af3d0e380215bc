"""The programs that are measured, each started afresh for every run.

A subject has a `name`, the `target` of its load, the `pid` whose CPU counts, and
`settle(loads)`, which waits until all that arrived is shown and returns what became of it.
"""

import dataclasses
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import borrowed
import load
import machine
import scrape

sys.path.insert(0, str(load.ROOT / "tests" / "integration"))
import harness  # noqa: E402

# Of the same build as what is measured.
FLOOR = harness.BUILD / "weir-floor"
SINK = harness.BUILD / "weir-sink"

# Of every run; what a row adds is in the row.
EXPORTER_FLAGS = (f"--statsd.mapping-config={load.MAPPING}",)


@dataclasses.dataclass
class Outcome:
    """What became of a load."""

    datagrams: int  # received by the subject
    lines: int  # that arrived: on the page, or at the downstreams
    kernel_drops: int | None  # datagrams the kernel dropped before the subject; None: it cannot say
    exact: bool | None  # every series has the value that was sent to it; None: has no series
    accounted: bool | None  # sent = arrived + reported as lost, exactly


class Floor:
    name = "floor"

    def __init__(self):
        self._process = harness.start([FLOOR], stdout=subprocess.PIPE, text=True)
        hello = json.loads(self._process.stdout.readline())
        self.target = f"127.0.0.1:{hello['port']}"
        self.pid = self._process.pid

    def settle(self, loads):
        # It tells when it ends, and its CPU must be read before.
        self._sent = sum(one.datagrams for one in loads)
        return None

    def stop(self):
        harness.stop(self._process)
        counts = json.loads(self._process.stdout.read())
        whole = counts["datagrams"] + counts["kernel_drops"] == self._sent
        return Outcome(counts["datagrams"], counts["lines"], counts["kernel_drops"], None, whole)


class _Pages:
    """What subjects with a page have in common. REQUIRES: host, port."""

    def scrape(self, packed=False):
        return scrape.Scrape(self.host, self.port, packed=packed)

    def settle(self, loads):
        """Scrapes until a page shows the exact sums, or twice the same."""
        wanted = load.expected(loads)
        sent = sum(one.datagrams for one in loads)
        previous = None
        while True:
            page = self.scrape().body()
            lines = int(scrape.value(page, "statsd_exporter_lines_total"))
            exact = load.differences(page, wanted) == 0
            datagrams = int(scrape.value(page, "statsd_exporter_udp_packets_total"))
            drops = self.kernel_drops(page)
            accounted = None if drops is None else datagrams + drops == sent
            # Datagrams are counted for a page before its series are rendered.
            if (exact and accounted is not False) or lines == previous:
                break
            previous = lines
            time.sleep(1)
        return Outcome(datagrams, lines, drops, exact, accounted)


class Exporter(_Pages):
    name = "weir-exporter"

    def __init__(self, *flags, prefix=(), environment=None):
        if environment:
            prefix = ("env", *(f"{name}={value}" for name, value in environment.items()), *prefix)
        self._program = harness.Exporter(*EXPORTER_FLAGS, *flags, prefix=prefix).wait_ready()
        self.target = self._program.address("udp")
        self.host, self.port = self._program.endpoint("http")
        self.pid = self._program.process.pid

    @staticmethod
    def kernel_drops(page):
        return int(scrape.value(page, "weir_kernel_drops_total"))

    def stop(self):
        self._program.end()


class PeerExporter(_Pages):
    """A statsd_exporter, by its path, with the receive buffer of ours unless it is to have its own."""

    name = "statsd_exporter"

    def __init__(self, path, same_buffer=True):
        udp, self.port = harness.free_port(), harness.free_port()
        self.host, self.target = "127.0.0.1", f"127.0.0.1:{udp}"
        self._log = tempfile.TemporaryFile()
        self._process = harness.start(
            [path, f"--statsd.listen-udp={self.target}", "--statsd.listen-tcp=",
             f"--web.listen-address=127.0.0.1:{self.port}", "--statsd.read-buffer=67108864",
             f"--statsd.mapping-config={load.MAPPING}", "--log.level=error"],
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self.pid = self._process.pid
        harness.wait_until(self._answers, "statsd_exporter answers")
        self._sockets = borrowed.udp_sockets(self.pid, udp)
        if same_buffer:
            borrowed.grant_buffer(self._sockets)

    def _answers(self):
        if self._process.poll() is not None:
            self._log.seek(0)
            raise OSError(f"statsd_exporter ended: {self._log.read()!r}")
        try:
            return self.scrape()
        except OSError:
            return None

    def kernel_drops(self, _page):
        return borrowed.kernel_drops(self._sockets)

    def stop(self):
        harness.stop(self._process, signal.SIGKILL)
        for one in self._sockets:
            one.close()


class Sinks:
    """The downstreams of a router: sockets that count lines."""

    def __init__(self, count=None, ports=None):
        which = f"--ports={','.join(map(str, ports))}" if ports else f"--sockets={count}"
        self._process = harness.start([SINK, which], stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self._process.stdout.readline())["ports"]
        self.pid = self._process.pid

    def stop(self):
        """Lines that arrived, and datagrams that the kernel dropped before these sockets."""
        harness.stop(self._process)
        counts = json.loads(self._process.stdout.read())
        return sum(counts["lines"]), sum(counts["kernel_drops"])


class Router:
    name = "weir-router"

    def __init__(self, downstreams=3, **config):
        self._sinks = Sinks(downstreams)
        nodes = [
            {"label": f"node{i}", "address": f"127.0.0.1:{port}", "health": "none"}
            for i, port in enumerate(self._sinks.ports)
        ]
        self._program = harness.Router({"downstreams": nodes, **config}).wait_ready()
        self.target = self._program.address("udp")
        self.pid = self._program.process.pid

    def settle(self, loads):
        host, port = self._program.endpoint("http")
        self._sent = sum(one.datagrams for one in loads)
        self._page = scrape.Scrape(host, port).body()

    def stop(self):
        machine.wait_idle(self._sinks.pid)
        self._program.end()
        lines, sink_drops = self._sinks.stop()
        value = lambda name: int(scrape.value(self._page, name))
        datagrams, drops = value("weir_received_datagrams_total"), value("weir_kernel_drops_total")
        taken = value("weir_downstream_taken_lines_total")
        sent = value("weir_downstream_sent_lines_total")
        lost = value("weir_downstream_dropped_lines_total") + value("weir_downstream_waiting_lines")
        # What left the router and did not arrive is the kernel's, before the sinks.
        arrived = lines == sent or sink_drops > 0
        accounted = datagrams + drops == self._sent and taken == sent + lost and arrived
        return Outcome(datagrams, lines, drops, None, accounted)


class _HealthSide:
    """Answers `health: up` on a TCP port, for as long as the process lives."""

    def __init__(self, port):
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection):
        with connection:
            try:
                while connection.recv(4096):
                    connection.sendall(b"health: up\n")
            except OSError:
                pass

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self._listener.close()


class PeerRouter:
    """Another router, by its path and its configuration file, of any form that weir-router reads.

    From there its data port and its downstreams are known: on 127.0.0.1, and free.
    """

    def __init__(self, path, config):
        self.name = pathlib.Path(path).name
        read = subprocess.run(
            [harness.ROUTER, config, "--print-config"], capture_output=True, text=True, check=True
        ).stdout
        ports = lambda key: [int(port) for port in re.findall(rf'\b{key}: \W*[\w.]*:(\d+)', read)]
        self._health = [_HealthSide(port) for port in ports("health")]
        self._sinks = Sinks(ports=ports("address"))
        port = ports("udp")[0]
        self.target = f"127.0.0.1:{port}"
        self._process = harness.start(
            [path, config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.pid = self._process.pid
        time.sleep(3)  # its probes; a router of another house has no way to say that it is ready
        self._sockets = borrowed.udp_sockets(self.pid, port)
        borrowed.grant_buffer(self._sockets)

    def settle(self, _loads):
        time.sleep(2)  # its flush interval
        self._drops = borrowed.kernel_drops(self._sockets)

    def stop(self):
        machine.wait_idle(self._sinks.pid)
        harness.stop(self._process, signal.SIGKILL)
        lines, _ = self._sinks.stop()
        for side in self._health:
            side.close()
        for one in self._sockets:
            one.close()
        return Outcome(0, lines, self._drops, None, None)
