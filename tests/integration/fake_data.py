"""Data sides of fake downstreams: they record what arrives, byte for byte, and when.

`lines()` are the lines in the order of their arrival. Counting is theirs alone: what a router says
it has sent is compared with it, never with another of the router's numbers.
"""

import array
import os
import select
import socket
import struct
import threading
import time

from program import wait_until
from senders import unix_address

_BUFFER = 64 << 20
_SO_MEMINFO = 55
_MEMINFO_DROPS = 8
_MOST_BYTES = 1 << 17
SO_RCVBUFFORCE = 33


class Sink:
    """What all kinds have: a thread that reads, and the reckoning."""

    transport = None

    def __init__(self):
        self.arrivals = []  # (time.time(), bytes) of each datagram, or of each read
        self._changed = threading.Condition()
        self._wake_read, self._wake_write = os.pipe()
        self._ending = False
        self._count = 0
        self._turns = 0  # of the thread
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _wake(self):
        os.write(self._wake_write, b"w")

    def _turn(self):
        """Waits until the thread has looked again at what there is to read.

        While it waits in select() the kernel keeps alive what it waits for, even if closed here.
        """
        with self._changed:
            turns = self._turns
            self._wake()
            self._changed.wait_for(lambda: self._turns > turns or not self._thread.is_alive())

    def _take_wake(self):
        os.read(self._wake_read, 4096)
        with self._changed:
            self._turns += 1
            self._changed.notify_all()

    def _record(self, data):
        with self._changed:
            self.arrivals.append((time.time(), data))
            self._count += data.count(b"\n")
            self._changed.notify_all()

    def lines(self):
        raise NotImplementedError

    @property
    def count(self):
        """The lines so far."""
        return self._count

    def wait_for(self, count):
        """Waits for so many lines and returns them all."""
        wait_until(
            lambda: self.count >= count,
            lambda: f"{count} lines at {self.address}: {self.count} came",
        )
        return self.lines()

    def end(self):
        self._ending = True
        self._wake()
        self._thread.join()
        self.close_port()
        os.close(self._wake_read)
        os.close(self._wake_write)


class DatagramSink(Sink):
    """A UDP port, or a unix datagram socket when a path is given."""

    def __init__(self, path=None, address="127.0.0.1:0"):
        super().__init__()
        self.transport = "unixgram" if path else "udp"
        self._lock = threading.Lock()  # of socket
        self.socket = None
        self.address = str(path) if path else address
        self.open_port()
        self._thread.start()

    @property
    def datagrams(self):
        return [data for _, data in list(self.arrivals)]

    def lines(self):
        return [line for data in self.datagrams for line in data.removesuffix(b"\n").split(b"\n")]

    def packets_since(self, cursor):
        """What came after an earlier call's cursor (None: from the start), as (stream, packet),
        and the next cursor."""
        new = self.arrivals[cursor or 0 :]
        return [(0, data) for _, data in new], (cursor or 0) + len(new)

    def open_port(self):
        """Receives, again after close_port, at the same address."""
        if self.transport == "unixgram":
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            opened.bind(unix_address(self.address))
        else:
            opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            host, _, port = self.address.rpartition(":")
            opened.bind((host, int(port)))
            self.address = "%s:%d" % opened.getsockname()
        try:
            opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _BUFFER)
        except PermissionError:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        opened.setblocking(False)
        with self._lock:
            self.socket = opened
        self._wake()

    def close_port(self):
        """Nobody listens at the address any more. What waits in the socket is read first."""
        with self._lock:
            closing, self.socket = self.socket, None
        if closing is None:
            return
        self._turn()
        self._drain(closing)
        closing.close()
        if self.transport == "unixgram" and not self.address.startswith("@"):
            os.unlink(self.address)

    def kernel_drops(self):
        """Datagrams that this side lost, which no test may count against a router."""
        size = struct.calcsize("9I")
        with self._lock:
            if self.socket is None:
                return 0
            words = array.array("I", self.socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, size))
        return words[_MEMINFO_DROPS]

    def _drain(self, opened):
        while True:
            try:
                data = opened.recv(_MOST_BYTES)
            except (BlockingIOError, ConnectionError):
                return
            self._record(data)

    def _serve(self):
        while not self._ending:
            with self._lock:
                sources = [self._wake_read] + ([self.socket.fileno()] if self.socket else [])
            ready, _, _ = select.select(sources, [], [])
            if self._wake_read in ready:
                self._take_wake()
            with self._lock:
                if self.socket is not None:
                    self._drain(self.socket)


class _Connection:
    def __init__(self, connected):
        self.socket = connected
        self.data = bytearray()


class StreamSink(Sink):
    """A TCP port. The bytes of each connection are kept apart; a line counts when it is whole."""

    transport = "tcp"

    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()
        self.connections = []  # every one that ever was, closed ones too
        self.listener = None
        self.paused = False
        # Holds the port while nobody listens, so that no other program gets it.
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.address = "%s:%d" % self._reserved.getsockname()
        self.open_port()
        self._thread.start()

    def lines(self):
        """The whole lines, in order within a connection."""
        with self._lock:
            return [line for one in self.connections for line in bytes(one.data).split(b"\n")[:-1]]

    def packets_since(self, cursor):
        """As DatagramSink's, with the whole lines of each connection in the place of a packet."""
        cursor = dict(cursor or {})
        packets = []
        with self._lock:
            for number, one in enumerate(self.connections):
                begin, end = cursor.get(number, 0), one.data.rfind(b"\n") + 1
                if end > begin:
                    packets.append((number, bytes(one.data[begin:end])))
                    cursor[number] = end
        return packets, cursor

    def open_port(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(self._reserved.getsockname())
        listener.listen()
        listener.setblocking(False)
        with self._lock:
            self.listener = listener
        self._wake()

    def close_port(self):
        """Refuses new connections and resets those that are."""
        with self._lock:
            closing, self.listener = self.listener, None
        self.break_connections()
        if closing is not None:
            closing.close()
        if self._ending:
            self._reserved.close()

    def break_connections(self):
        """Resets the connections; new ones are welcome."""
        with self._lock:
            closing = [one.socket for one in self.connections if one.socket]
            for one in self.connections:
                one.socket = None
        self._turn()
        for connected in closing:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connected.close()

    def pause(self):
        """Reads no more, so that the sender's queue grows."""
        self.paused = True
        self._wake()

    def resume(self):
        self.paused = False
        self._wake()

    def _serve(self):
        while not self._ending:
            with self._lock:
                alive = [] if self.paused else [one for one in self.connections if one.socket]
                sources = {one.socket.fileno(): one for one in alive}
                listener = self.listener.fileno() if self.listener else None
            waiting = [self._wake_read, *sources, *([] if listener is None else [listener])]
            ready, _, _ = select.select(waiting, [], [])
            if self._wake_read in ready:
                self._take_wake()
            with self._lock:
                if listener in ready:
                    self._accept()
                for fd in ready:
                    if fd in sources:
                        self._read(sources[fd])

    def _accept(self):
        try:
            connected, _ = self.listener.accept()
        except (AttributeError, BlockingIOError, ConnectionError):
            return
        connected.setblocking(False)
        self.connections.append(_Connection(connected))

    def _read(self, one):
        if one.socket is None:
            return
        try:
            data = one.socket.recv(_MOST_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            one.socket.close()
            one.socket = None
            return
        one.data += data
        self._record(data)
