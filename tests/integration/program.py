"""Starts a program, reads its log and its pages, and leaves no process behind.

A program listens on ports the kernel picked; which ones is read from its log lines
`msg=Listening protocol=P address=A`. Tests use harness.py, which knows the two programs.
"""

import atexit
import ctypes
import datetime
import http.client
import itertools
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time

import page

# How long a condition may take to come true. A test that passes never waits this long.
DEADLINE_SECONDS = 120
LOG_LINES_SHOWN = 40

_started = set()
_ports = itertools.cycle(random.sample(range(12_000, 32_000), 20_000))
_LISTENING = r'msg="?Listening"? protocol="?{}"? address="?([^" ]+)"?'
_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def wait_until(condition, what, deadline=DEADLINE_SECONDS):
    """Calls condition() until it returns something true, and returns that.

    `what` says what was awaited; a function is called to say it when the deadline has passed.
    """
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what() if callable(what) else what}")
        time.sleep(0.005)


def free_port(host="127.0.0.1"):
    """A port that was free a moment ago, for TCP and UDP.

    None of those that the kernel gives to who asks for any, and each once in a long while: nobody
    takes it before the program that is told of it.
    """
    for port in _ports:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((host, port))
                udp.bind((host, port))
            except OSError:
                continue
            return port


def split_address(address):
    """Where to connect: ('::1', 9102) of '[::1]:9102', the loopback for an address of all hosts."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return "127.0.0.1" if host in ("", "::", "0.0.0.0") else host, int(port)


def log_time(line):
    """When a line was logged, as time.time() counts."""
    return datetime.datetime.fromisoformat(re.search(r"time=(\S+)", line).group(1)).timestamp()


def start(command, **options):
    """Popen, with the promise that the process dies with this one."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
        **options,
    )
    _started.add(process)
    return process


def stop(process, sig=signal.SIGTERM):
    """Sends the signal and returns the exit status; a process that will not end is killed."""
    if process.poll() is None:
        process.send_signal(sig)
    try:
        return process.wait(DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"process {process.pid} did not end after signal {sig}") from None
    finally:
        _started.discard(process)


@atexit.register
def _kill_all():
    for process in _started:
        if process.poll() is None:
            process.kill()
            process.wait()


class Response:
    """An HTTP answer, read to its end."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")


class Program:
    """One running program, by its command line; `options` are those of Popen.

    `tls` (an ssl.SSLContext) and `headers` are how its pages are asked for.
    """

    def __init__(self, command, tls=None, headers=None, **options):
        self.tls = tls
        self.headers = headers or {}
        self.process = start(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        self.log = []
        self._log_grew = threading.Condition()
        self._log_ended = False
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self):
        for line in self.process.stderr:
            with self._log_grew:
                self.log.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._log_grew.notify_all()
        with self._log_grew:
            self._log_ended = True
            self._log_grew.notify_all()

    def wait_for_log(self, pattern, deadline=DEADLINE_SECONDS, start=0):
        """The first match of a regular expression in a log line, from line `start` on, now or later."""
        end = time.monotonic() + deadline
        seen = start
        with self._log_grew:
            while True:
                for line in self.log[seen:]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                seen = max(seen, len(self.log))
                left = end - time.monotonic()
                if self._log_ended or left <= 0:
                    raise AssertionError(f"no log line matches {pattern!r}:\n{self.tail()}")
                self._log_grew.wait(left)

    def logged(self, pattern):
        """The matches of a regular expression in the log so far."""
        return [match for line in list(self.log) if (match := re.search(pattern, line))]

    def tail(self):
        return "\n".join("  | " + line for line in self.log[-LOG_LINES_SHOWN:])

    def address(self, protocol):
        """Where it listens: 'HOST:PORT', or the path of a unix socket."""
        return self.wait_for_log(_LISTENING.format(re.escape(protocol))).group(1)

    def endpoint(self, protocol):
        return split_address(self.address(protocol))

    @property
    def port(self):
        return self.endpoint("udp")[1]

    @property
    def web_protocol(self):
        return "https" if self.tls else "http"

    def wait_ready(self):
        address = self.address(self.web_protocol)

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.tail()}")
            try:
                return self.get("/-/ready").status == 200
            except OSError:
                return False

        wait_until(ready, f"{address}/-/ready answers 200")
        return self

    def request(self, method, path, headers=None, timeout=DEADLINE_SECONDS):
        host, port = self.endpoint(self.web_protocol)
        if self.tls:
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=self.tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            connection.request(method, path, headers={**self.headers, **(headers or {})})
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, headers=None):
        return self.request("GET", path, headers)

    def scrape(self):
        """The page, checked and parsed; anything but 200 and a sound page is a failure."""
        answer = self.get("/metrics")
        if answer.status != 200:
            raise AssertionError(f"/metrics answers {answer.status}: {answer.text[:500]}")
        return page.parse(answer.text)

    def wait_for(self, condition, what):
        """Scrapes until condition(page) is true, and returns the page of one more scrape.

        A page first tells of the program, then of the series, which may have moved meanwhile; on
        the next one what the program tells is as new as the series that met the condition.
        """
        last = None

        def check():
            nonlocal last
            last = self.scrape()
            return condition(last)

        wait_until(check, lambda: f"{what}; the last page:\n{last.user_text()[:4000]}")
        return self.scrape()

    def wait_for_value(self, value, name, **labels):
        return self.wait_for(
            lambda seen: seen.get(name, **labels) == value, f"{name}{labels or ''} = {value}"
        )

    def memory_kilobytes(self):
        """The resident set of the process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def descriptors(self):
        """How many it has open."""
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def threads(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()))

    def stop(self, sig=signal.SIGTERM):
        """Ends it, if it still runs, and returns the exit status with the whole log read."""
        status = stop(self.process, sig)
        self._reader.join(DEADLINE_SECONDS)
        return status

    def end(self):
        """As stop, but any exit status other than 0 is a failure, also of one that ended before."""
        status = self.stop()
        if status != 0:
            raise AssertionError(f"exit status {status}; its log:\n{self.tail()}")
