"""Reloading the mapping files: how it is asked for, what a bad file does, and that nothing is lost."""

import os
import shutil
import signal
import subprocess
import threading

from mapped import MappedTest
from senders import UdpSender

RELOADS = "statsd_exporter_config_reloads_total"

OLD_RULES = """\
mappings:
- match: old.*
  name: by_old_rule
  labels: {what: $1}
"""
NEW_RULES = """\
mappings:
- match: old.*
  name: by_old_rule
  labels: {what: $1}
- match: new.*
  name: by_new_rule
  labels: {what: $1}
"""
# The error stands in line 3 at column 3.
BAD_RULES = """\
mappings:
- match: old.*
  nam e
"""


class ReloadTest(MappedTest):
    def start_old(self, *flags):
        exporter = self.start_mapped(OLD_RULES, *flags)
        self.send(exporter, "old.a:5|c", "new.b:2|c")
        return exporter

    def check_reloaded(self, exporter, successes=1):
        """The new rules are in force; the series there were, and their values, stay."""
        page = exporter.wait_for_value(successes, RELOADS, outcome="success")
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 2)
        self.assertEqual(page.value("by_old_rule", what="a"), 5)
        page = self.send(exporter, "old.a:1|c", "new.b:3|c")
        self.assertEqual(page.value("by_old_rule", what="a"), 6)
        self.assertEqual(page.value("by_new_rule", what="b"), 3)
        self.assertEqual(page.value("new_b"), 2)


class ReloadRequestTest(ReloadTest):
    def test_a_hang_up_signal_loads_the_new_rules(self):
        exporter = self.start_old()
        self.write(NEW_RULES)
        exporter.process.send_signal(signal.SIGHUP)
        self.check_reloaded(exporter)

    def test_a_post_loads_the_new_rules_before_it_is_answered(self):
        exporter = self.start_old("--web.enable-lifecycle")
        self.write(NEW_RULES)
        answer = exporter.request("POST", "/-/reload")
        self.assertEqual((answer.status, answer.text), (200, "Requesting reload"))
        self.assertEqual(exporter.scrape().value(RELOADS, outcome="success"), 1)
        self.check_reloaded(exporter)

    def test_several_threads_all_have_the_new_rules_when_a_post_is_answered(self):
        exporter = self.start_old("--web.enable-lifecycle", "--threads=4")
        self.write(NEW_RULES)
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        senders = [UdpSender(exporter.endpoint("udp")) for _ in range(20)]
        for sender in senders:
            self.addCleanup(sender.close)
            sender.send([b"new.b:1|c"])
        page = exporter.wait_for_value(len(senders), "by_new_rule", what="b")
        self.assertEqual(page.value("new_b"), 2)

    def test_a_directory_is_read_anew(self):
        self.write(OLD_RULES, "a.yml")
        exporter = self.start_exporter(
            f"--statsd.mapping-config={self.directory}", "--web.enable-lifecycle"
        )
        self.send(exporter, "new.b:2|c")
        self.write("mappings: [{match: new.*, name: by_new_rule}]", "b.yml")
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        page = self.send(exporter, "new.b:3|c")
        self.assertEqual(page.value("by_new_rule"), 3)
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 2)


class WatchTest(ReloadTest):
    def start_kubernetes(self):
        """A mount as the kubelet makes it: mapping.yml -> ..data/mapping.yml, ..data -> a directory."""
        self.write_version("..old", OLD_RULES)
        os.symlink("..old", self.directory / "..data")
        os.symlink("..data/mapping.yml", self.directory / "mapping.yml")

    def write_version(self, name, rules):
        (self.directory / name).mkdir()
        self.write(rules, f"{name}/mapping.yml")

    def swap_kubernetes(self):
        self.write_version("..new", NEW_RULES)
        os.symlink("..new", self.directory / "..data_tmp")
        os.rename(self.directory / "..data_tmp", self.directory / "..data")
        shutil.rmtree(self.directory / "..old")

    def test_a_file_written_in_place_is_loaded(self):
        exporter = self.start_old("--watch-config")
        self.write(NEW_RULES)
        self.check_reloaded(exporter)

    def test_a_file_renamed_over_the_old_one_is_loaded(self):
        exporter = self.start_old("--watch-config")
        os.rename(self.write(NEW_RULES, "mapping.yml.tmp"), self.directory / "mapping.yml")
        self.check_reloaded(exporter)

    def check_kubernetes(self, path):
        self.start_kubernetes()
        exporter = self.start_exporter(f"--statsd.mapping-config={path}", "--watch-config")
        self.send(exporter, "old.a:5|c", "new.b:2|c")
        self.swap_kubernetes()
        self.check_reloaded(exporter)

    def test_the_swap_of_a_kubernetes_mount_is_loaded(self):
        self.check_kubernetes(self.directory / "mapping.yml")

    def test_the_swap_of_a_kubernetes_mount_given_as_a_directory_is_loaded(self):
        self.check_kubernetes(self.directory)

    def test_one_change_after_another_is_loaded(self):
        exporter = self.start_old("--watch-config")
        for reloads in range(1, 4):
            self.write(f"mappings: [{{match: m.*, name: made_{reloads}}}]")
            exporter.wait_for_value(reloads, RELOADS, outcome="success")
            page = self.send(exporter, "m.x:1|c")
            self.assertEqual(page.value(f"made_{reloads}"), 1)

    def test_a_bad_file_is_mended_by_the_next_good_one(self):
        exporter = self.start_old("--watch-config")
        self.write(BAD_RULES)
        page = exporter.wait_for_value(1, RELOADS, outcome="failure")
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 1)
        self.write(NEW_RULES)
        self.check_reloaded(exporter)

    def test_without_the_flag_no_change_is_loaded(self):
        exporter = self.start_old()
        watching = self.start_old("--watch-config")
        self.write(NEW_RULES)
        self.check_reloaded(watching)
        page = exporter.scrape()
        self.assertEqual(page.sum(RELOADS), 0)
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 1)

    def test_a_bind_mounted_file_is_told_of_once(self):
        unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--mount", "-r"]
        source = self.write(OLD_RULES, "source.yml")
        target = self.write("", "mapping.yml")
        # A shell in a namespace of its own mounts there and becomes the exporter.
        command = f'mount --bind "{source}" "{target}" && exec "$0" "$@"'
        probe = subprocess.run([*unshare, "sh", "-c", command, "true"], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("this machine lets nobody mount")
        exporter = self.start_exporter(
            f"--statsd.mapping-config={target}",
            "--watch-config",
            prefix=(*unshare, "sh", "-c", command),
        )
        told = exporter.wait_for_log("level=WARN.*changes of the mapping files will not be seen.*")
        self.assertIn(str(target), told.group(0))
        for _ in range(2):
            exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for(lambda page: page.get(RELOADS, outcome="success"), "a reload")
        self.assertEqual(sum("will not be seen" in line for line in exporter.log), 1)


class BadFileTest(ReloadTest):
    def check_refused(self, exporter, failures, *says):
        answer = exporter.request("POST", "/-/reload")
        self.assertEqual(answer.status, 500)
        for text in says:
            self.assertIn(text, answer.text)
        page = self.send(exporter, "old.a:1|c")
        self.assertEqual(page.value(RELOADS, outcome="failure"), failures)
        self.assertIsNone(page.get(RELOADS, outcome="success"))
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 1)
        self.assertEqual(page.value("by_old_rule", what="a"), 5 + failures)
        logged = exporter.wait_for_log("level=ERROR.*the old rules stay in force.*").group(0)
        self.assertIn(str(self.directory / "mapping.yml"), logged)

    def test_the_old_rules_stay_and_the_answer_names_the_place(self):
        exporter = self.start_old("--web.enable-lifecycle")
        path = self.write(BAD_RULES)
        self.check_refused(exporter, 1, f"{path}:3:")
        self.write(NEW_RULES + "- match: broken\n  name: b-c\n- match: a**b\n  ttl: soon\n")
        self.check_refused(exporter, 2, f"{path}:9:9: ", "b-c", f"{path}:10:10: ", f"{path}:11:8: ", "soon")
        path.unlink()
        self.check_refused(exporter, 3, str(path))

    def test_a_good_file_after_a_bad_one_is_loaded(self):
        exporter = self.start_old("--web.enable-lifecycle")
        self.write(BAD_RULES)
        self.check_refused(exporter, 1)
        self.write(NEW_RULES)
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        page = exporter.scrape()
        self.assertEqual(page.value(RELOADS, outcome="failure"), 1)
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 2)

    def test_a_signal_with_a_bad_file_is_counted_and_logged(self):
        exporter = self.start_old()
        path = self.write(BAD_RULES)
        exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for_log(rf"level=ERROR.*{path}:3:\d+")
        exporter.wait_for_value(1, RELOADS, outcome="failure")


class ReloadedTtlTest(ReloadTest):
    def test_a_changed_ttl_reaches_series_that_live(self):
        exporter = self.start_mapped(
            "mappings: [{match: a, name: mapped, ttl: 1h}, {match: b, name: stays}]",
            "--web.enable-lifecycle",
        )
        self.send(exporter, "a:1|c", "b:1|c", "unmapped:1|c")
        self.write("mappings: [{match: a, name: mapped, ttl: 1s}, {match: b, name: stays}]")
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        page = exporter.wait_for(lambda page: page.get("mapped") is None, "mapped to go")
        self.assertEqual(page.user_families(), {"stays": "counter", "unmapped": "counter"})
        self.write("defaults: {ttl: 1s}\nmappings: [{match: b, name: stays, ttl: 0}]")
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        page = exporter.wait_for(lambda page: page.get("unmapped") is None, "unmapped to go")
        self.assertEqual(page.user_families(), {"stays": "counter"})

    def test_a_name_that_a_reload_renames_ages_out_under_its_old_ttl(self):
        exporter = self.start_mapped(
            "mappings: [{match: a, name: before, ttl: 1s}]", "--web.enable-lifecycle"
        )
        self.send(exporter, "a:1|c")
        self.write("mappings: [{match: a, name: after}]")
        self.assertEqual(exporter.request("POST", "/-/reload").status, 200)
        self.send(exporter, "a:2|c")
        page = exporter.wait_for(lambda page: page.get("before") is None, "before to go")
        self.assertEqual(page.value("after"), 2)


class ReloadUnderLoadTest(MappedTest):
    """Two sets of rules take turns; one family of theirs stays and the other is renamed each time."""

    LINES = 300_000
    CLIENTS = 4
    ROUND_LINES = 800
    NAMES = 50
    RELOADS = 20
    RULES = """\
mappings:
- match: load.*.kept.*
  name: kept_total
  labels: {client: $1, name: $2}
- match: load.*.moved.*
  name: moved_by_%s_total
  labels: {client: $1, name: $2}
"""

    def start_loaded(self, *flags):
        self.rules = 0
        return self.start_mapped(self.RULES % "even", "--web.enable-lifecycle", *flags)

    def reload(self, exporter):
        self.rules += 1
        self.write(self.RULES % ("odd" if self.rules % 2 else "even"))
        answer = exporter.request("POST", "/-/reload")
        self.assertEqual((answer.status, answer.text), (200, "Requesting reload"))

    def send_load(self, exporter, sent):
        """Sends LINES lines in rounds that the smallest usual socket buffer holds, each awaited."""
        senders = [UdpSender(exporter.endpoint("udp")) for _ in range(self.CLIENTS)]
        for first in range(0, self.LINES, self.ROUND_LINES):
            for client, sender in enumerate(senders):
                lines = []
                for number in range(first // self.CLIENTS, (first + self.ROUND_LINES) // self.CLIENTS):
                    kind = "kept" if number % 2 else "moved"
                    key = (kind, str(client), str(number % self.NAMES))
                    sent[key] = sent.get(key, 0) + 1
                    lines.append(f"load.{client}.{kind}.{number % self.NAMES}:1|c".encode())
                for begin in range(0, len(lines), 25):
                    sender.send(lines[begin:begin + 25])
            exporter.wait_for(
                lambda page: page.value("statsd_exporter_lines_total") >= first + self.ROUND_LINES,
                f"{first + self.ROUND_LINES} lines received",
            )
        for sender in senders:
            sender.close()

    def check_conserved(self, *flags):
        exporter = self.start_loaded(*flags)
        sent = {}
        failures = []

        def run():
            try:
                self.send_load(exporter, sent)
            except AssertionError as failure:
                failures.append(failure)

        load = threading.Thread(target=run)
        load.start()
        for reload in range(self.RELOADS):
            wanted = reload * self.LINES // self.RELOADS
            exporter.wait_for(
                lambda page: failures or page.value("statsd_exporter_lines_total") >= wanted,
                f"{wanted} lines received",
            )
            self.reload(exporter)
        load.join()
        self.assertEqual(failures, [])
        page = exporter.wait_for(
            lambda page: page.value("weir_samples_applied_total") == self.LINES, "all samples applied"
        )
        self.check_sums(page, sent)
        self.assertEqual(page.value(RELOADS, outcome="success"), self.RELOADS)
        self.assertEqual(page.value("statsd_exporter_events_unmapped_total"), 0)

    def check_sums(self, page, sent):
        applied = {}
        for (name, labels), value in page.user_samples().items():
            labels = dict(labels)
            key = (name.split("_")[0], labels["client"], labels["name"])
            applied[key] = applied.get(key, 0) + value
        self.assertEqual(sum(applied.values()), self.LINES)
        self.assertEqual(applied, sent)
        self.assertEqual(
            page.user_families(),
            dict.fromkeys(("kept_total", "moved_by_even_total", "moved_by_odd_total"), "counter"),
        )

    def test_reloads_lose_no_line_and_no_series(self):
        self.check_conserved()

    def test_reloads_lose_no_line_and_no_series_on_several_threads(self):
        self.check_conserved("--threads=4")
