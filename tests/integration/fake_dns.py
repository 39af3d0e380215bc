"""A DNS server on the loopback, over UDP and TCP at one port that the kernel picked.

Records are set and replaced at any time; a mood makes it fail in one of the ways servers do. Wire
format: RFC 1035 (messages, A, TCP), RFC 3596 (AAAA), RFC 2782 (SRV).
"""

import ipaddress
import random
import socket
import struct
import threading

A, AAAA, SRV = 1, 28, 33
_NOERROR, _SERVFAIL, _NXDOMAIN, _REFUSED = 0, 2, 3, 5
_ANSWER, _TRUNCATED, _ASKED_RECURSION, _CAN_RECURSE = 0x8000, 0x0200, 0x0100, 0x0080
_CLASS_IN = 1
_MOST_DATAGRAM = 512
_TTL = 1

# Every way to have no answer, or none with a record in it.
EMPTY_MOODS = ("nxdomain", "nodata")
BAD_MOODS = ("servfail", "refused", "silent", "garbage")


def _name(text):
    labels = [part.encode() for part in text.rstrip(".").split(".") if part]
    return b"".join(bytes([len(part)]) + part for part in labels) + b"\0"


def _read_name(data, at):
    labels = []
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


class FakeDns:
    """`questions` are (name, type) of each question, in order."""

    def __init__(self, host="127.0.0.1"):
        self.questions = []
        self.tcp_questions = 0
        self.mood = "good"
        self.moods = {}  # by type of the question, where it is another one
        self._records = {}
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._tcp, self._udp = self._open_both(family, host)
        port = self._tcp.getsockname()[1]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._serve_udp, self._serve_tcp)
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _open_both(family, host):
        while True:
            tcp, udp = socket.socket(family, socket.SOCK_STREAM), socket.socket(family, socket.SOCK_DGRAM)
            tcp.bind((host, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:  # another program has that port over UDP
                tcp.close()
                udp.close()
                continue
            tcp.listen()
            return tcp, udp

    def set(self, name, kind, values):
        """`values`: addresses, or (target, port) of SRV records; none removes them."""
        with self._lock:
            self._records[(name.lower(), kind)] = list(values)

    def asked(self, name):
        with self._lock:
            return sum(1 for asked, _ in self.questions if asked == name.lower())

    @staticmethod
    def _data(kind, value):
        if kind == SRV:
            target, port = value
            # Priority and weight are noise, for they must not count.
            return struct.pack("!HHH", random.randrange(9), random.randrange(99), port) + _name(target)
        return ipaddress.ip_address(value).packed

    def _answer(self, query, is_tcp):
        """The message to send, or nothing."""
        number, flags = struct.unpack_from("!HH", query)
        name, end = _read_name(query, 12)
        (kind,) = struct.unpack_from("!H", query, end)
        question = query[12 : end + 4]
        with self._lock:
            self.questions.append((name, kind))
            self.tcp_questions += is_tcp
            mood = self.moods.get(kind, self.mood)
            values = list(self._records.get((name, kind), ()))
            exists = any(known == name for known, _ in self._records)
        if mood == "silent":
            return None
        if mood == "garbage":
            return query[:2] + b"\x81\x80\0\1\0\3\0\0\0\0" + question + b"\xff" * 7
        code = {"servfail": _SERVFAIL, "refused": _REFUSED, "nxdomain": _NXDOMAIN}.get(mood)
        if code is None:
            code = _NOERROR if exists else _NXDOMAIN
        if mood != "good":
            values = []
        random.shuffle(values)
        records = b"".join(
            _name(name) + struct.pack("!HHIH", kind, _CLASS_IN, _TTL, len(data)) + data
            for data in (self._data(kind, value) for value in values)
        )
        flags = _ANSWER | _CAN_RECURSE | (flags & _ASKED_RECURSION) | code
        if not is_tcp and 12 + len(question) + len(records) > _MOST_DATAGRAM:
            flags, records, values = flags | _TRUNCATED, b"", []
        return struct.pack("!HHHHHH", number, flags, 1, len(values), 0, 0) + question + records

    def _serve_udp(self):
        while True:
            try:
                query, client = self._udp.recvfrom(65535)
            except OSError:
                return
            if not query:  # end() says so
                return
            answer = self._answer(query, False)
            if answer is not None:
                self._udp.sendto(answer, client)

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                while len(size := stream.read(2)) == 2:
                    answer = self._answer(stream.read(*struct.unpack("!H", size)), True)
                    if answer is not None:
                        connection.sendall(struct.pack("!H", len(answer)) + answer)

    def end(self):
        if self._tcp.fileno() < 0:
            return
        self._tcp.shutdown(socket.SHUT_RDWR)
        with socket.socket(self._udp.family, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._udp.getsockname())
        for thread in self._threads:
            thread.join()
        self._tcp.close()
        self._udp.close()
