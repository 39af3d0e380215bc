"""What Prometheus counted: exactly, also when exporters died meanwhile."""

import collections
import json
import time
import urllib.parse
import urllib.request

# A counter dies with its process, and the next process counts from zero. So that a sum may look back
# over deaths, each life of an exporter gets a label of its own: when its process started. Both
# series are of one scrape, so no value is ever taken for another life's.
LIVES = (
    "%s * on (instance) group_left (life)"
    ' count_values by (instance) ("life", process_start_time_seconds{job="exporters"})'
)
# A life's counter only grows, so its highest value is its last one.
SINCE = "sum by (app, worker) (max_over_time((%s)[%dms:500ms]))"
NOW = "sum by (app, worker) (%s)"
BY_NODE = "sum by (instance) (demo_requests_total)"
# When the exporter that waits longest for it was last scraped, with or without success.
SCRAPED = 'min(timestamp(up{job="exporters"}))'


class Prometheus:
    def __init__(self, url):
        self._url = url.rstrip("/")

    def query(self, promql):
        """An instant vector: a list of (labels, value)."""
        parameters = urllib.parse.urlencode({"query": promql})
        with urllib.request.urlopen(f"{self._url}/api/v1/query?{parameters}", timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def value(self, promql):
        """The value of a query that gives one or none, which is 0."""
        return next((value for _, value in self.query(promql)), 0)

    def at_rest(self, read):
        """read(), once two scrapes in a row, begun after this call, make no difference to it."""
        last = None
        while True:
            after = time.time() + 1
            while self.value(SCRAPED) < after:
                time.sleep(0.1)
            seen = read()
            if seen == last:
                return seen
            last = seen


class Count:
    """How much a counter grew since this was made, which should be at rest: by (app, worker), and
    over all exporters."""

    def __init__(self, prometheus, counter="demo_requests_total"):
        self._prometheus = prometheus
        self._lives = LIVES % counter
        self._begin = time.time()
        self._before = self._read(NOW % self._lives)

    def _read(self, promql):
        found = self._prometheus.query(promql)
        return collections.Counter(
            {(one.get("app", ""), one.get("worker", "")): int(value) for one, value in found}
        )

    def read(self):
        milliseconds = max(1, (time.time() - self._begin) * 1000)
        return self._read(SINCE % (self._lives, milliseconds)) - self._before

    def at_rest(self):
        return self._prometheus.at_rest(self.read)


def report(served, counted):
    """Prints both by worker and in sum; whether they are the same everywhere."""
    print(f"{'app':8}{'worker':>8}{'served':>9}{'counted':>9}")
    for app, worker in sorted(served | counted):
        one = (app, worker)
        print(f"{app:8}{worker:>8}{served[one]:9}{counted[one]:9}")
    print(f"requests served {served.total()}, counted {counted.total()}", flush=True)
    return served == counted
