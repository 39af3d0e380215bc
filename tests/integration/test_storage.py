"""--storage.path: series survive restarts and crashes, and no counter that was shown goes back."""

import http.client
import pathlib
import random
import shutil
import signal
import subprocess
import threading
import time

import page
from harness import EXPORTER, Exporter, IntegrationTest, wait_until
from real_prometheus import Prometheus
from senders import TcpSender, UdpSender

KILLS = 20
# More than any machine counts meanwhile, and less than where a double leaves numbers out.
BASE = 1_000_000_000
ADDRESSES = (("statsd.listen-udp", "udp"), ("statsd.listen-tcp", "tcp"), ("web.listen-address", "http"))
HISTOGRAMS = """
mappings:
- { match: "latency.*", name: latency, labels: { path: "$1" }, observer_type: histogram }
"""


class StorageTest(IntegrationTest):
    def setUp(self):
        self.killed = set()

    def start_stored(self, directory, *flags):
        exporter = Exporter(f"--storage.path={directory}", *flags)
        self.addCleanup(self.end, exporter)
        return exporter.wait_ready()

    def kill(self, exporter):
        exporter.stop(signal.SIGKILL)
        self.killed.add(exporter)

    def end(self, exporter):
        if exporter not in self.killed:
            exporter.end()

    def send(self, exporter, lines):
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([*lines, b"the.end:1|g"])
        exporter.wait_for_value(1, "the_end")

    def refused(self, directory):
        """What weir-exporter says when it can not start over the directory."""
        done = subprocess.run(
            [EXPORTER, *Exporter.DEFAULTS, f"--storage.path={directory}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        self.assertNotEqual(done.returncode, 0)
        said = done.stderr.strip().splitlines()[-1]
        self.assertIn(f"--storage.path: {directory}: ", said)
        return said

    def mounted(self, *options):
        """A small file system of its own; a machine where that is not permitted skips the test."""
        directory = self.temp_dir()
        command = ["mount", "-t", "tmpfs", "-o", ",".join(("size=1m", *options)), "weir", directory]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            self.skipTest(f"no file system can be mounted here: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", directory], check=True)
        return directory


class RestartTest(StorageTest):
    def test_a_restart_loses_nothing(self):
        directory = self.temp_dir() / "state"
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text(HISTOGRAMS)
        flags = (f"--statsd.mapping-config={mapping}", "--threads=2")
        first = self.start_stored(directory, *flags)
        self.send(first, [b"hits:41.5|c|#env:prod", b"hits:1|c|#env:prod", b"temperature:-3|g",
                          b"size:10|h", b"size:30|h", b"latency.a:0.3|ms", b"latency.a:7|ms"])  # fmt: skip
        before = first.scrape()
        self.assertEqual(first.stop(), 0)

        second = self.start_stored(directory, *flags)
        after = second.scrape()
        for (name, labels), value in before.user_samples().items():
            if "quantile" not in dict(labels):
                self.assertEqual(after.samples.get((name, labels)), value, name)
        self.assertEqual(after.value("weir_storage_restored_series"), 5)
        self.assertLess(after.value("weir_storage_restored_age_seconds"), 60)
        second.wait_for_log("msg=Restored series=5 age=")
        # A gauge's delta goes on from the value before.
        with TcpSender(second.endpoint("tcp")) as sender:
            sender.send([b"temperature:-2|g", b"hits:0.5|c|#env:prod"])
        second.wait_for_value(-5, "temperature")
        second.wait_for_value(43, "hits", env="prod")

    def test_a_sample_that_waits_in_a_socket_at_the_end_survives(self):
        directory = self.temp_dir() / "state"
        first = self.start_stored(directory)
        with UdpSender(first.endpoint("udp")) as sender:
            first.process.send_signal(signal.SIGSTOP)
            sender.send([b"hits:7|c"])
            first.process.send_signal(signal.SIGTERM)
            first.process.send_signal(signal.SIGCONT)
        self.assertEqual(first.stop(), 0)
        self.assertEqual(self.start_stored(directory).scrape().value("hits"), 7)

    def test_what_no_page_has_shown_is_there_after_the_interval(self):
        directory = self.temp_dir() / "state"
        first = self.start_stored(directory, "--storage.interval=1s")
        self.send(first, [])
        stored = first.scrape().value("weir_storage_snapshots_total", outcome="success")
        with TcpSender(first.endpoint("tcp")) as sender:
            sender.send([b"hits:7|c"])
        first.wait_for(
            lambda seen: seen.value("weir_storage_snapshots_total", outcome="success") > stored + 1,
            "a snapshot that began later",
        )
        self.kill(first)
        self.assertEqual(self.start_stored(directory).scrape().value("hits"), 7)

    def test_a_damaged_file_is_set_aside_and_told(self):
        directory = self.temp_dir() / "state"
        first = self.start_stored(directory)
        self.send(first, [b"hits:5|c"])
        self.assertEqual(first.stop(), 0)
        snapshot = next(pathlib.Path(directory).glob("snapshot.*"))
        content = bytearray(snapshot.read_bytes())
        content[len(content) // 2] ^= 1
        snapshot.write_bytes(content)
        second = self.start_stored(directory)
        second.wait_for_log(f"A stored file was set aside.*file={snapshot} why=.it is damaged at byte")
        self.assertEqual(second.scrape().value("weir_storage_set_aside_files"), 1)
        self.assertIsNone(second.scrape().get("hits"))

    def test_without_the_flag_there_is_nothing_of_it(self):
        self.assertNotIn("weir_storage", self.start_exporter().get("/metrics").text)


class RefusalTest(StorageTest):
    def test_two_processes_can_not_have_one_directory(self):
        directory = self.temp_dir() / "state"
        self.start_stored(directory)
        self.assertIn("another process has this directory", self.refused(directory))

    def test_a_directory_that_is_read_only_is_an_error(self):
        directory = self.mounted("ro")
        self.assertIn("Read-only file system; give a directory", self.refused(directory))

    def test_a_directory_that_can_not_be_made_is_an_error(self):
        self.assertIn("No such file or directory", self.refused(self.temp_dir() / "missing" / "state"))


class FullDiskTest(StorageTest):
    LINES = [b"hits:1000|c", *(b"fill.%d:1|c" % i for i in range(300))]
    MORE = [b"hits:20|c", *(b"more.%d:1|c" % i for i in range(300))]

    def fill(self, directory):
        """Takes all the room there is; returns the file that has it."""
        filler = directory / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        return filler

    def start_full(self, *flags):
        directory = self.mounted()
        exporter = self.start_stored(directory / "state", *flags)
        exporter.wait_for(
            lambda seen: seen.value("weir_storage_snapshots_total", outcome="success") > 0, "a snapshot"
        )
        self.send(exporter, self.LINES)
        exporter.wait_for_value(1, "weir_storage_durable")
        filler = self.fill(directory)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send(self.MORE)
        return directory, filler, exporter

    def test_pages_are_answered_and_after_a_crash_counters_begin_at_0(self):
        directory, filler, exporter = self.start_full("--storage.interval=1h")
        exporter.wait_for_value(1020, "hits")
        exporter.wait_for_value(0, "weir_storage_durable")
        self.assertEqual(exporter.scrape().value("weir_storage_failures_total"), 1)
        exporter.wait_for_log("level=ERROR msg=.Pages are not durable.*No space left on device")
        self.kill(exporter)
        filler.unlink()
        second = self.start_stored(directory / "state")
        self.assertIsNone(second.scrape().get("hits"))

    def test_a_directory_that_is_gone_is_told(self):
        directory = self.temp_dir() / "state"
        exporter = self.start_stored(directory, "--storage.interval=1h")
        self.send(exporter, [b"hits:1|c"])
        exporter.wait_for_value(1, "weir_storage_durable")
        shutil.rmtree(directory)
        exporter.wait_for_value(0, "weir_storage_durable")
        exporter.wait_for_log("level=ERROR msg=.Pages are not durable.*No such file")

    def test_with_room_again_everything_is_durable(self):
        directory, filler, exporter = self.start_full("--storage.interval=1s")
        exporter.wait_for_value(1020, "hits")
        filler.unlink()
        exporter.wait_for_value(1, "weir_storage_durable")
        self.assertEqual(exporter.scrape().value("hits"), 1020)
        self.kill(exporter)
        self.assertEqual(self.start_stored(directory / "state").scrape().value("hits"), 1020)


class Load(threading.Thread):
    """Sends counters until it is stopped, to whoever listens, and counts what it sent."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.sender = UdpSender(endpoint)
        self.sent = 0
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            try:
                self.sent += 10
                self.sender.send([b"hits:1|c"] * 10 + [b"observed:1|ms"] * 10)
            except ConnectionRefusedError:
                pass  # nobody listens just now
            self.stopping.wait(0.001)

    def stop(self):
        self.stopping.set()
        self.join()
        self.sender.close()


class Watcher(threading.Thread):
    """Reads page after page, and remembers each counter that a later page showed with less."""

    NAMES = ("hits", "observed_count")

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.endpoint = endpoint
        self.pages = 0
        self.seen = dict.fromkeys(self.NAMES, 0)
        self.went_back = []
        self.stopping = threading.Event()

    def read(self):
        connection = http.client.HTTPConnection(*self.endpoint, timeout=20)
        try:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None  # it was killed, or is not there yet
        finally:
            connection.close()

    def run(self):
        while not self.stopping.is_set():
            text = self.read()
            if text is None:
                self.stopping.wait(0.002)
                continue
            self.pages += 1
            shown = page.parse(text)
            for name in self.NAMES:
                value = shown.get(name) or 0
                if value < self.seen[name]:
                    self.went_back.append(f"{name}: {self.seen[name]}, then {value}")
                self.seen[name] = value

    def stop(self):
        self.stopping.set()
        self.join()


class CrashTest(StorageTest):
    def increase(self, samples):
        """As increase() without extrapolation: a value that went back began at 0."""
        return sum(b if b < a else b - a for a, b in zip(samples, samples[1:]))

    def test_killed_at_any_instant_no_counter_goes_back(self):
        directory = self.temp_dir() / "state"
        seed = random.randrange(1 << 32)
        choice = random.Random(seed)
        exporter = self.start_stored(directory, "--threads=2", "--storage.interval=1s")
        addresses = [f"--{flag}={exporter.address(protocol)}" for flag, protocol in ADDRESSES]
        self.send(exporter, [b"hits:%d|c" % BASE])
        prometheus = Prometheus({"weir": [exporter.address("http")]})
        self.addCleanup(prometheus.stop)
        load = Load(exporter.endpoint("udp"))
        watcher = Watcher(exporter.endpoint("http"))
        load.start()
        watcher.start()
        for _ in range(KILLS):
            pages = watcher.pages
            wait_until(lambda: watcher.pages > pages, "a page")
            time.sleep(choice.uniform(0, 0.8))  # the instant; nothing is awaited
            self.kill(exporter)
            exporter = self.start_stored(directory, "--threads=2", "--storage.interval=1s", *addresses)
        load.stop()
        last = exporter.wait_for(lambda seen: seen.get("hits") == watcher.seen["hits"], "no more")
        watcher.stop()
        self.assertEqual(watcher.went_back, [], f"seed {seed}")
        self.assertLessEqual(last.value("hits"), BASE + load.sent)

        # On a busy machine a scrape may take longer than Prometheus gives it, and is not stored.
        wait_until(lambda: (prometheus.value("count_over_time(hits[1h])") or 0) > 5, "six scrapes")
        at = prometheus.settled("weir")
        stored = prometheus.samples('hits{job="weir"}[1h]', at)
        self.assertLessEqual(self.increase(stored), load.sent, f"seed {seed}")
        self.assertEqual(prometheus.value("resets(hits[1h])"), 0)
        self.assertLess(prometheus.value("increase(hits[1h])"), BASE)
