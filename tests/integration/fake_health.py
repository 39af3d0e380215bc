"""Health sides of fake downstreams, with every way in which one can be well, ill or a fool.

A style is what the port does to the next probe; it can be changed at any time. A port keeps its
number while it refuses.
"""

import socket
import struct
import sys
import threading
import time

from program import wait_until

# How the statsd kind of probe must take them.
UP = ("up", "segments", "without_newline", "up_and_more", "up_crlf")
DOWN = (
    "refused", "blackhole", "silent", "fin", "reset", "down", "updog", "huge", "late", "no_colon",
)  # fmt: skip
# And the http kind.
HTTP_UP = ("http_200", "http_204", "http_segments")
HTTP_DOWN = ("http_500", "http_404", "http_hang", "http_garbage", "refused", "blackhole", "fin", "reset")

_REPLIES = {
    "up": b"health: up\n",
    "up_and_more": b"health: up\nEND\n",
    "up_crlf": b"health: up\r\n",
    "down": b"health: down\n",
    "updog": b"updog\n",
    "no_colon": b"health up\n",
    "http_200": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOk\n",
    "http_204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "http_404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "http_500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "http_garbage": b"health: up\n",
}
_HUGE = b"x" * (10 << 20)
# An answer takes several turns of its thread, and others of this process may be busy.
sys.setswitchinterval(0.001)


class HealthPort:
    """Listens on `address`. `probes` are (time.time(), style) of each connection, as accepted."""

    # `late_seconds` are longer than any probe waits, by more than a machine is late.
    def __init__(self, style="up", late_seconds=3, address=("127.0.0.1", 0)):
        self.probes = []
        self.requests = []  # the bytes of each probe, as far as the style reads them
        self.late_seconds = late_seconds
        self._ending = threading.Event()
        self._lock = threading.Lock()  # of all that follows
        self._listener = None
        self._fillers = []
        self._open = set()
        self._threads = []
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._reserved.bind(address)
        self.address = "%s:%d" % self._reserved.getsockname()
        self.style = None
        self.since = 0
        self.set(style)

    def set(self, style):
        """From the next connection on. Returns the time.time() at which it held."""
        if self.style != style:
            wants = {"refused": "closed", "blackhole": "full"}
            now, next_one = wants.get(self.style, "open"), wants.get(style, "open")
            if self.style is None or now != next_one:
                self._close_listener()
                getattr(self, f"_become_{next_one}")()
            self.style = style
        self.since = time.time()
        return self.since

    def _listen(self, backlog):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(self._reserved.getsockname())
        listener.listen(backlog)
        with self._lock:
            self._listener = listener
        return listener

    def _become_closed(self):
        pass

    def _become_full(self):
        """A queue of one that nobody empties: the kernel answers no further SYN."""
        self._listen(0)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self._reserved.getsockname())
            self._fillers.append(filler)

    def _become_open(self):
        listener = self._listen(64)
        thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _close_listener(self):
        with self._lock:
            if self._listener is not None:
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
                self._listener.close()
                self._listener = None
            for filler in self._fillers:
                filler.close()
            self._fillers = []

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            style = self.style
            self.probes.append((time.time(), style))
            thread = threading.Thread(target=self._answer, args=(connection, style), daemon=True)
            with self._lock:
                self._open.add(connection)
                self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()

    def _answer(self, connection, style):
        try:
            self._play(connection, style)
        except OSError:
            pass  # the probe went before it had heard everything
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _play(self, connection, style):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if style == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        self.requests.append(self._read_request(connection, style))
        if style == "fin":
            return
        if style == "flapping":
            style = "down" if sum(1 for _, one in self.probes if one == "flapping") % 2 else "up"
        if style in ("silent", "http_hang"):
            pass
        elif style == "late":
            self._ending.wait(self.late_seconds)
            connection.sendall(_REPLIES["up"])
        elif style in ("segments", "http_segments"):
            for byte in _REPLIES["up" if style == "segments" else "http_200"]:
                connection.sendall(bytes([byte]))
        elif style == "without_newline":
            connection.sendall(b"health: up")
            return
        elif style == "huge":
            connection.sendall(_HUGE)
        else:
            connection.sendall(_REPLIES[style])
        while connection.recv(4096):  # until the probe has gone
            pass

    @staticmethod
    def _read_request(connection, style):
        end = b"\r\n\r\n" if style.startswith("http") else b"\n"
        request = b""
        while not request.endswith(end):
            data = connection.recv(4096)
            if not data:
                break
            request += data
        return request

    def wait_for_probes(self, count, since=0.0):
        """Waits for so many probes since a time.time(), and returns them."""
        return wait_until(
            lambda: (seen := [one for one in self.probes if one[0] >= since])[count - 1 :] and seen,
            lambda: f"{count} probes of {self.address}",
        )

    def end(self):
        self._ending.set()
        self._close_listener()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            threads = list(self._threads)
        for thread in threads:
            thread.join()
        self._reserved.close()
