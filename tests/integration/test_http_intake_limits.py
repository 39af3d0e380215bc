"""Clients of the HTTP intake that are slow, many, or both; and who must not wait for them."""

import select
import selectors
import socket
import threading

from harness import wait_until
from http_intake import DEADLINE_SECONDS, IntakeTest

HEAD = b"POST /count/crowd HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
REQUEST = HEAD + b'Content-Length: 12\r\n\r\n{"value": 1}'
CROWD = 1000
ENOUGH_MEMORY_KILOBYTES = 40_000


class Trickler:
    """A connection that sends a beginning, then a byte whenever it is told to."""

    def __init__(self, port, beginning):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(beginning)
        self.socket.setblocking(False)

    def trickle(self):
        """One more byte; False once the server has had enough."""
        try:
            self.socket.send(b"1")
            return self.socket.recv(4096) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self):
        self.socket.close()


class KeepAliveClient:
    """Sends a request after the other, on a new connection when the server ends one."""

    def __init__(self, port, requests, selector):
        self.port, self.left, self.selector = port, requests, selector
        self.good = 0
        self.connect()

    def connect(self):
        self.answer = b""
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.sendall(REQUEST)
        self.selector.register(self.socket, selectors.EVENT_READ, self)

    def disconnect(self):
        self.selector.unregister(self.socket)
        self.socket.close()

    def on_readable(self):
        """True when it has nothing more to do."""
        try:
            piece = self.socket.recv(4096)
        except ConnectionError:
            piece = b""
        self.answer += piece
        ended = self.answer.endswith(b"\r\n\r\n")
        if not piece and not ended:
            # Ended while it was idle, or refused: the request was not answered, so it is sent again.
            self.disconnect()
            self.connect()
            return False
        if not ended:
            return False
        self.good += self.answer.startswith(b"HTTP/1.1 200 ")
        self.left -= 1
        closes = b"Connection: close" in self.answer
        self.answer = b""
        if self.left == 0 or closes:
            self.disconnect()
        elif not closes:
            self.socket.sendall(REQUEST)
        if self.left > 0 and closes:
            self.connect()
        return self.left == 0


class SlowClientsTest(IntakeTest):
    """By the programs' own limits of time."""

    def setUp(self):
        self.allow_connections(CROWD)
        self.tricklers = []
        self.addCleanup(lambda: [one.close() for one in self.tricklers])

    def trickle_until_cut(self, beginning, count):
        self.tricklers = [Trickler(self.intake, beginning) for _ in range(count)]

        def all_cut():
            left = [one for one in self.tricklers if one.trickle()]
            for one in self.tricklers:
                if one not in left:
                    one.close()
            self.tricklers = left
            return not left

        wait_until(all_cut, "every slow client is cut")

    def test_a_head_that_never_ends_is_cut(self):
        self.start_http_exporter(timeouts=())
        self.trickle_until_cut(HEAD + b"X-Slow: ", 20)

    def test_a_body_that_never_ends_is_cut(self):
        # CivetWeb's own limit is none of the body's: that one is counted as cut.
        exporter = self.start_http_exporter("--http-timeout-read=3", timeouts=())
        self.trickle_until_cut(HEAD + b"Content-Length: 4000\r\n\r\n", 20)
        exporter.wait_for(
            lambda page: page.value("weir_http_intake_cut_connections_total") == 20, "20 cut")

    def test_chunks_that_never_end_are_cut(self):
        self.start_http_exporter(timeouts=())
        self.trickle_until_cut(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n", 20)

    def test_a_thousand_slow_clients_cost_little_and_hold_up_no_page(self):
        exporter = self.start_http_exporter(timeouts=())
        self.ask("POST", "/batch", b"before:1|c")
        before = exporter.memory_kilobytes()
        beginnings = (HEAD + b"X-Slow: ", HEAD + b"Content-Length: 4000\r\n\r\n", b"")
        self.tricklers = [Trickler(self.intake, beginnings[i % 3]) for i in range(CROWD)]
        done = threading.Event()

        def keep_slow():
            while not done.wait(0.1):
                self.tricklers = [one for one in self.tricklers if one.trickle() or one.close()]
                while len(self.tricklers) < CROWD:
                    self.tricklers.append(Trickler(self.intake, beginnings[len(self.tricklers) % 3]))

        crowd = threading.Thread(target=keep_slow)
        crowd.start()
        try:
            grown = 0
            for _ in range(20):
                self.assertEqual(exporter.get("/-/healthy").status, 200)
                exporter.scrape()
                grown = max(grown, exporter.memory_kilobytes() - before)
            self.assertEqual(self.ask("POST", "/batch", b"meanwhile:1|c").status, 200)
        finally:
            done.set()
            crowd.join()
        self.assertLess(grown, ENOUGH_MEMORY_KILOBYTES)
        exporter.wait_for_value(1, "meanwhile")


class LargeBodiesTest(IntakeTest):
    def connect(self, header):
        """Announces a body that does not come."""
        client = socket.create_connection(("127.0.0.1", self.intake), timeout=DEADLINE_SECONDS)
        self.addCleanup(client.close)
        client.sendall(HEAD + header + b"\r\n\r\n")
        return client

    def test_a_body_counts_among_the_large_ones_however_it_is_announced(self):
        self.start_http_exporter("--http-timeout-read=1000")
        # Of 1 MiB there is room for 64.
        crowd = [self.connect(b"Content-Length: 1048576") for _ in range(65)]
        answered, _, _ = select.select(crowd, [], [], DEADLINE_SECONDS)
        self.assertEqual([client.recv(12) for client in answered], [b"HTTP/1.1 503"])
        for header in (b"Transfer-Encoding: chunked",
                       b"Transfer-Encoding: chunked\r\nContent-Length: 0",
                       b"Content-Length: 0\r\nTransfer-Encoding: chunked",
                       b"Content-Length: +1048576"):
            with self.subTest(header=header):
                client = self.connect(header)
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.recv(12), b"HTTP/1.1 503")


class ManyClientsTest(IntakeTest):
    def test_a_thousand_keep_alive_clients_lose_nothing(self):
        self.allow_connections(CROWD)
        exporter = self.start_http_exporter("--http-timeout-idle=10", "--http-timeout-read=10")
        requests = 5
        with selectors.DefaultSelector() as selector:
            clients = [KeepAliveClient(self.intake, requests, selector) for _ in range(CROWD)]
            busy = CROWD
            while busy:
                ready = selector.select(60)
                self.assertTrue(ready, f"{busy} clients wait for an answer")
                busy -= sum(key.data.on_readable() for key, _ in ready)
        good = sum(client.good for client in clients)
        self.assertEqual(good, CROWD * requests)
        page = exporter.wait_for_value(good, "crowd")
        self.assertEqual(page.value("weir_samples_applied_total"), good)
        exporter.wait_for(
            lambda page: page.get("weir_http_intake_requests_total", code="200") == good,
            "every request is counted")

    def test_what_was_answered_200_survives_the_end_of_the_program(self):
        router, statsd = self.start_proxy()
        for number in range(100):
            self.assertEqual(self.ask("POST", "/batch", b"n%d:1|c" % number).status, 200)
        router.end()
        self.assertEqual(statsd.lines_until("n99:1|c"), [f"n{number}:1|c" for number in range(99)])
