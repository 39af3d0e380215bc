"""Clients of the HTTP intake, tokens for it, and a StatsD server that shows what came out of it."""

import base64
import hashlib
import hmac
import http.client
import json
import socket

from harness import IntegrationTest, Router, free_port, missing, wait_until

DEADLINE_SECONDS = 120
# The programs give a client a second each: a busy machine may take longer.
PATIENT = ("--http-timeout-idle=60", "--http-timeout-read=60")


def token(claims, secret="somesecret", algorithm="HS256", header=None, padding=False):
    """A JSON Web Token."""
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}

    def part(data):
        text = base64.urlsafe_b64encode(data).decode()
        return text if padding else text.rstrip("=")

    head = part(json.dumps(header or {"alg": algorithm, "typ": "JWT"}).encode())
    signed = f"{head}.{part(json.dumps(claims).encode())}"
    mac = hmac.new(secret.encode(), signed.encode(), digest.get(algorithm, hashlib.sha256))
    return f"{signed}.{part(mac.digest())}"


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()

    def json(self):
        return json.loads(self.body)


class IntakeClient:
    """One keep-alive connection."""

    def __init__(self, port, context=None):
        if context is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
        else:
            self._connection = http.client.HTTPSConnection(
                "localhost", port, timeout=DEADLINE_SECONDS, context=context)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def request(self, method, path, body=None, headers=None):
        """Sends exactly these headers, and what HTTP itself needs."""
        self._connection.putrequest(method, path, skip_accept_encoding=True)
        headers = dict(headers or {})
        if body is not None and "Transfer-Encoding" not in headers:
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body)
        return Answer(self._connection.getresponse())

    def close(self):
        self._connection.close()


def ask(port, method, path, body=None, headers=None):
    with IntakeClient(port) as client:
        return client.request(method, path, body, headers)


class StatsdServer:
    """A UDP socket that keeps the lines it was sent."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(DEADLINE_SECONDS)
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()

    def lines_until(self, last):
        """The lines up to and without the line `last`."""
        lines = []
        while True:
            for line in self.socket.recv(65536).decode("utf-8").removesuffix("\n").split("\n"):
                if line == last:
                    return lines
                lines.append(line)


class IntakeTest(IntegrationTest):
    """A test of a program with an HTTP intake; `self.intake` is its port."""

    def start_proxy(self, *flags):
        """A weir-router in the place of statsd-http-proxy, and the server behind it."""
        statsd = StatsdServer()
        self.addCleanup(statsd.close)
        self.intake = free_port()
        router = Router(None, f"--http-port={self.intake}", f"--statsd-port={statsd.port}", *flags,
                        defaults=("--web.listen-address=127.0.0.1:0", *PATIENT))
        self.addCleanup(router.end)
        return router.wait_ready(), statsd

    def start_http_exporter(self, *flags, timeouts=PATIENT):
        self.intake = free_port()
        return self.start_exporter(f"--http-port={self.intake}", *flags, *missing(flags, timeouts))

    def ask(self, method, path, body=None, headers=None):
        return ask(self.intake, method, path, body, headers)

    def emitted(self, statsd):
        """What was sent on for the requests answered so far."""
        self.assertEqual(self.ask("POST", "/batch", b"the_last_line:1|c").status, 200)
        return statsd.lines_until("the_last_line:1|c")


__all__ = [
    "Answer", "IntakeClient", "IntakeTest", "PATIENT", "StatsdServer", "ask", "token", "wait_until",
]  # fmt: skip
