"""Reading the configuration again under load: nothing is lost, and what is bad changes nothing."""

import collections
import signal

from harness import wait_until
from router_case import Load, RouterTest, batches, made_lines
from router_page import DROPPED, HELD, LAST_RELOAD, RELOADS, SENT_LINES

LOADED = "Loaded the configuration"


class ReloadTest(RouterTest):
    def reload(self, nodes, **keys):
        self.config = self.config_of(nodes, **keys)
        answer = self.router.reload(self.config)
        self.assertEqual(answer.status, 200, answer.text)

    def check_under_load(self, change, nodes, **keys):
        """Runs change() while two clients send; every line arrives once, and then in place."""
        self.start_before(nodes, **keys)
        loads = [Load(self.sender("udp"), "udp"), Load(self.sender("tcp"), "tcp")]
        self.wait_arrived(500)
        change()
        self.wait_arrived(500, self.counts())
        lines = [line for load in loads for line in load.stop()]
        self.wait_arrived(len(lines))
        got = sum(self.received().values(), collections.Counter())
        self.assertEqual(got, collections.Counter(lines))
        self.send_and_check(made_lines(600, "settled"))
        self.check_conserved(len(lines) + 600)

    def add(self, node):
        self.nodes[node.label] = node

    def test_a_node_that_is_added_gets_its_keys(self):
        nodes, more = self.start_nodes(2), self.start_node("new")

        def change():
            self.add(more)
            self.reload([*nodes, more])

        self.check_under_load(change, nodes)

    def test_a_node_that_is_removed_loses_nothing(self):
        nodes = self.start_nodes(3)

        def change():
            self.reload([nodes[0], nodes[2]])
            gone = nodes[1].data
            last = -1
            while gone.count != last:  # what it was sent before is still on its way
                last = gone.count
                self.page()

        self.check_under_load(change, nodes)

    def test_the_order_of_the_nodes_is_nothing_to_slots_and_all_to_hulu(self):
        for placement in ("slots", "hulu"):
            with self.subTest(placement):
                nodes = self.start_nodes(3)
                self.check_under_load(
                    lambda: self.reload(nodes[::-1], placement=placement), nodes, placement=placement
                )

    def test_weights_come_into_force(self):
        nodes = self.start_nodes(3)

        def change():
            self.config = self.config_of(nodes)
            for entry, weight in zip(self.config["downstreams"], (1, 5, 2)):
                entry["weight"] = weight
            self.assertEqual(self.router.reload(self.config).status, 200)

        self.check_under_load(change, nodes)

    def test_another_placement_comes_into_force(self):
        nodes = self.start_nodes(3)
        self.check_under_load(lambda: self.reload(nodes, placement="etsy"), nodes)

    def test_another_mtu_comes_into_force(self):
        nodes = self.start_nodes(3)
        self.check_under_load(lambda: self.reload(nodes, mtu=200), nodes)
        longest = max(
            len(packet) for node in nodes for packet in node.data.datagrams if b"settled" in packet
        )
        self.assertLessEqual(longest, 200)

    def test_an_address_that_changes_behind_a_label_is_followed(self):
        nodes, other = self.start_nodes(2), self.start_node("other")

        def change():
            config = self.config_of(nodes)
            config["downstreams"][1].update(
                address=other.data.address, health=other.health.address
            )
            before = nodes[1]
            self.assertEqual(self.router.reload(config).status, 200)
            # From now on `b` is the other; what the old one got counts with it.
            wait_until(lambda: other.data.count > 0, "the new address is sent to")
            self.add(other)
            self.moved = before

        self.start_before(nodes)
        load = Load(self.sender())
        self.wait_arrived(300)
        change()
        lines = load.stop()
        self.wait_arrived(len(lines))
        owners = self.owners(lines)
        got = self.received()
        self.assertEqual(got["a"], owners["a"])
        self.assertEqual(got["b"] + got["other"], owners["b"])

    def test_what_is_held_for_a_dead_node_outlives_another_mtu(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes, on_down="hold")
        nodes[1].health.set("fin")
        self.wait_up("b", False)
        lines = made_lines(600)
        held = self.owners(lines)["b"].total()
        self.send_all(lines)
        self.wait_page(lambda page: page.of(HELD, "b") == held, f"{held} lines held")
        self.reload(nodes, on_down="hold", mtu=1000)
        nodes[1].health.set("up")
        self.check_placed(lines)
        self.check_conserved(600)

    def test_many_reloads_one_after_another_lose_nothing(self):
        nodes = self.start_nodes(4)

        def change():
            for i in range(30):
                some = nodes[i % 4 :] + nodes[: i % 3]
                self.reload(list({id(node): node for node in some}.values()), mtu=500 + i)
            self.reload(nodes)

        self.check_under_load(change, nodes)
        # The file is watched as well, and sometimes there is a pause in which that shows.
        self.assertGreaterEqual(self.page().page.value(RELOADS, outcome="success"), 31)


class TriggerTest(RouterTest):
    def start(self):
        self.both = self.start_nodes(2)
        self.start_before(self.both[:1])
        self.nodes["b"] = self.both[1]
        self.config = self.config_of(self.both)

    def test_a_hang_up_reads_it(self):
        self.start()
        self.router.write(self.config)
        self.router.process.send_signal(signal.SIGHUP)
        self.router.wait_for_log(LOADED)
        self.send_and_check(made_lines(200))

    def test_a_change_of_the_file_is_noticed(self):
        self.start()
        self.router.write(self.config)
        self.router.wait_for_log(LOADED)
        self.send_and_check(made_lines(200))

    def test_the_page_asks_for_post(self):
        self.start()
        self.assertEqual(self.router.get("/-/reload").status, 405)
        self.assertEqual(self.router.request("PUT", "/-/reload").status, 200)

    def test_a_hang_up_without_a_change_changes_nothing(self):
        self.start_before(self.start_nodes(3))
        first = self.page()
        lines = []
        sender = self.sender()
        for part in range(20):
            self.router.process.send_signal(signal.SIGHUP)
            lines += made_lines(50, f"part{part}")
            for some in batches(lines[-50:], 10):
                sender.send(some)
        self.router.wait_for_log(LOADED)
        self.check_placed(lines)
        page = self.page()
        self.assertEqual(page.fingerprint, first.fingerprint)
        self.assertEqual(page.total(DROPPED), 0)

    def test_without_a_file_a_hang_up_is_harmless(self):
        node = self.start_node("a", health=None)
        self.router = self.start_router(None, f"--downstream={node.data.address}")
        self.router.process.send_signal(signal.SIGHUP)
        self.router.wait_for_log("Nothing to reload")
        self.sender().send([b"still:1|c"])
        node.data.wait_for(1)


class BadConfigTest(RouterTest):
    BAD = (
        "downstreams: [",
        "downstreams: []",
        "placement: nowhere\ndownstreams: ['127.0.0.1:1']",
        "downstreams: [{address: '127.0.0.1:1', weight: 0}]",
        "downstreams: [{address: '127.0.0.1:1', label: x}, {address: '127.0.0.1:2', label: x}]",
        "mtu: 0\ndownstreams: ['127.0.0.1:1']",
        "",
        "\xff\xfe",
        "key: mapped\nmapping: /does/not/exist.yml\ndownstreams: ['127.0.0.1:1']",
    )

    def test_a_bad_configuration_keeps_the_old_one(self):
        self.start_before(self.start_nodes(3))
        fingerprint = self.page().fingerprint
        for number, text in enumerate(self.BAD):
            with self.subTest(text):
                answer = self.router.reload(text)
                self.assertEqual(answer.status, 500)
                named = "/does/not/exist.yml" if "exist" in text else str(self.router.file)
                self.assertIn(named, answer.text)
                self.send_and_check(made_lines(100, f"bad{number}"))
        page = self.page()
        self.assertEqual(page.fingerprint, fingerprint)
        self.assertEqual(page.page.value(LAST_RELOAD), 0)
        # The file watch may have tried it a second time.
        failures = page.page.value(RELOADS, outcome="failure")
        self.assertGreaterEqual(failures, len(self.BAD))
        self.assertEqual(self.router.reload(self.config).status, 200)
        self.assertEqual(self.page().page.value(LAST_RELOAD), 1)
        self.check_conserved(100 * len(self.BAD))

    def test_a_key_that_needs_a_restart_is_named(self):
        self.start_before(self.start_nodes(1), threads=1)
        for key, value in (("threads", 3), ("read_buffer", "1MiB"), ("listen", {"tcp": ""})):
            with self.subTest(key):
                self.assertEqual(self.router.reload({**self.config, key: value}).status, 200)
                self.router.wait_for_log(f"level=WARN.*{key}")
        self.send_and_check(made_lines(50))

    def test_a_node_that_stays_keeps_its_counters_and_one_that_goes_keeps_its_sum(self):
        nodes = self.start_nodes(2)
        self.start_before(nodes)
        self.send_and_check(made_lines(100))
        sent = self.page().total(SENT_LINES)
        self.assertEqual(sent, 100)
        self.assertEqual(self.router.reload(self.config_of(nodes[:1])).status, 200)
        page = self.page()
        self.assertEqual(page.of(SENT_LINES, "a"), nodes[0].data.count)
        self.assertEqual(page.total(SENT_LINES), 100)
