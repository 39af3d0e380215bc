"""The part of systemd that a program sees: sockets that are passed to it, and what it tells back.

Sockets are bound here and live on while programs come and go. Run as a program it does what the
service manager does between fork and exec:

usage: activation.py FD[,FD...] NAME[:NAME...] PROGRAM [ARGUMENT...]
"""

import fcntl
import os
import pathlib
import socket
import sys

HERE = pathlib.Path(__file__).resolve()
FIRST_PASSED = 3


class Sockets:
    """Bound sockets, as a .socket unit has them."""

    def __init__(self, directory):
        self._directory = directory
        self.sockets = []
        self.names = []

    def add(self, family, kind, address, name, reuse=False):
        one = socket.socket(family, kind)
        if reuse:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        one.bind(address)
        if kind == socket.SOCK_STREAM:
            one.listen()
        self.sockets.append(one)
        self.names.append(name)
        return one

    def udp(self, name="weir.socket", port=0, reuse=False):
        """Returns its address as the flags write it."""
        one = self.add(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port), name, reuse)
        return "127.0.0.1:%d" % one.getsockname()[1]

    def tcp(self, name="weir.socket"):
        one = self.add(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0), name)
        return "127.0.0.1:%d" % one.getsockname()[1]

    def unixgram(self, name="weir.socket"):
        path = str(self._directory / "datagrams.sock")
        self.add(socket.AF_UNIX, socket.SOCK_DGRAM, path, name)
        return path

    def unix_stream(self, name="weir.socket"):
        path = str(self._directory / "stream.sock")
        self.add(socket.AF_UNIX, socket.SOCK_STREAM, path, name)
        return path

    def passing(self):
        """How a Program is started with them."""
        numbers = [one.fileno() for one in self.sockets]
        words = [",".join(map(str, numbers)), ":".join(self.names)]
        return {"prefix": (sys.executable, HERE, *words), "pass_fds": numbers}

    def close(self):
        for one in self.sockets:
            one.close()


class Manager:
    """Who listens on $NOTIFY_SOCKET."""

    def __init__(self, address):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.environment = {**os.environ, "NOTIFY_SOCKET": address}

    def next(self, deadline):
        """The next state that is told."""
        self._socket.settimeout(deadline)
        return self._socket.recv(4096).decode()

    def close(self):
        self._socket.close()


def main(numbers, names, *command):
    # Out of the way first: one may have the number another is to get.
    moved = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 100) for number in numbers.split(",")]
    for place, number in enumerate(moved):
        os.dup2(number, FIRST_PASSED + place)
        os.close(number)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(moved))
    os.environ["LISTEN_FDNAMES"] = names
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
