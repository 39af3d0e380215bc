#!/usr/bin/python3
"""Asks the demo's apps for pages, and says whether Prometheus counted every one of them.

usage: load.py [--rate N] [--seconds N] [--rounds N] PROMETHEUS_URL APP_URL...

A round is requests for a while, then rest until Prometheus has scraped all that they left behind,
then a table of the worker processes and the line `requests served N, counted N`: served are the
answers with 200, counted is PromQL's sum over all exporters. Exit status 1 when they differed in any
round. What was served stands on :8000/metrics too, beside the last round's numbers.

  --rate N      requests a second (200)
  --seconds N   of requests in a round (30)
  --rounds N    end after so many; 0, as by default, is never
"""

import argparse
import collections
import http.client
import http.server
import sys
import threading
import time
import urllib.request

import counted

CLIENTS_PER_APP = 8
PORT = 8000


class Load:
    """Clients that ask for pages until they are stopped."""

    def __init__(self, urls, rate):
        self._urls = urls
        self._seconds_each = len(urls) * CLIENTS_PER_APP / rate
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = []
        self._served = collections.Counter()
        self.failed = 0

    @property
    def served(self):
        """Answers with 200 by (app, worker), as the answers tell."""
        with self._lock:
            return self._served.copy()

    def start(self):
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._client, args=(url,), daemon=True)
            for url in self._urls
            for _ in range(CLIENTS_PER_APP)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Returns when every answer is here."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _client(self, url):
        while not self._stopping.is_set():
            begin = time.monotonic()
            self._ask(url)
            self._stopping.wait(self._seconds_each - (time.monotonic() - begin))

    def _ask(self, url):
        """One request, over a connection of its own, so that any worker may take it."""
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                app, worker = answer.read().decode().split()
                served = answer.status == 200
        except (OSError, http.client.HTTPException, ValueError):
            served = False
        with self._lock:
            if served:
                self._served[app, worker] += 1
            else:
                self.failed += 1


class Page(http.server.BaseHTTPRequestHandler):
    """The load's numbers for Prometheus."""

    load = None
    last_round = {"served": 0, "counted": 0}

    def do_GET(self):
        lines = ["# TYPE load_served_total counter"]
        for (app, worker), served in self.load.served.items():
            lines.append(f'load_served_total{{app="{app}",worker="{worker}"}} {served}')
        lines += ["# TYPE load_failed_total counter", f"load_failed_total {self.load.failed}"]
        for name, value in self.last_round.items():
            lines += [f"# TYPE load_round_{name} gauge", f"load_round_{name} {value}"]
        body = "".join(line + "\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def serve(load, address):
    """Shows the page, from a thread of its own."""
    Page.load = load
    server = http.server.ThreadingHTTPServer(address, Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def wait_until_up(prometheus):
    """Until Prometheus has seen both tiers up."""
    while True:
        try:
            if prometheus.value('min(up{job=~"router|exporters"})'):
                return
        except OSError:
            pass
        time.sleep(0.2)


def play_round(load, prometheus, seconds):
    count = counted.Count(prometheus)
    before = load.served
    load.start()
    time.sleep(seconds)
    load.stop()
    served, found = load.served - before, count.at_rest()
    Page.last_round = {"served": served.total(), "counted": found.total()}
    return counted.report(served, found)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1], add_help=False)
    parser.add_argument("-h", "--help", action="help")
    parser.add_argument("prometheus")
    parser.add_argument("apps", nargs="+")
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=0)
    given = parser.parse_args()

    prometheus = counted.Prometheus(given.prometheus)
    load = Load(given.apps, given.rate)
    serve(load, ("", PORT))
    wait_until_up(prometheus)
    same, rounds = True, 0
    while not given.rounds or rounds < given.rounds:
        same = play_round(load, prometheus, given.seconds) and same
        rounds += 1
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
