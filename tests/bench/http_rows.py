"""The rows of the HTTP intake: wrk on one core, against a bare CivetWeb handler."""

import json
import pathlib
import subprocess
import tempfile
import time

import machine
import scrape
import subjects  # also finds the modules of the integration tests
from figure import Figure
from http_intake import token

REQUESTS = pathlib.Path(__file__).with_name("requests.lua")
SECRET = "a secret of the benchmark"
TOKENS = 100
CONNECTIONS = 32


class Bare:
    """weir-http-floor."""

    def __init__(self):
        program = subjects.harness.BUILD / "weir-http-floor"
        self._process = subjects.harness.start([program], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self._process.stdout.readline())["port"]
        self.pid = self._process.pid

    def stop(self):
        """Requests answered 200, and nothing to compare them with."""
        subjects.harness.stop(self._process)
        return json.loads(self._process.stdout.read())["requests"], None


class Intake:
    """weir-exporter with an HTTP intake that asks for tokens."""

    def __init__(self):
        self.port = subjects.harness.free_port()
        self._exporter = subjects.Exporter(f"--http-port={self.port}", f"--jwt-secret={SECRET}")
        self.pid = self._exporter.pid

    def stop(self):
        """Requests answered 200, and samples applied once nothing waits."""
        machine.wait_idle(self.pid)
        page = self._exporter.scrape().body()
        self._exporter.stop()
        return (
            int(scrape.value(page, 'weir_http_intake_requests_total{code="200"}')),
            int(scrape.value(page, "weir_samples_applied_total")),
        )


class HttpRow:
    """CPU for each request; of batches also lines a second."""

    SECONDS = 6
    SUBJECTS = {"floor": Bare, "weir-exporter": Intake}

    def __init__(self, name, title, kind, targets):
        self.name = name
        self.title = title
        self._kind = kind
        self._targets = targets

    def measure(self, rounds, shorter):
        seen = {}
        for _ in range(rounds):
            cpu = {}
            for name, make in self.SUBJECTS.items():
                for what, (unit, value) in self._run(make, max(1, self.SECONDS // shorter)).items():
                    seen.setdefault((name, what, unit), []).append(value)
                    cpu[name, what] = value
            of_floor = cpu["weir-exporter", "CPU a request"] / cpu["floor", "CPU a request"]
            seen.setdefault(("weir-exporter", "of the floor", "x"), []).append(of_floor)
        return [
            Figure(self.name, name, what, unit, values,
                   self._targets.get(what, "") if name != "floor" else "")
            for (name, what, unit), values in seen.items()
        ]  # fmt: skip

    def _run(self, make, seconds):
        subject = make()
        with tempfile.NamedTemporaryFile("w", prefix="weir-tokens-") as tokens:
            for bearer in range(TOKENS):
                print(token({"sub": f"bearer {bearer}"}, SECRET), file=tokens)
            tokens.flush()
            before, start = machine.cpu_seconds(subject.pid), time.monotonic()
            subprocess.run(
                ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"-s{REQUESTS}",
                 f"http://127.0.0.1:{subject.port}", "--", self._kind, tokens.name],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            wall = time.monotonic() - start
            machine.wait_idle(subject.pid)
            cpu = machine.cpu_seconds(subject.pid) - before
        answered, applied = subject.stop()
        found = {
            "CPU a request": ("us", cpu / answered * 1e6),
            "answered 200": ("requests/s", answered / wall),
        }
        if applied is not None and self._kind == "json":
            found["answered 200 and not applied"] = ("requests", answered - applied)
        elif applied is not None:
            found["taken"] = ("lines/s", applied / wall)
            found["CPU a line"] = ("us", cpu / applied * 1e6)
        return found


def http_rows():
    return [
        HttpRow("http-json", "JSON counts, 10,000 tagged names, 100 tokens, 32 connections", "json",
                {"CPU a request": "<= 12", "of the floor": "<= 1.38",
                 "answered 200 and not applied": "<= 0"}),
        HttpRow("http-batch", "POST /batch, bodies of 64 KiB, 100 tokens, 32 connections", "batch",
                {"taken": ">= 1000000"}),
    ]  # fmt: skip
