"""Clients of all transports, which know what they have sent."""

import concurrent.futures
import json
import pathlib
import subprocess
import tempfile
import time

import statsd
from harness import LOAD
from http_intake import IntakeClient
from senders import (
    LINES_PER_PACKET,
    Account,
    FramedSender,
    Sender,
    TcpSender,
    UdpSender,
    UnixgramSender,
    UnixStreamSender,
)

UDP_PORTS = 3
LOAD_SERIES = 3_000
# What the kernel counts for a datagram of 30 lines, of the buffer that the log tells.
BUFFER_PER_DATAGRAM = 2_500
CHURN = "churn"


class HttpSender(Sender):
    """POST /batch, one request for each packet; what was not taken is a failure.

    A connection is used again at once only: one that has rested may be closed by the server in the
    moment of the request.
    """

    def __init__(self, port):
        self._client = IntakeClient(port)
        self._used = 0

    def send(self, lines):
        if time.monotonic() - self._used > 0.5:
            self._client.close()  # the next request opens another
        self._used = time.monotonic()
        answer = self._client.request("POST", "/batch", self.frame(lines))
        if answer.status != 200 or answer.json()["taken"] != len(lines):
            raise AssertionError(f"/batch answers {answer.status}: {answer.body}")

    def close(self):
        self._client.close()


class Mix:
    """A client that sends counters, timers, gauges, sets, and names that come and go."""

    def __init__(self, name, sender):
        self.sender = sender
        self.account = Account()
        self._name = name
        self._next = 0

    def _line(self):
        self._next += 1
        number, account = self._next, self.account
        kind = number % 6
        if kind == 0:
            return account.counter("soak_shared", 1)
        if kind == 1:
            return account.timer(f"soak_{self._name}_time{number % 17}", number % 1000)
        if kind == 2:
            return account.gauge(f"soak_{self._name}_level{number % 19}", number)
        if kind == 3 and number % 9 == 0:
            account.lines += 1
            return f"{CHURN}.{self._name}{number}:1|c".encode()
        if kind == 4 and number % 4 == 0:
            account.lines += 1
            return f"soak_{self._name}_set:{number % 1000}|s".encode()
        return account.counter(f"soak_{self._name}_hits{number % 23}", number % 500)

    def burst(self, packets):
        for _ in range(packets):
            self.sender.send([self._line() for _ in range(LINES_PER_PACKET)])


class Flood:
    """weir-load: as fast as one core can, from three ports."""

    def __init__(self, target):
        self.account = Account()
        self._target = target

    def burst(self, packets):
        # The first lines name each series once, and each series has a type: as many as there are lines.
        lines = packets * LINES_PER_PACKET
        with tempfile.NamedTemporaryFile(prefix="weir-") as sums:
            done = subprocess.run(
                [LOAD, f"--target={self._target}", f"--lines={lines}", f"--sockets={UDP_PORTS}",
                 f"--series={min(lines, LOAD_SERIES)}", f"--sums={sums.name}"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            self._add(json.loads(done.stdout), pathlib.Path(sums.name).read_text())

    def _add(self, sent, sums):
        self.account.lines += sent["lines"]
        for row in sums.splitlines():
            name, kind, count, total, _ = row.split("\t")
            name = name.replace(".", "_")
            if kind == "c":
                counters = self.account.counters
                counters[name] = counters.get(name, 0) + float(total)
            elif kind == "ms":
                counts = self.account.timer_counts
                counts[name] = counts.get(name, 0) + float(count)


class RealClient:
    """Debian's Python client, over TCP, where a full buffer makes it wait."""

    def __init__(self, endpoint):
        self.account = Account()
        self._client = statsd.TCPStatsClient(*endpoint)

    def burst(self, packets):
        for _ in range(packets):
            with self._client.pipeline() as packet:
                for number in range(LINES_PER_PACKET // 2):
                    self.account.counter("soak_real_hits", number)
                    packet.incr("soak_real_hits", number)
                    self.account.timer("soak_real_time", number)
                    packet.timing("soak_real_time", number)


class Crowd:
    """All clients of one router. A burst is unthrottled, and small enough that no socket must lose any."""

    def __init__(self, router, http_port):
        udp, tcp = router.endpoint("udp"), router.endpoint("tcp")
        unixgram, unix = router.address("unixgram"), router.address("unix")
        granted = int(router.wait_for_log(r"protocol=udp .*read_buffer=(\d+)").group(1))
        budget = granted // 2 // BUFFER_PER_DATAGRAM
        few = max(1, min(200, budget // (2 * UDP_PORTS)))
        many = max(1, min(5_000, budget - UDP_PORTS * few))
        senders = {f"udp{number}": UdpSender(udp) for number in range(UDP_PORTS)}
        senders["tcp"] = TcpSender(tcp)
        senders["unixgram"] = UnixgramSender(unixgram)
        senders["unix"] = UnixStreamSender(unix)
        senders["frames"] = FramedSender(unix)
        senders["http"] = HttpSender(http_port)
        self._clients = [(Mix(name, sender), few) for name, sender in senders.items()]
        self._clients.append((RealClient(tcp), few))
        self._clients.append((Flood(router.address("udp")), many))

    def burst(self):
        """Each client sends, all at once; returns when they have. A client's failure is raised."""
        with concurrent.futures.ThreadPoolExecutor(len(self._clients)) as pool:
            sent = [pool.submit(client.burst, packets) for client, packets in self._clients]
            for one in sent:
                one.result()

    def account(self):
        """What all of them have sent so far."""
        total = Account()
        for client, _ in self._clients:
            total.merge(client.account)
        return total
