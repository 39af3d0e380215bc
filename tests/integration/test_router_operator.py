"""What an operator decides: on_down, drain and undrain, health that is set by hand."""

import socket

from harness import split_address
from router_case import HEALTH_CHECK, RouterTest, made_lines
from router_page import DRAINED, HEALTHY, HELD


def ask(endpoint, *commands):
    """What the console answers to each command, one after another on one connection."""
    answers = []
    with socket.create_connection(endpoint, timeout=10) as connection:
        for command in commands:
            connection.sendall(command)
            answers.append(connection.recv(65536))
    return answers


class OnDownTest(RouterTest):
    def start_dead(self, **keys):
        """Three nodes, of which b is dead; the lines of a run, by node."""
        nodes = self.start_nodes(3)
        self.start_before(nodes, **keys)
        nodes[1].health.set("fin")
        self.wait_up("b", False)
        lines = made_lines(600)
        return nodes, lines, self.owners(lines)

    def test_drop_drops_the_dead_nodes_lines_and_moves_none(self):
        nodes, lines, owners = self.start_dead(on_down="drop")
        lost = owners["b"].total()
        self.assertGreater(lost, 100)
        self.send_all(lines)
        self.wait_arrived(len(lines) - lost)
        got = self.received()
        self.assertEqual((got["a"], got["c"]), (owners["a"], owners["c"]))
        self.wait_page(lambda page: page.dropped("b") == {"down": lost}, f"{lost} lines dropped")
        nodes[1].health.set("up")
        self.wait_up("b")
        self.send_and_check(made_lines(300, "back"))
        self.check_conserved(900, {"down": lost})

    def test_hold_keeps_the_dead_nodes_lines_until_it_returns(self):
        nodes, lines, owners = self.start_dead(on_down="hold")
        held = owners["b"].total()
        self.send_all(lines)
        self.wait_arrived(len(lines) - held)
        self.wait_page(lambda page: page.of(HELD, "b") == held, f"{held} lines held")
        self.assertEqual(nodes[1].data.count, 0)
        nodes[1].health.set("up")
        self.check_placed(lines)
        self.send_and_check(made_lines(300, "back"))
        self.check_conserved(900)
        self.assertEqual(self.page().of(HELD, "b"), 0)

    def test_held_lines_come_before_newer_ones(self):
        # Small packets, so that it takes many turns to send what was held, with lines coming in.
        # More is sent until the node is back than is held by default.
        nodes, _, _ = self.start_dead(
            on_down="hold", hold={"bytes": "256MiB"}, threads=1, mtu=64, flush_interval="1ms"
        )
        first = b"held.order:0|c"
        (home,) = (label for label, counter in self.owners([first]).items() if counter)
        for node in nodes:
            node.health.set("fin" if node.label == home else "up")
        self.wait_up(home, False)
        sender, sent = self.sender(), 0

        def send(count):
            nonlocal sent
            for _ in range(count):
                sender.send([b"held.order:%d|c" % number for number in range(sent, sent + 5)])
                sent += 5

        send(3000)
        self.wait_page(lambda page: page.of(HELD, home) == sent, f"{sent} lines held")
        self.nodes[home].health.set("up")
        seen = len(self.router.log)
        up = f'msg="A downstream is up" downstream={home} '
        while not any(up in line for line in self.router.log[seen:]):
            send(100)
            self.page()  # lets the node's probes have their turn, too
        send(200)
        self.wait_arrived(sent)
        self.assertEqual(
            self.nodes[home].lines(), [b"held.order:%d|c" % number for number in range(sent)]
        )

    def test_lines_held_for_too_long_are_dropped_and_counted(self):
        _, lines, owners = self.start_dead(on_down="hold", hold={"time": "300ms"})
        held = owners["b"].total()
        self.send_all(lines)
        self.wait_page(lambda page: page.dropped("b") == {"expired": held}, f"{held} lines expired")
        self.check_conserved(len(lines), {"expired": held})

    def test_lines_beyond_the_bytes_to_hold_are_dropped_and_counted(self):
        nodes, _, _ = self.start_dead(on_down="hold", hold={"bytes": "16KiB"}, threads=1)
        lines = made_lines(6000, "much")
        owners = self.owners(lines)
        self.send_all(lines)
        self.wait_received(len(lines))
        page = self.wait_page(
            lambda page: page.of(HELD, "b") + page.dropped("b").get("queue_full", 0)
            == owners["b"].total(),
            "every line of the dead node is held or dropped",
        )
        lost = int(page.dropped("b")["queue_full"])
        nodes[1].health.set("up")
        self.wait_arrived(len(lines) - lost)
        got = nodes[1].lines()
        self.assertLessEqual(sum(len(line) + 1 for line in got), 16 << 10)
        self.assertLessEqual(set(got), set(owners["b"]))
        self.check_conserved(len(lines), {"queue_full": lost})

    def test_what_is_held_at_the_end_is_told(self):
        _, lines, owners = self.start_dead(on_down="hold")
        held = owners["b"].total()
        self.send_all(lines)
        self.wait_page(lambda page: page.of(HELD, "b") == held, f"{held} lines held")
        self.router.end()
        match = self.router.wait_for_log(r"msg=Drained .*lines_sent=(\d+) lines_dropped=(\d+)")
        self.assertEqual(match.groups(), (str(len(lines) - held), str(held)))


class DrainTest(RouterTest):
    def check(self, drain, undrain):
        nodes = self.start_nodes(3)
        self.start_before(nodes, console={"listen": "127.0.0.1:0"})
        drain()
        page = self.wait_ring("a", "c")
        self.assertEqual((page.of(DRAINED, "b"), page.is_up("b")), (1, True))
        self.send_and_check(made_lines(300), live=["a", "c"])
        # It stays out across deaths, returns and reloads.
        nodes[1].health.set("fin")
        self.wait_up("b", False)
        nodes[1].health.set("up")
        self.wait_up("b")
        self.assertEqual(self.router.reload().status, 200)
        self.assertEqual(self.page().in_ring(), {"a", "c"})
        undrain()
        self.wait_ring("a", "b", "c")
        self.send_and_check(made_lines(300, "back"))
        self.check_conserved(600)

    def post(self, path, status=200):
        answer = self.router.request("POST", path)
        self.assertEqual(answer.status, status, answer.text)
        return answer

    def test_by_the_api(self):
        self.check(
            lambda: self.post("/api/v1/drain?node=b"), lambda: self.post("/api/v1/undrain?node=b")
        )

    def test_by_the_console(self):
        self.check(
            lambda: ask(self.router.endpoint("console"), b"drain b\n"),
            lambda: ask(self.router.endpoint("console"), b"undrain b\n"),
        )

    def test_a_node_that_does_not_exist_is_an_error(self):
        self.start_before(self.start_nodes(1), console={"listen": "127.0.0.1:0"})
        self.post("/api/v1/drain?node=nobody", 404)
        self.post("/api/v1/drain", 400)
        (answer,) = ask(self.router.endpoint("console"), b"drain nobody\n")
        self.assertNotIn(b"ok", answer.lower())
        self.assertEqual(self.page().in_ring(), {"a"})

    def test_get_drains_nothing(self):
        self.start_before(self.start_nodes(2))
        self.assertEqual(self.router.get("/api/v1/drain?node=a").status, 405)
        self.assertEqual(self.page().in_ring(), {"a", "b"})

    def test_draining_all_keeps_the_last_ring(self):
        self.start_before(self.start_nodes(2))
        self.post("/api/v1/drain?node=a")
        self.post("/api/v1/drain?node=b")
        self.assertEqual(self.page().in_ring(), {"b"})
        self.send_and_check(made_lines(100), live=["b"])


class HealthyTest(RouterTest):
    def test_health_that_is_set_down_shows_everywhere_and_routing_goes_on(self):
        router = self.start_before(self.start_nodes(2), console={"listen": "127.0.0.1:0"})
        console = router.endpoint("console")
        self.assertEqual(router.get("/-/healthy").status, 200)
        self.assertEqual(ask(console, b"health\n"), [b"health: up\n"])
        self.assertEqual(router.request("POST", "/-/healthy?state=down").status, 200)
        self.assertEqual(router.get("/-/healthy").status, 503)
        self.assertEqual(ask(console, b"health\n"), [b"health: down\n"])
        self.assertEqual(self.page().page.value(HEALTHY), 0)
        self.send_and_check(made_lines(100))
        self.assertEqual(ask(console, b"health up\n"), [b"health: up\n"])
        self.assertEqual(router.get("/-/healthy").status, 200)
        self.assertEqual(ask(console, b"health down\n", b"health\n"), [b"health: down\n"] * 2)
        self.assertEqual(router.get("/-/healthy").status, 503)
        self.assertEqual(router.request("PUT", "/-/healthy?state=up").status, 200)
        self.assertEqual(self.page().page.value(HEALTHY), 1)

    def test_any_other_state_is_refused(self):
        router = self.start_before(self.start_nodes(1))
        for query in ("", "?state=", "?state=maybe", "?state=up&state=down"):
            self.assertEqual(router.request("POST", "/-/healthy" + query).status, 400, query)
        self.assertEqual(router.get("/-/healthy").status, 200)

    def test_a_router_may_stand_behind_a_router(self):
        """Its console is what another router's probe asks."""
        node = self.start_node("a")
        inner = self.start_before([node], console={"listen": "127.0.0.1:0"})
        host, port = split_address(inner.address("udp"))
        entry = {
            "address": f"{host}:{port}", "label": "inner", "health": inner.address("console"),
        }  # fmt: skip
        spare = self.start_node("spare")
        config = {
            "flush_interval": "10ms", "health_check": HEALTH_CHECK,
            "downstreams": [entry, spare.config()],
        }  # fmt: skip
        outer = self.start_router(config)
        self.assertEqual(inner.request("POST", "/-/healthy?state=down").status, 200)
        outer.wait_for_log('msg="A downstream is down" downstream=inner')
        inner.request("POST", "/-/healthy?state=up")
        outer.wait_for_log('msg="A downstream is up" downstream=inner')
        self.nodes = {"inner": node, "spare": spare}
        self.config, self.router = config, outer
        self.wait_ring("inner", "spare")
        self.send_and_check(made_lines(200))
