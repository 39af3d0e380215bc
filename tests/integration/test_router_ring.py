"""Which keys move when nodes die and return, and what happens when all of them are dead."""

import collections

from harness import wait_until
from router_case import HEALTH_CHECK, LONG_HEALTH_CHECK, Load, RouterTest, made_lines
from router_page import PANIC

REHASHING = ("slots", "ketama", "etsy", "etsy-0.7", "hulu")


class MoveTest(RouterTest):
    """The same names are sent before, during and after; where each stands is counted."""

    NAMES = 3000

    def homes(self, round_number):
        """Sends a line of every name; name -> label of the node that got it."""
        since = self.counts()
        lines = [b"move.name%d:%d|c" % (i, round_number) for i in range(self.NAMES)]
        self.send_all(lines, per_packet=30)
        self.wait_arrived(len(lines), since)
        homes = {}
        for label, counter in self.received(since).items():
            for line in counter:
                homes[line.partition(b":")[0]] = label
        self.assertEqual(len(homes), self.NAMES)
        return homes

    def check_moves(self, placement):
        nodes = self.start_nodes(4)
        self.start_before(nodes, placement=placement)
        before = self.homes(1)
        nodes[1].health.set("refused")
        self.wait_ring("a", "c", "d")
        during = self.homes(2)
        nodes[1].health.set("up")
        self.wait_ring("a", "b", "c", "d")
        after = self.homes(3)
        moved = {name for name in before if before[name] != during[name]}
        self.assertEqual(moved, {name for name in before if before[name] == "b"})
        self.assertEqual(after, before)
        # What moved was spread over all the others.
        spread = collections.Counter(during[name] for name in moved)
        self.assertEqual(set(spread), {"a", "c", "d"})

    def test_only_the_dead_nodes_keys_move_and_exactly_those_return(self):
        for placement in REHASHING:
            with self.subTest(placement):
                self.check_moves(placement)

    def test_statsrelay_has_no_failover(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes, placement="statsrelay")
        nodes[1].health.set("refused")
        self.wait_ring("a", "c")
        self.send_and_check(made_lines(300), live=["a", "b", "c"])

    def test_it_does_not_matter_in_which_order_nodes_died(self):
        homes, fingerprints = [], []
        for order in ("bd", "db"):
            nodes = self.start_nodes(5)
            self.start_before(nodes)
            for label in order:
                self.nodes[label].health.set("fin")
                self.wait_up(label, False)
            page = self.wait_ring("a", "c", "e")
            fingerprints.append(page.fingerprint)
            homes.append(self.homes(1))
        self.assertEqual(*homes)
        self.assertEqual(*fingerprints)

    def test_load_that_flows_while_a_node_dies_and_returns_is_not_lost(self):
        nodes = self.start_nodes(3)
        router = self.start_before(nodes)
        load = Load(self.sender())
        for style, done in (("fin", "A downstream is down"), ("up", "A downstream is up")):
            nodes[1].health.set(style)
            router.wait_for_log(done)
        lines = load.stop()
        self.wait_arrived(len(lines))
        self.check_conserved(len(lines))
        got = [line for node in nodes for line in node.lines()]
        self.assertEqual(sorted(got), sorted(lines))
        # Those of the two others never went elsewhere.
        owners = self.owners(lines)
        for label in ("a", "c"):
            self.assertLessEqual(set(owners[label]), set(self.nodes[label].lines()))


class AllDeadTest(RouterTest):
    def test_when_all_are_dead_the_last_ring_stays_and_routing_goes_on(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes)
        nodes[0].health.set("fin")
        self.wait_ring("b", "c")
        nodes[1].health.set("silent")
        self.wait_ring("c")
        nodes[2].health.set("refused")
        page = self.wait_up("c", False)
        self.assertEqual(page.in_ring(), {"c"})
        self.assertEqual(page.page.value(PANIC), 1)
        self.send_and_check(made_lines(200), live=["c"])
        for node in nodes:
            node.health.set("up")
        page = self.wait_ring("a", "b", "c")
        self.assertEqual(page.page.value(PANIC), 0)
        self.send_and_check(made_lines(200, "again"))
        self.check_conserved(400)

    def test_all_of_them_dead_at_once_lose_nothing(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes)
        for node in nodes:
            node.health.set("fin")
        sender, sent = self.sender(), 0
        while not all(not self.page().is_up(label) for label in self.nodes):
            sender.send(made_lines(30, f"part{sent}"))
            sent += 30
        self.wait_arrived(sent)
        self.check_conserved(sent)

    def test_below_the_panic_threshold_deaths_change_nothing(self):
        nodes = self.start_nodes(4)
        router = self.start_before(nodes, panic_threshold=60)
        nodes[0].health.set("fin")
        self.wait_ring("b", "c", "d")
        nodes[1].health.set("fin")
        page = self.wait_up("b", False)
        self.assertEqual(page.in_ring(), {"b", "c", "d"})
        self.assertEqual(page.page.value(PANIC), 1)
        self.send_and_check(made_lines(200), live=["b", "c", "d"])
        router.wait_for_log("Too few downstreams")
        # Returns do change it.
        nodes[0].health.set("up")
        self.wait_ring("a", "c", "d")
        router.wait_for_log("Enough downstreams")

    def test_a_single_dead_node_is_still_sent_to(self):
        node = self.start_node("a", health="down")
        self.start_before([node], health_check=HEALTH_CHECK)
        self.wait_up("a", False)
        self.send_and_check(made_lines(100))

    def test_two_routers_that_know_the_same_have_the_same_fingerprint(self):
        nodes = self.start_nodes(3)
        first = self.start_before(nodes, health_check=LONG_HEALTH_CHECK)
        one = self.page().fingerprint
        self.start_before(nodes, health_check=LONG_HEALTH_CHECK)
        self.assertEqual(self.page().fingerprint, one)
        nodes[1].health.set("fin")
        self.wait_ring("a", "c")
        other = self.page().fingerprint
        self.assertNotEqual(other, one)
        self.router = first
        wait_until(lambda: self.page().fingerprint == other, "the first router agrees")
        logged = first.logged(r"msg=Placement fingerprint=([0-9a-f]{16})")
        self.assertEqual([match.group(1) for match in logged], [one, other])
