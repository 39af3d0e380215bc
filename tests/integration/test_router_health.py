"""Probes: every way in which a downstream can look well or ill, and how soon that is noticed."""

import time

from fake_health import DOWN, HTTP_DOWN, HTTP_UP, UP
from harness import wait_until
from program import log_time
from router_case import (
    FALL,
    HEALTH_CHECK,
    INTERVAL,
    LONG_INTERVAL,
    LONG_HEALTH_CHECK,
    RISE,
    SLACK,
    RouterTest,
    made_lines,
)
from router_page import CHANGES, PROBE_FAILURES, PROBES, REFUSALS

# From the change of a node to the log line, at the most. The last probe may take an interval.
DEATH_BOUND = (FALL + 1) * LONG_INTERVAL + SLACK
RETURN_BOUND = (RISE + 2) * LONG_INTERVAL + SLACK
STEP = r'msg="A downstream is {}" downstream={} '


class StyleTest(RouterTest):
    """One node for each style, beside one that stays well."""

    def start_styles(self, styles, kind, **keys):
        well = "http_200" if kind == "http" else "up"
        nodes = [self.start_node("well", health=well)]
        nodes += [self.start_node(style, health=well) for style in styles]
        check = {**LONG_HEALTH_CHECK, "kind": kind}
        return nodes, self.start_before(nodes, health_check=check, **keys)

    def change_all(self, nodes, style_of):
        """Changes each node and returns label -> when."""
        return {node.label: node.health.set(style_of(node.label)) for node in nodes}

    def check_in_time(self, router, word, changed, bound):
        for label, when in changed.items():
            line = router.wait_for_log(STEP.format(word, label)).string
            self.assertLess(log_time(line) - when, bound, line)

    def check_up(self, styles, kind):
        nodes, router = self.start_styles(styles, kind)
        self.change_all(nodes[1:], lambda label: label)
        changed = time.time()
        for node in nodes:
            node.health.wait_for_probes(FALL + 2, since=changed)
        page = self.page()
        for style in styles:
            self.assertTrue(page.is_up(style), style)
        self.assertEqual(router.logged(r"A downstream is"), [])
        self.send_and_check(made_lines(300))

    def check_down(self, styles, kind):
        nodes, router = self.start_styles(styles, kind)
        changed = self.change_all(nodes[1:], lambda label: label)
        self.check_in_time(router, "down", changed, DEATH_BOUND)
        self.wait_ring("well")
        self.send_and_check(made_lines(300), live=["well"])
        # All of them back at once.
        changed = self.change_all(nodes[1:], lambda _: nodes[0].health.style)
        self.check_in_time(router, "up", changed, RETURN_BOUND)
        page = self.wait_ring(*self.nodes)
        self.send_and_check(made_lines(600, "back"))
        for style in styles:
            self.assertEqual(page.of(CHANGES, style), 2, style)
        self.check_conserved(900)

    def test_whatever_says_that_it_is_up_is_up(self):
        self.check_up(UP, "statsd")

    def test_whatever_does_not_is_down_and_comes_back(self):
        self.check_down(DOWN, "statsd")

    def test_by_http_a_status_of_2xx_is_up(self):
        self.check_up(HTTP_UP, "http")

    def test_by_http_everything_else_is_down(self):
        self.check_down(HTTP_DOWN, "http")

    def test_by_tcp_accepting_is_up(self):
        self.check_up(("silent", "fin", "down", "huge"), "tcp")

    def test_by_tcp_refusing_and_not_answering_is_down(self):
        self.check_down(("refused", "blackhole"), "tcp")


class ProbeTest(RouterTest):
    def test_a_probe_asks_for_health_and_nothing_else(self):
        nodes = self.start_nodes(1)
        self.start_before(nodes)
        nodes[0].health.wait_for_probes(3)
        self.assertEqual(set(nodes[0].health.requests[:2]), {b"health\n"})

    def test_by_http_a_probe_is_a_request_for_the_path(self):
        node = self.start_node("a", health="http_200")
        self.nodes = {"a": node}
        self.config = self.config_of([node])
        self.config["downstreams"][0]["health"] = f"http://{node.health.address}/-/ready?x=1"
        self.router = self.start_router(self.config)
        node.health.wait_for_probes(3)
        head, *fields = node.health.requests[0].split(b"\r\n")
        self.assertRegex(head, rb"^GET /-/ready\?x=1 HTTP/1\.[01]$")
        self.assertIn(b"host: " + node.health.address.encode(), [one.lower() for one in fields])

    def test_a_node_is_asked_once_an_interval_whatever_the_number_of_workers(self):
        nodes = self.start_nodes(2)
        nodes[1].health.set("fin")  # an answer at once must not bring the next question forward
        self.start_before(nodes, threads=4)
        for node in nodes:
            times = [when for when, _ in node.health.wait_for_probes(8)]
            # The first may be seen late, the last in time; four workers would need a quarter.
            self.assertGreaterEqual(times[7] - times[0], 7 * INTERVAL / 2)
            self.assertLess(times[7] - times[0], 7 * INTERVAL + SLACK)

    def undisturbed(self, attempt):
        """Runs attempt() until the router saw no failures but those it was given.

        It returns the node and how many those were. A machine that is too busy to answer in time
        adds others.
        """
        for _ in range(5):
            node, failures = attempt()
            if self.page().of(PROBE_FAILURES, node.label) == failures:
                return
            self.router.end()
        self.fail("this machine is too busy to answer a probe in time")

    def test_it_takes_exactly_fall_failures_to_die_and_rise_successes_to_return(self):
        def attempt():
            node = self.start_node("a")
            check = {**HEALTH_CHECK, "fall": 4, "rise": 3}
            router = self.start_before([node, self.start_node("b")], health_check=check)
            node.health.wait_for_probes(2)
            node.health.set("fin")
            down = log_time(router.wait_for_log(STEP.format("down", "a")).string)
            node.health.set("up")
            up = log_time(router.wait_for_log(STEP.format("up", "a")).string)
            seen = list(node.health.probes)
            # The log has milliseconds.
            bad = [one for one in seen if one[1] == "fin" and one[0] <= down + 0.002]
            good = [one for one in seen if one[1] == "up" and down < one[0] <= up + 0.002]
            counts.append((len(bad), len(good)))
            return node, sum(1 for _, style in seen if style == "fin")

        counts = []
        self.undisturbed(attempt)
        self.assertEqual(counts[-1], (4, 3))

    def test_flapping_with_each_probe_changes_nothing_while_fall_is_two(self):
        def attempt():
            nodes = self.start_nodes(3)
            self.start_before(nodes)
            health = nodes[1].health
            health.set("flapping")
            health.wait_for_probes(8, since=health.since)
            health.set("up")
            health.wait_for_probes(1, since=health.since)
            flaps = sum(1 for _, style in health.probes if style == "flapping")
            return nodes[1], (flaps + 1) // 2

        self.undisturbed(attempt)
        self.assertEqual(self.router.logged(r"A downstream is"), [])
        self.send_and_check(made_lines(300))

    def test_flapping_with_each_probe_is_followed_when_one_is_enough(self):
        nodes = self.start_nodes(3)
        # The others must not look dead because the machine is busy.
        check = {**LONG_HEALTH_CHECK, "fall": 1, "rise": 1}
        router = self.start_before(nodes, health_check=check)
        nodes[1].health.set("flapping")
        sent = 0
        while len(router.logged(r"A downstream is")) < 6:
            self.send_all(made_lines(50, f"part{sent}"))
            sent += 50
            self.wait_arrived(sent)
        self.check_conserved(sent)
        for node in nodes:
            self.assertEqual(len(set(node.lines())), len(node.lines()))
        # Lines that belong to the others stay with them throughout.
        lines = [line for one in nodes for line in one.lines()]
        owners = self.owners(lines)
        for label in ("a", "c"):
            self.assertLessEqual(set(owners[label]), set(self.nodes[label].lines()))

    def test_a_node_refused_at_the_start_counts_as_alive_until_it_is_known_to_be_dead(self):
        nodes = self.start_nodes(3)
        nodes[2].health.set("refused")
        check = {**HEALTH_CHECK, "interval": "500ms"}
        self.start_before(nodes, health_check=check)
        self.wait_ring("a", "b")
        self.send_and_check(made_lines(200), live=["a", "b"])

    def test_another_process_on_the_same_ports_is_taken_back(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes)
        self.send_and_check(made_lines(200, "before"))
        nodes[0].crash()
        self.wait_ring("b", "c")
        self.send_and_check(made_lines(200, "meanwhile"), live=["b", "c"])
        nodes[0].come_back()
        self.wait_ring("a", "b", "c")
        self.send_and_check(made_lines(200, "after"))

    def test_the_page_counts_the_probes_that_the_node_saw(self):
        nodes = self.start_nodes(2)
        self.start_before(nodes)
        nodes[1].health.set("fin")
        self.wait_ring("a")
        for node in nodes:
            node.health.set("fin" if node.label == "b" else "up")
            before = len(node.health.probes)
            counted = self.page().of(PROBES, node.label)
            self.assertGreaterEqual(counted, before - 1)  # its answer may be on its way
            wait_until(lambda: len(node.health.probes) >= counted, "what is counted was seen")


class RefusalTest(RouterTest):
    """What the data port tells, when the host says that nobody listens there."""

    def send_until(self, condition, what):
        """Sends a line at a time until the page fulfils the condition."""
        sender = self.sender()
        sent = 0

        def check(page):
            nonlocal sent
            sender.send(made_lines(20, f"more{sent}"))
            sent += 20
            return condition(page)

        return self.wait_page(check, what)

    def test_a_node_without_probe_dies_of_refusals_and_returns_without_them(self):
        nodes = self.start_nodes(2, health=None)
        router = self.start_before(nodes)
        nodes[1].data.close_port()
        self.send_until(lambda page: not page.is_up("b"), "b is down")
        router.wait_for_log(STEP.format("down", "b") + "reason=.data refused")
        self.assertGreater(self.page().of(REFUSALS, "b"), 0)
        self.wait_ring("a")
        lines = made_lines(100, "x")
        self.send_all(lines)
        wait_until(lambda: set(lines) <= set(nodes[0].lines()), "the other node has all of them")
        nodes[1].data.open_port()
        self.wait_ring("a", "b")
        self.send_and_check(made_lines(100, "y"))

    def test_a_node_whose_data_port_refuses_stays_dead_though_its_probe_is_answered(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes)
        nodes[1].data.close_port()
        page = self.send_until(lambda page: not page.is_up("b"), "b is down")
        router.wait_for_log(STEP.format("down", "b") + "reason=.data refused")
        self.assertLess(page.of(PROBE_FAILURES, "b"), page.of(PROBES, "b"))

    def test_a_single_refusal_is_no_death(self):
        nodes = self.start_nodes(2, health=None)
        router = self.start_before(nodes, health_check={**HEALTH_CHECK, "interval": "10s"})
        nodes[1].data.close_port()
        self.send_until(lambda page: page.of(REFUSALS, "b") >= 2, "two refusals are told")
        self.assertEqual(router.logged("A downstream is down"), [])


class WarningTest(RouterTest):
    def test_a_node_without_health_address_is_worth_a_warning(self):
        node = self.start_node("a", health=None)
        entry = {"address": node.data.address, "label": "a"}
        router = self.start_router({"downstreams": [entry]})
        self.assertEqual(len(router.logged("level=WARN.*refusals")), 1)

    def test_none_says_that_it_is_meant(self):
        node = self.start_node("a", health=None)
        router = self.start_before([node])
        self.assertEqual(router.logged("level=WARN"), [])
