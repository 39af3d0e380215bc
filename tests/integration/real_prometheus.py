"""A real Prometheus (Debian's), with default settings but for a scrape every second."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from harness import free_port, start, stop, wait_until


class Prometheus:
    """Scrapes `targets` (job name -> list of 'HOST:PORT'); its data live in a directory of its own.

    `how` are more keys of each job, such as basic_auth.
    """

    def __init__(self, targets, *flags, how=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-prometheus-"))
        jobs = [
            {"job_name": job, "static_configs": [{"targets": addresses}], **(how or {})}
            for job, addresses in targets.items()
        ]
        config = self.directory / "prometheus.yml"
        # JSON is YAML.
        config.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}))
        self.address = f"127.0.0.1:{free_port()}"
        self.log = open(self.directory / "log", "wb+")
        self.process = start(
            [
                shutil.which("prometheus") or "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={self.directory / 'data'}",
                f"--web.listen-address={self.address}",
                *flags,
            ],
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )
        wait_until(self._ready, self._log_text)

    def _log_text(self):
        self.log.flush()
        return "Prometheus is ready; its log:\n" + (self.directory / "log").read_text()[-4000:]

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(self._log_text())
        try:
            return urllib.request.urlopen(f"http://{self.address}/-/ready", timeout=5).status == 200
        except OSError:
            return False

    def _api(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        url = f"http://{self.address}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, promql, at=None):
        """An instant vector, now or at a time of settled(): list of (labels, value)."""
        when = {} if at is None else {"time": at}
        return [
            (one["metric"], float(one["value"][1]))
            for one in self._api("query", query=promql, **when)["result"]
            if "value" in one
        ]

    def native_histograms(self, promql, at):
        """The native histograms of an instant vector: list of (labels, histogram as the API has it)."""
        return [
            (one["metric"], one["histogram"][1])
            for one in self._api("query", query=promql, time=at)["result"]
            if "histogram" in one
        ]

    def value(self, promql):
        """The single value of a query, or None."""
        found = self.query(promql)
        if len(found) > 1:
            raise AssertionError(f"{promql} gives {len(found)} values")
        return found[0][1] if found else None

    def samples(self, selector, at):
        """The values that it stored of one series, in order; a range selector and its end."""
        (found,) = self._api("query", query=selector, time=at)["result"]
        return [float(value) for _, value in found["values"]]

    def wait_for_value(self, promql, value):
        last = None

        def check():
            nonlocal last
            last = self.value(promql)
            return last == value

        wait_until(check, lambda: f"{promql} = {value}; it is {last}")

    def settled(self, job):
        """The time of a scrape that began after this call and succeeded.

        A scrape must end within its interval of a second. On a busy machine one may not, and then
        nothing is stored for that second: what is compared is asked for at a time at which it is.
        """
        scraped = f'max(timestamp(up{{job="{job}"}}) and (up{{job="{job}"}} == 1))'
        begin = wait_until(lambda: self.value(scraped), f"a scrape of {job}")

        def later():
            last = self.value(scraped)
            return last if last is not None and last >= begin + 2 else None

        return wait_until(later, f"two more scrapes of {job}")

    def stop(self):
        try:
            stop(self.process)
        finally:
            self.log.close()
            shutil.rmtree(self.directory, ignore_errors=True)
