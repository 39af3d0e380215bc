"""The UDP sockets of another process, borrowed: to give a peer the receive buffer that ours asks for,
and to read what the kernel dropped before it.
"""

import ctypes
import os
import pathlib
import socket
import struct

SO_RCVBUFFORCE = 33
SO_MEMINFO = 55
_MEMINFO_DROPS = 8
_PIDFD_GETFD = 438
READ_BUFFER = 64 << 20

_libc = ctypes.CDLL(None, use_errno=True)


def _is_udp_on(one, port):
    try:
        is_datagram = one.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM
        return is_datagram and one.getsockname()[1] == port
    except (OSError, IndexError, TypeError):
        return False


def udp_sockets(pid, port):
    """Copies of the sockets of `pid` bound to `port`; none without the right to take them."""
    found = []
    pidfd = os.pidfd_open(pid)
    try:
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            if not os.readlink(entry).startswith("socket:"):
                continue
            fd = _libc.syscall(_PIDFD_GETFD, pidfd, int(entry.name), 0)
            if fd < 0:
                return []
            one = socket.socket(fileno=fd)
            if _is_udp_on(one, port):
                found.append(one)
            else:
                one.close()
    finally:
        os.close(pidfd)
    return found


def grant_buffer(sockets):
    """The buffer that weir-exporter asks for; needs CAP_NET_ADMIN."""
    for one in sockets:
        one.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, READ_BUFFER)


def kernel_drops(sockets):
    """Datagrams that the kernel dropped before them; None when nobody can say."""
    if not sockets:
        return None
    memory = [one.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36) for one in sockets]
    return sum(struct.unpack("=9I", one)[_MEMINFO_DROPS] for one in memory)
