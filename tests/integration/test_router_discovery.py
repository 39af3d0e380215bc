"""Downstreams that are found by SRV records and by addresses of a name: real DNS, real sockets."""

import json
import unittest

from discovery_case import FOUND, NAME, SERVICE, DiscoveryTest
from fake_dns import A, AAAA, BAD_MOODS, EMPTY_MOODS, SRV
from harness import wait_until
from router_case import Load, made_lines


class SrvTest(DiscoveryTest):
    def test_each_target_is_a_downstream_by_its_name(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        self.send_and_check(made_lines(600))
        page = self.page()
        self.assertEqual(page.page.value(FOUND, kind="srv", source=SERVICE), 3)
        self.assertEqual(page.in_ring(), set(labels.values()))
        self.check_conserved(600)

    def test_a_dead_one_leaves_the_ring_and_stays_discovered(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        nodes["b"].health.set("fin")
        self.wait_up(labels["b"], False)
        self.send_and_check(made_lines(300), live={labels["a"], labels["c"]})

    def test_one_that_appears_gets_its_keys_and_no_line_is_lost(self):
        nodes, labels = self.start_srv(published="ab")
        self.expect({name: nodes[name] for name in "ab"}, labels)
        self.send_and_check(made_lines(300, "before"))
        self.expect(nodes, labels)
        load = Load(self.sender())
        self.publish(nodes)
        self.wait_found(*labels.values())
        lines = load.stop()
        self.wait_arrived(300 + len(lines))
        self.send_and_check(made_lines(300, "behind"))
        self.check_conserved(600 + len(lines))

    def test_one_that_vanishes_gives_up_its_keys_and_no_line_is_lost(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        load = Load(self.sender())
        self.wait_arrived(300)
        self.publish(nodes, "ac")
        self.wait_found(labels["a"], labels["c"])
        lines = load.stop()
        self.wait_arrived(len(lines))
        self.send_and_check(made_lines(300, "behind"), live={labels["a"], labels["c"]})
        self.check_conserved(len(lines) + 300)

    def test_one_that_comes_back_gets_exactly_its_keys(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        fingerprint = self.page().fingerprint
        self.publish(nodes, "ac")
        self.wait_found(labels["a"], labels["c"])
        self.publish(nodes)
        self.assertEqual(self.wait_found(*labels.values()).fingerprint, fingerprint)
        self.send_and_check(made_lines(600))

    def test_the_order_of_answers_is_nothing_to_placement(self):
        nodes, labels = self.start_srv("abcdef")  # the server shuffles them each time
        self.expect(nodes, labels)
        self.start_other = self.start_router(json.loads(self.router.file.read_text()))
        fingerprint = self.page().fingerprint
        self.wait_answers("success", 20)
        self.assertEqual(self.page().fingerprint, fingerprint)
        self.assertIn(fingerprint, self.start_other.get("/metrics").text)
        self.assertEqual(len(self.router.logged("msg=\"?Discovered")), 1)
        self.send_and_check(made_lines(600))

    def test_an_address_that_changes_behind_a_target_is_followed_and_no_key_moves(self):
        nodes, labels = self.start_srv("abc", published="ab")
        both = {name: nodes[name] for name in "ab"}
        self.expect(both, labels)
        fingerprint = self.page().fingerprint
        self.dns.set(f"b.{NAME}", A, [nodes["c"].data.address.rpartition(":")[0]])
        both["b"] = nodes["c"]
        sender = self.sender()

        def has_moved():
            sender.send(made_lines(50, "probe"))
            return nodes["c"].data.count > 0

        wait_until(has_moved, "the new address is sent to")
        self.expect(both, labels)
        self.assertEqual(self.page().fingerprint, fingerprint)

    def test_more_targets_than_a_datagram_holds_are_asked_for_over_tcp(self):
        nodes = self.start_hosts("a")
        port = self.port(nodes["a"])
        many = [f"node-{number}.{NAME}" for number in range(60)]
        for name in many:
            self.dns.set(name, A, ["127.0.0.2"])
        self.dns.set(SERVICE, SRV, [(name, port) for name in many])
        self.start_with(self.entry(nodes, srv=SERVICE))
        self.wait_found(*(f"{name}:{port}" for name in many))
        self.assertGreater(self.dns.tcp_questions, 0)
        self.send_all(made_lines(600))
        nodes["a"].data.wait_for(600)

    def test_names_count_in_lower_case(self):
        nodes = self.start_hosts("a")
        port = self.port(nodes["a"])
        self.dns.set(f"a.{NAME}", A, ["127.0.0.2"])
        self.dns.set(SERVICE, SRV, [("A.Nodes.TEST", port)])
        self.start_with(self.entry(nodes, srv=SERVICE))
        self.wait_found(f"a.{NAME}:{port}")

    def test_a_server_is_asked_over_ipv6(self):
        try:
            self.dns = self.start_dns(host="::1")
        except OSError:
            raise unittest.SkipTest("this machine has no IPv6 loopback") from None
        nodes, labels = self.start_srv("ab")
        self.expect(nodes, labels)
        self.send_and_check(made_lines(100))


class AddressTest(DiscoveryTest):
    def start_dns_name(self, names="abc"):
        nodes = self.start_hosts(names)
        addresses = {name: node.data.address for name, node in nodes.items()}
        port = self.port(next(iter(nodes.values())))
        self.dns.set(NAME, A, [address.rpartition(":")[0] for address in addresses.values()])
        self.start_with(self.entry(nodes, dns=f"{NAME}:{port}"))
        return nodes, addresses

    def test_each_address_is_a_downstream(self):
        nodes, addresses = self.start_dns_name()
        self.expect(nodes, addresses)
        self.send_and_check(made_lines(600))
        self.assertEqual(self.page().in_ring(), set(addresses.values()))
        self.check_conserved(600)

    def test_addresses_come_and_go(self):
        nodes, addresses = self.start_dns_name()
        self.expect(nodes, addresses)
        self.dns.set(NAME, A, ["127.0.0.3"])
        self.wait_found(addresses["b"])
        self.send_and_check(made_lines(100), live={addresses["b"]})
        self.dns.set(NAME, A, ["127.0.0.4", "127.0.0.2", "127.0.0.3"])
        self.wait_found(*addresses.values())
        self.send_and_check(made_lines(300, "all"))

    def test_addresses_of_both_families_are_downstreams(self):
        self.dns.set(NAME, A, ["127.0.0.2"])
        self.dns.set(NAME, AAAA, ["::1"])
        self.start_with({"dns": f"{NAME}:9125", "health": "none"})
        self.wait_found("127.0.0.2:9125", "[::1]:9125")


class NameTest(DiscoveryTest):
    def test_a_name_takes_the_answer_of_one_family(self):
        for good, bad in ((A, AAAA), (AAAA, A)):
            for mood in BAD_MOODS:
                with self.subTest(good=good, mood=mood):
                    name = f"{mood}-{good}.{NAME}"
                    self.dns.moods = {bad: mood}
                    self.dns.set(name, good, ["127.0.0.1" if good == A else "::1"])
                    self.start_with({"address": f"{name}:9", "health": "none"})
                    self.router.wait_for_log(f"Name resolved.*{name}")


class FailureTest(DiscoveryTest):
    def test_half_an_answer_takes_no_downstream_away(self):
        self.dns.set(NAME, A, ["127.0.0.2", "127.0.0.3"])
        self.start_with({"dns": f"{NAME}:9125", "health": "none"})
        self.wait_found("127.0.0.2:9125", "127.0.0.3:9125")
        self.dns.moods = {AAAA: "servfail"}
        self.wait_answers("failure", more=1)
        self.dns.set(NAME, A, ["127.0.0.2"])
        self.wait_answers("failure")
        self.wait_found("127.0.0.2:9125", "127.0.0.3:9125")

    def test_an_answer_without_downstreams_keeps_the_last_ones(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        fingerprint = self.page().fingerprint
        sent = 0
        for mood in (*EMPTY_MOODS, *BAD_MOODS):
            with self.subTest(mood):
                self.dns.mood = mood
                self.wait_answers("empty" if mood in EMPTY_MOODS else "failure")
                self.send_and_check(made_lines(100, mood))
                sent += 100
        page = self.page()
        self.assertEqual(page.page.value(FOUND, kind="srv", source=SERVICE), 3)
        self.assertEqual(page.fingerprint, fingerprint)
        self.router.wait_for_log("level=WARN.*the last known downstreams stay.*nothing was found")
        self.router.wait_for_log("level=WARN.*the last known downstreams stay.*no DNS server")
        self.dns.mood = "good"
        self.publish(nodes, "ab")
        self.wait_found(labels["a"], labels["b"])
        self.check_conserved(sent)

    def test_a_server_that_is_gone_keeps_the_last_ones(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        self.dns.end()
        self.wait_answers("failure")
        self.send_and_check(made_lines(300))
        self.assertEqual(self.page().in_ring(), set(labels.values()))

    def test_a_reload_keeps_them_too(self):
        nodes, labels = self.start_srv()
        self.expect(nodes, labels)
        self.dns.mood = "servfail"
        config = json.loads(self.router.file.read_text())
        config["mtu"] = 1000
        self.assertEqual(self.router.reload(config).status, 200)
        self.send_and_check(made_lines(300))

    def test_until_something_is_found_lines_are_dropped_and_counted_and_it_is_not_ready(self):
        nodes = self.start_hosts("ab")
        labels = self.srv_labels(nodes)
        self.start_with(self.entry(nodes, srv=SERVICE), wait=False)
        self.sender().send(made_lines(20))
        self.wait_page(lambda page: page.dropped() == {"unreachable": 20}, "20 lines dropped")
        self.assertEqual(self.router.get("/-/ready").status, 503)
        self.assertEqual(self.router.get("/-/healthy").status, 200)
        self.publish(nodes)
        self.router.wait_ready()
        self.expect(nodes, labels)
        self.wait_found(*labels.values())
        self.send_and_check(made_lines(100))
        self.check_conserved(120, {"unreachable": 20})

    def test_a_router_ends_while_the_server_is_silent(self):
        self.dns.mood = "silent"
        self.start_with({"srv": SERVICE, "health": "none"}, wait=False)
        self.router.wait_for_log("msg=Ready")  # to be ended in order, that is
        self.assertEqual(self.router.stop(), 0)

    def test_one_source_without_an_answer_does_not_keep_another_from_its_own(self):
        nodes = self.start_hosts("ab")
        self.publish(nodes)
        labels = self.srv_labels(nodes)
        self.start_with(
            {"srv": "_none._udp.test", "health": "none"}, self.entry(nodes, srv=SERVICE)
        )
        self.expect(nodes, labels)
        self.send_and_check(made_lines(100))
