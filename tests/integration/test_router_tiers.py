"""Both tiers together: the router in front of exporters, with load, deaths and exact sums."""

import os

from harness import wait_until
from router_case import RouterTest
from router_page import RouterPage
from senders import Client, TcpSender, UdpSender
from test_load import read_sums

LOAD_LINES = 600_000 if os.environ.get("CI") else 3_000_000
LOAD_RATE = 300_000


class TierTest(RouterTest):
    def start_tiers(self, count=3, kind="http", **keys):
        """Exporters a, b, c behind a router that probes them."""
        self.exporters = {
            label: self.start_exporter("--admin.listen-address=127.0.0.1:0")
            for label in "abcd"[:count]
        }
        self.config = {
            "flush_interval": "10ms",
            "health_check": {"kind": kind, "interval": "500ms", "timeout": "500ms"},
            "downstreams": [
                {
                    "label": label,
                    "address": exporter.address("udp"),
                    "health": exporter.address("http" if kind == "http" else "admin"),
                }
                for label, exporter in self.exporters.items()
            ],
            **keys,
        }
        self.router = self.start_router(self.config)

    def samples(self):
        """Series -> value over all exporters; each must stand on one of them alone."""
        found = {}
        for exporter in self.exporters.values():
            for (name, labels), value in exporter.scrape().user_samples().items():
                key = (name, labels)
                self.assertNotIn(key, found, "a series stands on two exporters")
                found[key] = value
        return found

    def sums(self):
        return {name: value for (name, labels), value in self.samples().items() if not dict(labels)}

    def test_what_clients_send_is_what_the_exporters_show(self):
        for kind in ("http", "statsd"):
            with self.subTest(kind):
                self.start_tiers(kind=kind)
                clients = []
                for number, sender in enumerate((UdpSender, TcpSender, UdpSender)):
                    endpoint = self.router.endpoint("tcp" if sender is TcpSender else "udp")
                    with sender(endpoint) as connected:
                        clients.append(Client(connected, kind, number))
                        clients[-1].send(3000)
                account = clients[0].account
                for client in clients[1:]:
                    account.merge(client.account)
                expected = account.expected()

                def as_sent():
                    found = self.sums()
                    return all(
                        abs(found.get(name, -1) - value) < 1e-6 for name, value in expected.items()
                    )

                wait_until(as_sent, lambda: f"sums as sent, not {self.sums()}")
                self.assertEqual(RouterPage(self.router).dropped(), {})

    def test_an_exporter_that_ends_hands_its_names_on_and_gets_them_back(self):
        self.start_tiers()
        names = [f"tier_name{i}" for i in range(300)]
        with UdpSender(self.router.endpoint("udp")) as sender:

            def homes(value):
                """Sends every name once more; name -> exporter whose counter grew."""
                for name in names:
                    sender.send([b"%s:1|c" % name.encode()])
                wait_until(
                    lambda: self.grown(names) == value * len(names), f"{value} lines of each name"
                )
                return {
                    name: label
                    for label, exporter in self.exporters.items()
                    for name in exporter.scrape().user_families()
                }

            first = homes(1)
            self.assertEqual(set(first.values()), {"a", "b", "c"})
            gone = self.exporters["b"]
            self.kept = gone.scrape()
            gone.end()
            del self.exporters["b"]
            self.router.wait_for_log('msg="A downstream is down" downstream=b')
            self.wait_ring("a", "c")
            second = homes(2)
            moved = {name for name in names if first[name] == "b"}
            self.assertEqual({name for name in names if second[name] != first[name]}, moved)

    kept = None

    def grown(self, names):
        """What all exporters have counted of these names, the one that ended included."""
        pages = [exporter.scrape() for exporter in self.exporters.values()]
        if self.kept is not None:
            pages.append(self.kept)
        return sum(page.get(name) or 0 for page in pages for name in names)

    def test_a_steady_load_arrives_to_the_last_line(self):
        self.start_tiers(kind="http", flush_interval="100ms")
        sums = self.temp_dir() / "sums"
        sent = self.load(
            self.router, f"--lines={LOAD_LINES}", f"--rate={LOAD_RATE}", f"--sums={sums}"
        )
        page = self.wait_received(sent["lines"])
        self.assertEqual((page.kernel_drops, page.dropped()), (0, {}))
        expected = read_sums(sums)
        counted = {name: value for name, value in expected.items() if not name.endswith("_sum")}
        wait_until(
            lambda: not counted.items() - self.sums().items(),
            lambda: f"sums as sent: {list(counted.items() - self.sums().items())[:5]}",
        )
        found = self.sums()
        for name in expected.keys() - counted.keys():
            self.assertAlmostEqual(found[name], expected[name], delta=1e-9 * expected[name])
        pages = [exporter.scrape() for exporter in self.exporters.values()]
        # An exporter counts what follows a datagram's last LF as an empty line.
        lines = sum(page.sum("weir_lines_total") for page in pages)
        empty = sum(page.value("weir_lines_total", verdict="empty") for page in pages)
        self.assertEqual(lines - empty, sent["lines"])
