"""A router before three exporters, each of which may end and return, and the accounts of all its lives."""

import collections
import json
import pathlib
import signal
import threading
import time

from harness import Exporter, Router, free_port, wait_until
from http_intake import PATIENT
from ring_case import HEALTH_CHECK, Node
from router_page import RouterPage
from traffic import CHURN

LABELS = "abc"
GRACE = "5s"
# Names that come and go are forgotten soon, so that a soak also shows that they are.
MAPPING = {
    "mappings": [
        {"match": f"{CHURN}.*", "name": CHURN, "labels": {"from": "$1"}, "ttl": "2s"},
        {"match": "soak_shared", "name": "soak_shared", "help": "reload 0"},
    ]
}


class Life:
    """One exporter process, and what the lives before it at the same place had counted."""

    def __init__(self, node):
        self.node = node
        self.ended_lines = 0


def lines_of(page):
    return page.sum("weir_lines_total") - page.value("weir_lines_total", verdict="empty")


class Cluster:
    """Owns the processes. `totals` and `exporters` may be asked by any thread, the rest by one."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._lock = threading.Lock()
        self._reloads = 0
        self._weights = dict.fromkeys(LABELS, 1)
        self._lives = {label: Life(Node(label)) for label in LABELS}
        # Of processes that have ended:
        self._applied = 0
        self._refused = collections.Counter()
        self._sums = collections.Counter()
        self.http_port = free_port()
        self._mapping = self._directory / "mapping.yml"
        self._write_mapping()
        self._config = self._directory / "ring.yml"
        self._write_config()
        for label in LABELS:
            self._start(label)
        http = (f"--http-port={self.http_port}", *PATIENT)
        self.router = Router(None, str(self._config), *http).wait_ready()
        self.wait_ring(*LABELS)

    def _write(self, path, content):
        new = path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=1))  # JSON is YAML
        new.rename(path)

    def _write_mapping(self):
        MAPPING["mappings"][1]["help"] = f"reload {self._reloads}"
        self._write(self._mapping, MAPPING)

    def _write_config(self):
        nodes = [
            {**self._lives[label].node.config(), "weight": self._weights[label]} for label in LABELS
        ]
        self._write(self._config, {
            "listen": {
                "udp": "127.0.0.1:0",
                "tcp": "127.0.0.1:0",
                "unixgram": str(self._directory / "unixgram"),
                "unix": str(self._directory / "unix"),
            },
            "web": {"listen": "127.0.0.1:0"},
            "flush_interval": "10ms",
            "threads": 2,
            "health_check": HEALTH_CHECK,
            "downstreams": nodes,
        })  # fmt: skip

    def _new(self, label):
        node = self._lives[label].node
        return Exporter(
            f"--statsd.listen-udp={node.udp}",
            "--statsd.listen-tcp=",
            f"--web.listen-address={node.http}",
            f"--admin.listen-address={node.admin}",
            f"--statsd.mapping-config={self._mapping}",
            f"--ring.config-file={self._config}",
            f"--ring.self={label}",
            f"--ring.grace={GRACE}",
            f"--takeover.path={self._directory / label}",
            "--threads=2",
        )

    def _start(self, label):
        self._lives[label].node.exporter = self._new(label).wait_ready()

    def wait_ring(self, *labels):
        wait_until(lambda: RouterPage(self.router).in_ring() == set(labels), f"a ring of {labels}")

    # What may happen to it

    def replace(self, label):
        """Takes an exporter out of service, waits until it has all that was sent to it, and kills it."""
        life = self._lives[label]
        life.node.tell(b"health down")
        self.wait_ring(*(other for other in LABELS if other != label))
        wait_until(lambda: self._spent(label), f"{label} has read what it was sent")
        with self._lock:
            page = life.node.exporter.scrape()
            life.node.exporter.stop(signal.SIGKILL)
            life.node.exporter = None
            life.ended_lines += lines_of(page)
            self._add(page)
        self._start(label)
        self.wait_ring(*LABELS)

    def _spent(self, label):
        life = self._lives[label]
        taken = RouterPage(self.router).of("weir_downstream_taken_lines_total", label)
        return taken == life.ended_lines + lines_of(life.node.exporter.scrape())

    def take_over(self, label):
        """Another process takes an exporter's place while lines come."""
        old, new = self._lives[label].node.exporter, self._new(label)
        new.wait_for_log("Took over")
        with self._lock:
            self._lives[label].node.exporter = new
        status = old.stop()
        if status != 0:
            raise AssertionError(f"who was taken over from ended with {status}:\n{old.tail()}")

    def reload_mapping(self):
        """All exporters read changed rules."""
        self._reloads += 1
        self._write_mapping()
        for life in self._lives.values():
            before = len(life.node.exporter.log)
            life.node.exporter.process.send_signal(signal.SIGHUP)
            life.node.exporter.wait_for_log("Loaded the mapping files", start=before)

    def reweigh(self, label, weight):
        """All programs read that a node has another weight: series move."""
        self._weights[label] = weight
        self._write_config()
        answer = self.router.reload()
        if answer.status != 200:
            raise AssertionError(f"/-/reload answers {answer.status}: {answer.text}")

    def drain(self, label, seconds):
        for word in ("drain", "undrain"):
            answer = self.router.request("POST", f"/api/v1/{word}?node={label}")
            if answer.status != 200:
                raise AssertionError(f"{word} answers {answer.status}: {answer.text}")
            time.sleep(seconds)

    # What became of what was sent

    def _add(self, page):
        self._applied += page.value("weir_samples_applied_total")
        for (name, labels), value in page.samples.items():
            if name == "weir_samples_dropped_total":
                self._refused[f"exporter {dict(labels)['reason']}"] += value
            elif name == "weir_kernel_drops_total" and value:
                self._refused["exporter's kernel, datagrams"] += value
            elif name.startswith(("soak_", "app_")) and not labels:
                self._sums[name] += value

    def totals(self):
        """Lines the router has received, samples applied, what was dropped by reason, and values by name."""
        router = RouterPage(self.router)
        with self._lock:
            ended = self._applied, self._refused.copy(), self._sums.copy()
            for exporter in self._running():
                self._add(exporter.scrape())
            applied, refused, sums = self._applied, self._refused, self._sums
            self._applied, self._refused, self._sums = ended
        for reason, count in {**router.errors(), **router.dropped()}.items():
            refused[f"router {reason}"] += count
        if router.kernel_drops:
            refused["router's kernel, datagrams"] += router.kernel_drops
        return router.lines() - router.lines("empty"), applied, refused, sums

    def exporters(self):
        with self._lock:
            return list(self._running())

    def _running(self):
        return (life.node.exporter for life in self._lives.values() if life.node.exporter)

    def programs(self):
        return {"router": self.router, **{
            label: life.node.exporter for label, life in self._lives.items() if life.node.exporter
        }}

    def end(self):
        """Ends all; the names of those that did not end well."""
        status = {name: program.stop() for name, program in self.programs().items()}
        return [f"{name} ended with {code}" for name, code in status.items() if code != 0]
