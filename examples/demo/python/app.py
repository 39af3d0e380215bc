"""Counts the request and times its work, then answers with who served it.

Debian's python3-statsd, the client of PyPI's `statsd`, has no tags: what Ruby says with tags stands
in the name here, and ../mapping.yml makes the same labels of both. The worker is among them to prove
that no process is missing; in production leave it out, for every pid is a new series.
"""

import os
import random
import time

import statsd

client = statsd.StatsClient(
    os.environ.get("STATSD_HOST", "localhost"),
    int(os.environ.get("STATSD_PORT", 8125)),
    prefix="demo.python",
)


def app(environ, start_response):
    with client.timer("request_time"):
        time.sleep(random.random() * 0.02)
    client.incr(f"{os.getpid()}.requests")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"python {os.getpid()}\n".encode()]
