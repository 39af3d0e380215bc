"""Whatever is sent, the process lives and /metrics stays a page that Prometheus reads."""

import random
import subprocess

from harness import IntegrationTest
from real_prometheus import Prometheus
from senders import TcpSender, UdpSender

# Each of these killed a StatsD server or made its page unreadable.
VECTORS = {
    "a bracket closed before it opens": [b"][:1|c", b"a]b[c:1|c", b"]:1|c", b"[:1|c"],
    "a quantile label on a summary": [b"vq:1|ms|#quantile:1", b"vq:1|h|#quantile:0.5"],
    "an le label": [b"vle:1|ms|#le:1", b"vle2:1|c|#le:0.5,quantile:0.5"],
    "tiny sampling rates": [b"vr:1|ms|@%s" % rate for rate in (b"1e-9", b"1e-18", b"1e-300", b"5e-324")],
    "odd sampling rates": [b"vo:1|%s|@%s" % (kind, rate)
                           for kind in (b"c", b"ms", b"g")
                           for rate in (b"0", b"-1", b"nan", b"inf", b"1e400", b"", b"x", b"2")],
    "an observer and the names of its parts": [
        b"vs:1|ms", b"vs.count:1|ms", b"vs_sum:1|ms", b"vs_count:1|c", b"vs_sum:1|g", b"vs_bucket:1|c"],
    "the parts before the observer": [
        b"vt_count:1|c", b"vt_sum:1|g", b"vt:1|ms", b"vt.bucket:1|ms", b"vt:1|c"],
    "reserved label names": [b"vl:1|c|#__x:1", b"vl:1|g|#..y:1", b"vl:1|ms|#__name__:other"],
    "empty names": [b",a=b:1|c", b"#a=b:1|c", b"[a=b]:1|c", b":1|c"],
    "names of the exporter's own metrics": [
        b"%s:1|%s" % (name, kind)
        for name in (b"statsd_exporter_lines_total", b"statsd.exporter.events.total",
                     b"statsd_exporter_build_info", b"process_cpu_seconds_total",
                     b"promhttp_metric_handler_requests_total", b"statsd_metric_mapper_cache_length")
        for kind in (b"c", b"g", b"ms", b"c|#env:prod")],
    "two types of one name": [b"vc:1|%s|#x:%d" % (kind, number)
                              for number, kind in enumerate((b"c", b"g", b"ms", b"s", b"h"))],
    "numbers at the edge": [b"vn%d:%s|%s" % (number, value, kind)
                            for number, kind in enumerate((b"c", b"g", b"ms", b"h", b"d", b"s"))
                            for value in (b"nan", b"inf", b"-inf", b"1e308", b"1e400", b"-0", b"0x1p-2", b"1_0")],
    "bytes that are not text": [
        b"vb\xff:1|c", b"vb:1|c|#a:\xff\xfe", b"vb\x00x:1|c", b"vb:1|c|#a:\x00", b"vb:1|c|#a\xc3:b",
        b"vb\xed\xa0\x80:1|c", b"vb:1|c|#a:\xf4\x90\x80\x80", b"vb:1|c|#a:b\rc", b"vb:1|c|#a:\x1b[31m"],
    "labels that need escaping": [
        b've:1|c|#a:say "hi"', b"ve:1|c|#a:back\\", b've:1|c|#a:\\",b="', b"ve:1|c|#a:\\n\\\\n", b"ve:1|c|#a:}"],
    "one label under several names": [b"vd:1|c|#a.b:1,a_b:2,a-b:3", b"vd,a.b=1,a_b=2:1|c"],
    "an empty label and none": [b"vm:1|c", b"vm:1|c|#xx:", b"vm:1|c|#", b"vm:1|c|#,,,,", b"vm:1|c|#:"],
    "very long names and labels": [
        b"v" * 30_000 + b":1|c", b"vw:1|c|#" + b"k" * 15_000 + b":" + b"x" * 15_000,
        b"vw:1|c|#" + b",".join(b"k%d:v" % number for number in range(5_000))],
    "many values": [b"vv:" + b":".join([b"1"] * 20_000) + b"|ms", b"vv:" + b":" * 20_000 + b"|ms"],
    "format strings": [b"%s%n%d:1|c", b"vf:%n|c", b"vf:1|%s", b"vf:1|c|@%d"],
    "events and checks": [
        b"_e{5,4}:title|text", b"_e{99999999999,1}:a|b", b"_e{-1,-1}:|", b"_e{:", b"_e{1,1}:a",
        b"_sc|name|0", b"_sc|", b"_sc", b"_e{5,4}:title|te"],
    "separators alone": [b":", b"|", b"@", b"#", b"::", b":|", b"a:|c", b"a:1|", b"a:1||", b"a:|", b"a:1|c|", b"a:1|c||@1",
                         b"a:1:|c", b"a::1|c", b"a:1|c|@", b"a:1|c|T", b"a:1|c|c:", b"a:1|c|e:", b"a:1|c|card:"],
}

ALPHABET = [
    b"a", b"b.c", b"d-e", b"9", b":", b"|", b"@", b"#", b",", b"=", b"[", b"]", b"c", b"g", b"ms", b"h", b"s", b"d",
    b"1", b"-1", b"+2", b"0.5", b"nan", b"1e9", b"\n", b"\r", b"_", b"__x", b"quantile", b"le", b"_sum", b"_count",
    b"_bucket", b"_total", b"_e{", b"_sc", b"}", b'"', b"\\", b"\xff", b"\xc3\xa9", b"T1", b"c:x", b" ",
]


class HostileTest(IntegrationTest):
    def setUp(self):
        self.exporter = self.start_exporter("--web.enable-openmetrics")
        self.markers = 0

    def check_page(self, sender):
        """Waits until all that was sent is applied; the page must be sound in both its forms."""
        self.markers += 1
        sender.send([b"zz.marker:1|c"])
        seen = self.exporter.wait_for_value(self.markers, "zz_marker")
        openmetrics = self.exporter.get("/metrics", {"Accept": "application/openmetrics-text"})
        self.assertEqual(openmetrics.status, 200)
        self.assertTrue(openmetrics.text.endswith("# EOF\n"))
        return seen

    def check_promtool(self):
        page = self.exporter.scrape()
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=page.text, capture_output=True, text=True
        )
        # 3: lint, which is about the users' names.
        self.assertIn(checked.returncode, (0, 3), checked.stderr)
        self.assertNotIn("parsing error", checked.stderr)

    def test_no_line_that_harmed_a_statsd_server_harms_this_one(self):
        for what, lines in VECTORS.items():
            with self.subTest(what), TcpSender(self.exporter.endpoint("tcp")) as sender:
                sender.send(lines)
                self.check_page(sender)
        self.check_promtool()

    def test_the_same_lines_as_datagrams(self):
        with UdpSender(self.exporter.endpoint("udp")) as sender:
            for lines in VECTORS.values():
                for line in lines:
                    sender.send([line])
                self.check_page(sender)
        self.check_promtool()

    def test_random_lines_are_harmless(self):
        source = random.Random(1)
        with TcpSender(self.exporter.endpoint("tcp")) as sender:
            for _ in range(20):
                lines = [
                    b"".join(source.choices(ALPHABET, k=source.randint(1, 20))) for _ in range(1_000)
                ]
                sender.send(lines)
                self.check_page(sender)
        self.check_promtool()

    def test_random_bytes_are_harmless(self):
        source = random.Random(2)
        with UdpSender(self.exporter.endpoint("udp")) as sender:
            for _ in range(20):
                for _ in range(20):
                    sender.socket.send(source.randbytes(source.randint(0, 9_000)))
                self.check_page(sender)
        self.check_promtool()

    def test_a_real_prometheus_reads_the_page_after_all_of_it(self):
        with TcpSender(self.exporter.endpoint("tcp")) as sender:
            for lines in VECTORS.values():
                sender.send(lines)
            self.check_page(sender)
        prometheus = Prometheus({"statsd": [self.exporter.address("http")]})
        self.addCleanup(prometheus.stop)
        prometheus.wait_for_value("zz_marker", 1)
        settled = prometheus.settled("statsd")
        self.assertEqual([value for _, value in prometheus.query("vs_count", settled)], [1])

    def test_refused_samples_move_the_counters_that_alerts_watch(self):
        refused = {
            b"process_cpu_seconds_total:1|c": "own name",
            b"reserved:1|c|#__x:1": "reserved label",
            b"summary:1|ms|#quantile:1": "quantile label",
            b",a=b:1|c": "empty name",
            b"taken:1|g": "another type",
            b"observer.count:1|ms": "suffix of an observer",
        }
        alerts = ("statsd_exporter_events_conflict_total", "statsd_exporter_events_error_total")
        with TcpSender(self.exporter.endpoint("tcp")) as sender:
            sender.send([b"taken:1|c", b"observer:1|ms"])
            before = sum(map(self.check_page(sender).sum, alerts))
            for line, what in refused.items():
                with self.subTest(what):
                    sender.send([line])
                    after = sum(map(self.check_page(sender).sum, alerts))
                    self.assertEqual(after, before + 1)
                    before = after
