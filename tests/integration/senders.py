"""StatsD clients that keep their own accounts: what was sent is counted here, never by the exporter.

A sender takes whole lines (bytes, without an end) and puts them on one transport.
"""

import array
import fcntl
import socket
import struct
import termios

LINES_PER_PACKET = 30


def unix_address(path):
    """The address of a unix socket as the flags write it: '@name' is abstract."""
    return "\0" + path[1:] if path.startswith("@") else path


class Sender:
    """One socket; the lines of one call are sent as one packet or one write."""

    def __init__(self, connected):
        self.socket = connected

    def send(self, lines):
        self.socket.sendall(self.frame(lines))

    def frame(self, lines):
        return b"\n".join(lines) + b"\n"

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class UdpSender(Sender):
    """Datagrams without a last line end, as most clients send them."""

    def __init__(self, endpoint):
        family = socket.AF_INET6 if ":" in endpoint[0] else socket.AF_INET
        super().__init__(socket.socket(family, socket.SOCK_DGRAM))
        self.socket.connect(endpoint)

    def frame(self, lines):
        return b"\n".join(lines)


class TcpSender(Sender):
    def __init__(self, endpoint):
        super().__init__(socket.create_connection(endpoint))

    def unacknowledged(self):
        """Bytes that the receiver's kernel has not got yet: Nagle's algorithm keeps the last ones back."""
        count = array.array("i", [0])
        fcntl.ioctl(self.socket, termios.TIOCOUTQ, count)
        return count[0]


class UnixgramSender(Sender):
    """Blocks while the receiver's queue is full, so nothing is lost."""

    def __init__(self, path):
        super().__init__(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.socket.connect(unix_address(path))

    def frame(self, lines):
        return b"\n".join(lines)


class UnixStreamSender(Sender):
    """Text lines over a unix stream."""

    def __init__(self, path):
        super().__init__(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        self.socket.connect(unix_address(path))


class FramedSender(UnixStreamSender):
    """DogStatsD over a unix stream: 4 bytes of length, little-endian, before every packet."""

    def frame(self, lines):
        packet = super().frame(lines)
        return struct.pack("<I", len(packet)) + packet


class Account:
    """What a client has sent, in the shape in which a scrape must show it."""

    def __init__(self):
        self.lines = 0
        self.counters = {}
        self.gauges = {}
        self.timer_counts = {}
        self.timer_milliseconds = {}

    def counter(self, name, value):
        self.lines += 1
        self.counters[name] = self.counters.get(name, 0) + value
        return f"{name}:{value}|c".encode()

    def gauge(self, name, value):
        self.lines += 1
        self.gauges[name] = value
        return f"{name}:{value}|g".encode()

    def timer(self, name, milliseconds):
        self.lines += 1
        self.timer_counts[name] = self.timer_counts.get(name, 0) + 1
        self.timer_milliseconds[name] = self.timer_milliseconds.get(name, 0) + milliseconds
        return f"{name}:{milliseconds}|ms".encode()

    def merge(self, other):
        self.lines += other.lines
        self.gauges.update(other.gauges)
        for mine, theirs in (
            (self.counters, other.counters),
            (self.timer_counts, other.timer_counts),
            (self.timer_milliseconds, other.timer_milliseconds),
        ):
            for name, value in theirs.items():
                mine[name] = mine.get(name, 0) + value

    def expected(self):
        """Series name -> value."""
        series = dict(self.counters)
        series.update(self.gauges)
        series.update({name + "_count": count for name, count in self.timer_counts.items()})
        series.update(
            {name + "_sum": total / 1000 for name, total in self.timer_milliseconds.items()}
        )
        return series


class Client:
    """Sends a mix of counters, gauges and timers: some names of its own, one shared with others."""

    def __init__(self, sender, prefix, number):
        self.sender = sender
        self.account = Account()
        self._shared = f"{prefix}_shared"
        self._own = f"{prefix}_client{number}"
        self._next = 0

    def _line(self):
        self._next += 1
        number, account = self._next, self.account
        kind = number % 4
        if kind == 0:
            return account.counter(self._shared, 1)
        if kind == 1:
            return account.counter(f"{self._own}_hits_{number % 23}", number % 500)
        if kind == 2:
            return account.gauge(f"{self._own}_level_{number % 19}", number)
        return account.timer(f"{self._own}_time_{number % 17}", number % 1000)

    def send(self, lines):
        while lines > 0:
            count = min(lines, LINES_PER_PACKET)
            self.sender.send([self._line() for _ in range(count)])
            lines -= count
