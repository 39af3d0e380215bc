"""Limits on series: an explosion is bounded, counted and found, and what was there lives on.

Sent is this file's own account; what became of it is read from the page.
"""

import json

from harness import IntegrationTest, wait_until
from senders import TcpSender, UdpSender, UnixgramSender

CONNECTIONS = 8
TAGS = 150
ROUNDS = 3


class LimitsTest(IntegrationTest):
    def open(self, exporter, count=CONNECTIONS):
        """TCP connections, which the kernel spreads over the threads and which lose nothing."""
        senders = [TcpSender(exporter.endpoint("tcp")) for _ in range(count)]
        for sender in senders:
            self.addCleanup(sender.close)
        return senders

    def settled(self, exporter, samples):
        """The page when so many samples have come to their end."""
        return exporter.wait_for(
            lambda page: page.sum("weir_samples_applied_total") + page.sum("weir_samples_dropped_total")
            == samples,
            f"{samples} samples applied or dropped",
        )

    def top(self, exporter, query=""):
        answer = exporter.get("/api/v1/top" + query)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        page = json.loads(answer.text)
        self.assertEqual(page["status"], "success")
        return page["data"]

    def explode(self, senders):
        """Counters, timers and gauges of one name each with many tags, and as many new names."""
        for turn in range(ROUNDS):
            for number in range(TAGS):
                tag = b"|#user:%d" % number
                senders[(number + turn) % len(senders)].send([
                    b"hits:2|c" + tag, b"time:5|ms" + tag, b"level:1|g" + tag,
                    b"name.%d.x:1|c" % number,
                ])  # fmt: skip
        return 4 * ROUNDS * TAGS

    def check_explosion(self, *flags):
        exporter = self.start_exporter("--limit.series=100", *flags)
        senders = self.open(exporter)
        # These were there first.
        senders[0].send([b"hits:1|c|#user:first", b"time:1|ms|#user:first", b"level:1|g|#user:first"])
        self.settled(exporter, 3)
        sent = 3 + self.explode(senders)
        page = self.settled(exporter, sent)

        self.assertEqual(page.value("weir_limit", limit="series"), 100)
        self.assertEqual(page.value("weir_limit_used", limit="series"), 100)
        overflowing = [
            labels for name in ("hits", "time_count") for labels in page.series(name)
            if labels == {"overflow": "true"}
        ]  # fmt: skip
        self.assertEqual(len(overflowing), 2)
        # The overflows are beyond the limit.
        self.assertEqual(page.sum("weir_series"), 102)
        self.assertEqual(page.get("level", overflow="true"), None)
        # Exact sums: of counters and timers nothing is lost, they flowed over.
        self.assertEqual(page.sum("hits"), 1 + 2 * ROUNDS * TAGS)
        self.assertEqual(page.sum("time_count"), 1 + ROUNDS * TAGS)
        self.assertAlmostEqual(page.sum("time_sum"), 0.001 + 0.005 * ROUNDS * TAGS)
        dropped = page.value("weir_samples_dropped_total", reason="series_limit")
        self.assertEqual(page.value("weir_samples_applied_total"), sent - dropped)
        shown_gauges = len(page.series("level")) - 1
        shown_names = sum(value for (name, _), value in page.samples.items() if name.startswith("name_"))
        # ROUNDS samples of each gauge, those on the page not dropped, unless they came too late.
        self.assertGreaterEqual(dropped, ROUNDS * (TAGS - shown_gauges) + ROUNDS * TAGS - shown_names)
        self.assertEqual(page.value("level", user="first"), 1)
        flowed = page.value("weir_samples_overflowed_total", reason="series_limit")
        self.assertEqual(
            flowed, page.value("hits", overflow="true") / 2 + page.value("time_count", overflow="true")
        )

        # What was there first goes on.
        senders[1].send([b"hits:1|c|#user:first", b"level:7|g|#user:first"])
        page = self.settled(exporter, sent + 2)
        self.assertEqual(page.value("hits", user="first"), 2)
        self.assertEqual(page.value("level", user="first"), 7)

    def test_an_explosion_is_bounded_and_its_sums_are_exact(self):
        self.check_explosion()

    def test_the_limit_holds_for_all_threads_together(self):
        self.check_explosion("--threads=4")

    def test_room_that_expires_is_given_to_who_was_refused(self):
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text("mappings:\n- match: short.*\n  name: short_$1\n  ttl: 1s\n")
        for threads in (1, 4):
            with self.subTest(threads=threads):
                exporter = self.start_exporter(
                    "--limit.series=5", f"--threads={threads}", f"--statsd.mapping-config={mapping}"
                )
                (sender, *_) = self.open(exporter)
                sender.send([b"short.%d:1|c" % number for number in range(4)] + [b"hits:1|c|#n:1"])
                self.settled(exporter, 5)
                sent = 5

                def again():
                    nonlocal sent
                    sender.send([b"hits:1|c|#n:2", b"new:1|g"])
                    sent += 2
                    page = self.settled(exporter, sent)
                    return page.get("new") == 1 and page.get("hits", n="2") is not None and page

                page = wait_until(again, "what was refused is admitted after others expired")
                self.assertEqual(page.sum("hits"), 1 + (sent - 5) / 2)
                exporter.wait_for_value(3, "weir_limit_used", limit="series")

    def test_a_family_has_a_limit_of_its_own(self):
        exporter = self.start_exporter("--limit.series-per-family=10", "--threads=2")
        senders = self.open(exporter)
        sent = self.explode(senders)
        page = self.settled(exporter, sent)
        self.assertEqual(len(page.series("hits")), 11)
        self.assertEqual(page.sum("hits"), 2 * ROUNDS * TAGS)
        self.assertEqual(len(page.series("level")), 10)
        self.assertEqual(
            len([name for name, _ in page.user_samples() if name.startswith("name_")]), TAGS
        )
        self.assertEqual(
            page.value("weir_samples_dropped_total", reason="family_series_limit"), ROUNDS * (TAGS - 10)
        )

    def test_a_listener_at_its_limit_leaves_the_others_room(self):
        path = self.temp_dir() / "socket"
        exporter = self.start_exporter(
            "--limit.series-per-listener=20", "--threads=2", f"--statsd.listen-unixgram={path}"
        )
        (tcp,) = self.open(exporter, 1)
        tcp.send([b"tcp.%d:1|c" % number for number in range(50)])
        self.settled(exporter, 50)
        with UnixgramSender(str(path)) as unixgram, UdpSender(exporter.endpoint("udp")) as udp:
            unixgram.send([b"unixgram.%d:1|c" % number for number in range(30)])
            udp.send([b"udp.%d:1|c" % number for number in range(15)])
        page = self.settled(exporter, 50 + 30 + 15)
        for listener, series in (("tcp", 20), ("unixgram", 20), ("udp", 15), ("http", 0)):
            self.assertEqual(page.value("weir_listener_series", listener=listener), series)
        self.assertEqual(
            page.value("weir_samples_dropped_total", reason="listener_series_limit"), 30 + 10
        )

    def test_near_the_memory_limit_new_series_are_refused_and_old_ones_live(self):
        exporter = self.start_exporter("--limit.memory=1MiB", "--threads=2")
        senders = self.open(exporter)
        names = 20_000
        for start in range(0, names, 100):
            senders[start // 100 % len(senders)].send(
                [b"memory.name.%d:1|c" % number for number in range(start, start + 100)]
            )
        page = self.settled(exporter, names)
        shown = len([name for name, _ in page.user_samples()])
        self.assertGreater(shown, 1_000)
        self.assertLess(shown, 4_000)
        self.assertLessEqual(page.value("weir_limit_used", limit="memory"), 1 << 20)
        self.assertEqual(page.value("weir_samples_dropped_total", reason="memory_limit"), names - shown)
        known = next(iter(page.user_samples()))[0]
        senders[0].send([b"%s:1|c" % known.encode()])
        self.assertEqual(self.settled(exporter, names + 1).value(known), 2)

    def test_top_finds_an_explosion_in_one_look(self):
        exporter = self.start_exporter("--limit.series=400", "--threads=2")
        senders = self.open(exporter)
        senders[0].send([b"calm:1|c", b"busy:1|c"])
        self.settled(exporter, 2)
        for number in range(300):
            senders[number % len(senders)].send([b"exploding:1|c|#id:%d" % number, b"busy:1|c"])
        self.settled(exporter, 602)
        data = self.top(exporter)
        self.assertEqual((data["families"], data["series"]), (3, 302))
        self.assertEqual(data["limits"]["series"], 400)
        self.assertEqual(data["by_series"][0]["family"], "exploding")
        self.assertEqual(data["by_series"][0]["series"], 300)
        self.assertEqual(data["by_series"][0]["type"], "counter")
        self.assertEqual(data["by_growth"][0]["family"], "exploding")
        self.assertGreater(data["by_growth"][0]["new_series_per_second"], 0)
        self.assertEqual({row["family"] for row in data["by_rate"]}, {"calm", "busy", "exploding"})
        self.assertEqual(data["by_rate"][-1]["family"], "calm")
        self.assertEqual(len(data["newest"]), 3)
        self.assertEqual(data["refused"], [])

        senders[0].send([b"user%d.clicks:1|c" % number for number in range(300)])
        self.settled(exporter, 902)
        data = self.top(exporter, "?limit=2")
        self.assertEqual(len(data["by_series"]), 2)
        self.assertTrue(data["refused"])
        for refused in data["refused"]:
            self.assertRegex(refused["family"], "^user[0-9]+_clicks$")
            self.assertEqual(refused["reason"], "series_limit")

    def test_top_says_what_is_wrong_with_a_question(self):
        exporter = self.start_exporter()
        self.assertEqual(self.top(exporter)["by_series"], [])
        answer = exporter.get("/api/v1/top?limit=0")
        self.assertEqual(answer.status, 400)
        self.assertEqual(json.loads(answer.text)["status"], "error")
        self.assertIn('href="/api/v1/top"', exporter.get("/").text)

    def test_without_limits_nothing_of_them_is_on_the_page(self):
        exporter = self.start_exporter()
        page = exporter.scrape()
        for name in ("weir_limit", "weir_limit_used", "weir_listener_series"):
            self.assertEqual(page.series(name), [])

