"""Downstreams that are listed in files beside the configuration, and what the flags say of all that
is discovered."""

import collections
import json
import subprocess

from discovery_case import NAME, SERVICE, DiscoveryTest
from fake_dns import A, SRV
from harness import ROUTER, wait_until
from router_case import made_lines


class FileTest(DiscoveryTest):
    def setUp(self):
        super().setUp()
        self.targets = self.temp_dir()

    def put(self, name, content):
        """As everybody should: written beside it, and renamed over it."""
        text = content if isinstance(content, str) else json.dumps(content)
        new = self.targets / ".new"
        new.write_text(text)
        new.rename(self.targets / name)

    def start_file(self, pattern, *entries, **keys):
        # No second look by the clock: what is seen is seen by the watch.
        keys.setdefault("resolver", {"interval": "1h"})
        return self.start_with({"file": str(self.targets / pattern), "health": "none"}, *entries, **keys)

    def start_listed(self, names="abc"):
        nodes = {node.label: node for node in self.start_nodes(len(names), health=None)}
        return nodes, {name: node.data.address for name, node in nodes.items()}

    def test_targets_of_json_and_yaml_are_downstreams(self):
        nodes, addresses = self.start_listed()
        self.put("a.json", [{"targets": [addresses["a"], addresses["b"]], "labels": {"env": "x"}}])
        self.put("c.yml", f"- targets: ['{addresses['c']}']\n")
        self.start_file("*.[jy]*")
        self.expect(nodes, addresses)
        self.wait_found(*addresses.values())
        self.send_and_check(made_lines(600))
        self.check_conserved(600)

    def test_a_file_that_is_replaced_is_read_at_once(self):
        nodes, addresses = self.start_listed()
        self.put("t.json", [{"targets": [addresses["a"]]}])
        self.start_file("t.json")
        self.expect(nodes, addresses)
        for names in ("abc", "bc", "ac", "a"):
            with self.subTest(names):
                self.put("t.json", [{"targets": [addresses[name] for name in names]}])
                self.wait_found(*(addresses[name] for name in names))
                live = {addresses[name] for name in names}
                self.send_and_check(made_lines(200, names), live=live)
        self.check_conserved(800)

    def test_labels_and_weights_of_a_file_count(self):
        nodes, addresses = self.start_listed("ab")
        groups = [
            {"targets": [addresses["a"]], "labels": {"__label__": "first", "__weight__": "5"}},
            {"targets": [addresses["b"]], "labels": {"__label__": "second"}},
        ]
        self.put("t.json", groups)
        self.start_file("t.json")
        self.expect(nodes, {"a": "first", "b": "second"})
        for entry in self.config["downstreams"]:
            entry["weight"] = 5 if entry["label"] == "first" else 1
        sent = 600
        self.send_and_check(made_lines(sent))
        # The address moves, the label and so the keys stay.
        other = self.start_node("c", health=None)
        groups[1]["targets"] = [other.data.address]
        self.put("t.json", groups)
        sender = self.sender()

        def has_moved():
            nonlocal sent
            sender.send(made_lines(50, "probe"))
            sent += 50
            return other.data.count > 0

        wait_until(has_moved, "the new address is sent to")
        everyone = [*nodes.values(), other]
        wait_until(lambda: sum(node.data.count for node in everyone) == sent, "all have come")
        self.nodes["second"] = other
        self.send_and_check(made_lines(300, "behind"))

    def test_a_bad_file_keeps_its_targets_and_others_go_on(self):
        nodes, addresses = self.start_listed()
        self.put("a.json", [{"targets": [addresses["a"]]}])
        self.put("b.json", [{"targets": [addresses["b"]]}])
        self.start_file("*.json")
        self.expect(nodes, addresses)
        torn = json.dumps([{"targets": [addresses["a"], addresses["c"]]}])[:-9]
        bad = (torn, "", "{}", "[1]", "[{targets: [nowhere]}]", "[{targets: ['a:1'], label: {}}]")
        for number, text in enumerate(bad):
            with self.subTest(text):
                before = self.answers("failure")
                self.put("a.json", text)
                self.wait_page(lambda page: self.answers("failure", page) > before, "a failure")
                self.router.wait_for_log(r"last known downstreams stay.*a\.json")
                live = {addresses["a"], addresses["b"]}
                self.send_and_check(made_lines(100, f"bad{number}"), live=live)
        self.put("b.json", [{"targets": [addresses["b"], addresses["c"]]}])
        self.wait_found(*addresses.values())
        self.check_conserved(100 * len(bad))

    def test_a_file_that_goes_takes_its_targets_along_but_the_last_one_does_not(self):
        nodes, addresses = self.start_listed("ab")
        self.put("a.json", [{"targets": [addresses["a"]]}])
        self.put("b.json", [{"targets": [addresses["b"]]}])
        self.start_file("*.json")
        self.expect(nodes, addresses)
        self.wait_found(*addresses.values())
        (self.targets / "a.json").unlink()
        self.wait_found(addresses["b"])
        (self.targets / "b.json").unlink()
        self.wait_page(lambda page: self.answers("empty", page) > 0, "an empty answer")
        self.wait_found(addresses["b"])
        self.put("b.json", "[]")
        self.wait_page(lambda page: self.answers("empty", page) > 1, "another")
        self.send_and_check(made_lines(100), live={addresses["b"]})

    def test_listed_and_found_downstreams_go_together(self):
        nodes, addresses = self.start_listed()
        self.put("t.json", [{"targets": [addresses["b"], addresses["c"]]}])
        self.start_file("t.json", {"address": addresses["a"], "health": "none"})
        self.expect(nodes, addresses)
        self.send_and_check(made_lines(300))
        self.put("t.json", [{"targets": [addresses["a"], addresses["b"]]}])  # one of them twice
        self.wait_found(addresses["a"], addresses["b"])
        self.router.wait_for_log("level=WARN.*left out")
        self.send_and_check(made_lines(100, "two"), live={addresses["a"], addresses["b"]})

    def test_names_in_files_are_resolved(self):
        nodes = self.start_hosts("a")
        self.dns.set(f"a.{NAME}", A, ["127.0.0.2"])
        label = f"a.{NAME}:{self.port(nodes['a'])}"
        self.put("t.yml", f"- targets: ['{label}']\n")
        self.start_file("t.yml", resolver={"address": self.dns.address, "interval": "1h"})
        self.expect(nodes, {"a": label})
        self.send_and_check(made_lines(100))
        self.check_conserved(100)


class CommandTest(DiscoveryTest):
    def run_router(self, config, *flags):
        path = self.temp_dir() / "router.yml"
        path.write_text(json.dumps(config))
        return subprocess.run([ROUTER, path, *flags], capture_output=True, text=True, timeout=60)

    def test_locate_finds_downstreams_first(self):
        self.dns.set(SERVICE, SRV, [(f"a.{NAME}", 1), (f"b.{NAME}", 2)])
        config = {"resolver": {"address": self.dns.address}, "downstreams": [{"srv": SERVICE}]}
        done = self.run_router(config, "--locate", *(f"name{i}" for i in range(40)))
        self.assertEqual(done.returncode, 0, done.stderr)
        owners = collections.Counter(line.split()[1] for line in done.stdout.splitlines())
        self.assertEqual(set(owners), {f"a.{NAME}:1", f"b.{NAME}:2"})
        self.dns.mood = "nxdomain"
        done = self.run_router(config, "--locate", "a")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"srv: nothing was found at `{SERVICE}`", done.stderr)

    def test_checking_reads_the_files_and_asks_nobody(self):
        targets = self.temp_dir() / "t.yml"
        targets.write_text("- targets: ['a:1']\n- targets: [b]\n")
        config = {
            "resolver": {"address": self.dns.address},
            "downstreams": [{"srv": SERVICE}, {"file": str(targets)}],
        }
        done = self.run_router(config, "--check-config")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{targets}:2:13: targets: `b` is not host:port", done.stderr)
        targets.write_text("- targets: ['a:1']\n")
        done = self.run_router(config, "--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("valid: 0 downstreams and 2 sources of more.", done.stdout)
        self.assertEqual(self.dns.questions, [])
