"""The router's pages: the status page, metrics whose sums hold at any moment, methods and errors."""

import gzip
import re
import urllib.request

import page
import router_page
from harness import ROOT, free_port
from router_case import Load, RouterTest, made_lines
from router_page import DROPPED, LINES, OWN_LINES, RETURNED, SENT_LINES, TAKEN, WAITING


class PagesTest(RouterTest):
    def setUp(self):
        self.start_before(self.start_nodes(2))

    def test_health_and_readiness(self):
        for path, text in (("/-/healthy", "Weir Router is Healthy.\n"),
                           ("/-/ready", "Weir Router is Ready.\n")):
            with self.subTest(path):
                answer = self.router.get(path)
                self.assertEqual((answer.status, answer.text), (200, text))
                self.assertEqual(self.router.request("HEAD", path).body, b"")

    def test_the_status_page_shows_each_node_its_state_and_the_fingerprint(self):
        self.nodes["b"].health.set("fin")
        shown = self.wait_ring("a")
        answer = self.router.get("/")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
        self.assertIn(shown.fingerprint, answer.text)
        for node in self.nodes.values():
            self.assertIn(node.data.address, answer.text)
        self.assertRegex(answer.text, r"(?i)down")

    def test_unknown_paths_are_404_and_wrong_methods_405(self):
        for path in ("/nothing", "/metricsx", "/-/", "/-/quit", "/api/v1/", "/api/v1/drainx"):
            with self.subTest(path):
                self.assertEqual(self.router.get(path).status, 404)
        for method, path in (
            ("GET", "/-/reload"), ("GET", "/api/v1/drain?node=a"), ("GET", "/api/v1/undrain?node=a"),
            ("DELETE", "/-/healthy"), ("POST", "/"), ("POST", "/-/ready"),
        ):  # fmt: skip
            with self.subTest(method, path=path):
                answer = self.router.request(method, path)
                self.assertEqual(answer.status, 405)
                self.assertTrue(answer.headers["Allow"])

    def test_the_metrics_may_be_packed(self):
        answer = self.router.get("/metrics", {"Accept-Encoding": "gzip"})
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        packed = page.parse(gzip.decompress(answer.body).decode())
        self.assertEqual(set(packed.types), set(self.router.scrape().types))

    def test_the_page_has_what_is_documented_and_nothing_else(self):
        text = (ROOT / "docs" / "router-metrics.md").read_text()
        documented = dict(re.findall(r"^\| `(\w+)` \| (counter|gauge) \|", text, re.MULTILINE))
        # All that can be switched on is on; nobody need have written the files of discovery yet.
        config = self.config_of(list(self.nodes.values()))
        config["downstreams"].append({"file": "/does/not/exist.yml", "health": "none"})
        port = free_port()
        tokens = self.temp_dir() / "tokens"
        tokens.write_text("token\n")
        router = self.start_router(
            config, f"--http-port={port}", "--auth.allow=udp=127.0.0.1",
            "--auth.allow=tcp=127.0.0.1", f"--auth.tokens-file={tokens}",
        )  # fmt: skip
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/heartbeat"):
            pass  # requests are counted by status
        router.wait_for(
            lambda page: any("http_intake_requests" in name for name in page.types), "one counted")
        self.assertEqual(router.scrape().types, documented)

    def test_every_name_that_these_tests_use_is_on_the_page(self):
        types = self.router.scrape().types
        for name in vars(router_page).values():
            if isinstance(name, str) and name.startswith("weir_"):
                self.assertIn(name, types)


class NastyLabelTest(RouterTest):
    def test_any_label_is_shown_and_can_be_drained(self):
        labels = ['<b>"x"</b>', "back\\slash & 'q'", "gr\u00fc\u00dfe", "two words", "a{b=\"c\"}"]
        nodes = [self.start_node(label) for label in labels]
        self.start_before(nodes)
        self.assertEqual(self.page().in_ring(), set(labels))
        self.assertNotIn("<b>", self.router.get("/").text)
        for label in labels[1:]:
            quoted = "".join(f"%{byte:02X}" for byte in label.encode())
            answer = self.router.request("POST", f"/api/v1/drain?node={quoted}")
            self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(self.page().in_ring(), set(labels[:1]))
        self.send_and_check(made_lines(50), live=labels[:1])


class SumsTest(RouterTest):
    """The equations of docs/router-metrics.md, which need no pause of the traffic."""

    def check_sums(self, page):
        self.assertEqual(
            page.page.value(LINES, verdict="malformed"), sum(page.errors().values())
        )
        self.assertEqual(
            page.page.value(LINES, verdict="routed") + page.page.value(OWN_LINES), page.total(TAKEN)
        )
        for facts in page.page.series(TAKEN):
            label = facts["downstream"]
            waiting = page.page.get(WAITING, downstream=label) or 0
            self.assertEqual(
                page.of(TAKEN, label),
                page.of(SENT_LINES, label) - page.of(RETURNED, label)
                + sum(page.dropped(label).values()) + waiting,
                label,
            )  # fmt: skip

    def test_they_hold_on_every_page_while_lines_flow_and_nodes_die(self):
        nodes = [
            self.start_node("a"), self.start_node("b"), self.start_node("c", transport="tcp"),
            self.start_node("d", path=self.temp_dir() / "d"),
        ]  # fmt: skip
        self.start_before(
            nodes, threads=3, on_down="drop", ping={"interval": "20ms"}, flush_interval="50ms"
        )
        loads = [Load(self.sender("udp"), "udp"), Load(self.sender("tcp"), "tcp")]
        taken = 0
        for step in (None, nodes[0].crash, nodes[2].data.close_port, nodes[0].come_back,
                     nodes[2].data.open_port, lambda: self.router.reload(self.config_of(nodes[:3]))):  # fmt: skip
            if step:
                step()
            for _ in range(10):
                page = self.page()
                self.check_sums(page)
                self.assertGreaterEqual(page.total(TAKEN), taken)
                taken = page.total(TAKEN)
        for load in loads:
            load.stop()

    def test_sums_over_downstreams_never_fall(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes)
        last = {}
        for number in range(6):
            self.send_and_check(made_lines(100, f"part{number}"))
            kept = nodes[: 1 + number % 3]
            self.config = self.config_of(kept)
            self.assertEqual(self.router.reload(self.config).status, 200)
            page = self.page()
            for name in (TAKEN, SENT_LINES, DROPPED):
                self.assertGreaterEqual(page.total(name), last.get(name, 0), name)
                last[name] = page.total(name)
        self.assertEqual(last[SENT_LINES], 600)
