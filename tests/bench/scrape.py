"""Fetches a page as fast as a reader can, and times it."""

import gzip
import socket
import time

_BUFFER = bytearray(1 << 20)


class Scrape:
    """One page: `seconds` from the request to its last byte, `size` as it came over the wire."""

    def __init__(self, host, port, path="/metrics", packed=False):
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            f"Accept-Encoding: {'gzip' if packed else 'identity'}\r\n\r\n"
        ).encode()
        pieces = []
        view = memoryview(_BUFFER)
        start = time.monotonic()
        with socket.create_connection((host, port), timeout=120) as connection:
            connection.sendall(request)
            while size := connection.recv_into(view):
                pieces.append(bytes(view[:size]))
        self.seconds = time.monotonic() - start
        self._head, _, self._raw = b"".join(pieces).partition(b"\r\n\r\n")
        self.size = len(self._raw)
        if not self._head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            raise OSError(f"{host}:{port}{path}: {self._head[:100]!r}")

    def body(self):
        """The page, unpacked."""
        head = self._head.lower()
        body = self._raw
        if b"\r\ntransfer-encoding: chunked" in head:
            body = _join_chunks(body)
        if b"\r\ncontent-encoding: gzip" in head:
            body = gzip.decompress(body)
        return body


def _join_chunks(raw):
    pieces = []
    at = 0
    while True:
        end = raw.index(b"\r\n", at)
        size = int(raw[at:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(raw[end + 2 : end + 2 + size])
        at = end + 2 + size + 2


def value(page, name):
    """The sum of the series of a name on a page (bytes)."""
    total = 0.0
    for line in page.splitlines():
        if line.startswith(name.encode()) and line[len(name) : len(name) + 1] in (b" ", b"{"):
            total += float(line.rpartition(b" ")[2])
    return total
