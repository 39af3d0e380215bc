"""Datagrams of every kind, each of which killed or fooled another router: what is sent on, what is
refused and for which reason, and that good lines beside bad ones survive."""

import unittest

from router_case import RouterTest, made_lines

# What is sent -> the lines that go on, and the reasons of those that do not; empty lines by number.
CASES = {
    "an_empty_datagram": (b"", [], {}, 1),
    "only_a_newline": (b"\n", [], {}, 2),
    "two_newlines": (b"\n\n", [], {}, 3),
    "a_newline_in_front": (b"\nfront:1|c", [b"front:1|c"], {}, 1),
    "no_newline_at_the_end": (b"end1:1|c\nend2:1|c", [b"end1:1|c", b"end2:1|c"], {}, 0),
    "a_newline_at_the_end": (b"lf1:1|c\nlf2:1|c\n", [b"lf1:1|c", b"lf2:1|c"], {}, 1),
    "carriage_returns": (b"cr1:1|c\r\ncr2:1|c\r\n", [b"cr1:1|c", b"cr2:1|c"], {}, 1),
    "a_carriage_return_within_a_line": (b"cr\r3:1|c", [b"cr\r3:1|c"], {}, 0),
    "a_nul": (b"nul\0name:1|c", [b"nul\0name:1|c"], {}, 0),
    "bytes_that_are_not_text": (
        b"\xff\xfe:1|c\ncaf\xe9:1|c|#k:\xff", [b"\xff\xfe:1|c", b"caf\xe9:1|c|#k:\xff"], {}, 0),
    "a_name_in_utf8": ("h\u00e9llo.w\u00f6rld:1|c".encode(), ["h\u00e9llo.w\u00f6rld:1|c".encode()], {}, 0),
    "format_strings": (b"%s%n:1|c\np%d.q:1|%s", [b"%s%n:1|c", b"p%d.q:1|%s"], {}, 0),
    "only_a_colon": (b":", [], {"malformed_line": 1}, 0),
    "no_name": (b":1|c", [], {"malformed_line": 1}, 0),
    "no_bar": (b"foo:1", [], {"not_enough_parts_after_colon": 1}, 0),
    "nothing_behind_the_colon": (b"foo:", [], {"not_enough_parts_after_colon": 1}, 0),
    "no_colon": (b"foo", [], {"malformed_line": 1}, 0),
    "no_value": (b"foo:|c", [], {"malformed_value": 1}, 0),
    "no_type": (b"foo:1|", [], {"malformed_component": 1}, 0),
    "an_empty_type_before_a_rate": (b"foo:1||@0.1", [], {"malformed_component": 1}, 0),
    "two_colons_before_the_bar": (b"a:b:1|c", [b"a:b:1|c"], {}, 0),
    "packed_values": (b"n:1:2:3|c", [b"n:1:2:3|c"], {}, 0),
    "a_rate_before_and_behind_the_tags": (
        b"r1:1|c|@0.1|#a:b\nr2:1|c|#a:b|@0.1", [b"r1:1|c|@0.1|#a:b", b"r2:1|c|#a:b|@0.1"], {}, 0),
    "tags_twice": (b"t2:1|c|#a:b|#c:d", [b"t2:1|c|#a:b|#c:d"], {}, 0),
    "fields_of_the_future": (
        b"f:1|c|c:abc|T1656581409|x:what|!!", [b"f:1|c|c:abc|T1656581409|x:what|!!"], {}, 0),
    "an_event": (b"_e{5,4}:title|text|#a:b", [b"_e{5,4}:title|text|#a:b"], {}, 0),
    "a_service_check": (b"_sc|disk.full|2|#a:b", [b"_sc|disk.full|2|#a:b"], {}, 0),
    "an_event_that_is_none": (b"_e{5,4}:ti|te\n_sc|x|9", [], {"illegal_event": 2}, 0),
    "the_word_status": (b"status\nstatus\n", [], {"malformed_line": 2}, 1),
    "a_set_of_texts": (b"s:user@example.org|s", [b"s:user@example.org|s"], {}, 0),
    "gauges_with_signs": (b"g:+1|g\ng:-1|g\ng:-0|g", [b"g:+1|g", b"g:-1|g", b"g:-0|g"], {}, 0),
    "a_rate_with_an_exponent": (b"r:1|c|@2e-1", [b"r:1|c|@2e-1"], {}, 0),
    "a_type_nobody_knows": (b"z:1|zzz", [b"z:1|zzz"], {}, 0),
    "spaces": (b" sp ace : 1 | c ", [b" sp ace : 1 | c "], {}, 0),
    "one_bad_line_between_good_ones": (
        b"good1:1|c\nbad\ngood2:1|c", [b"good1:1|c", b"good2:1|c"], {"malformed_line": 1}, 0),
    "one_good_line_and_a_thousand_bad_ones": (
        b"x\n" * 500 + b"alone:1|c\n" + b":\n" * 500, [b"alone:1|c"], {"malformed_line": 1000}, 1),
    "a_line_of_a_newline_and_carriage_return": (b"\r\n\r\n", [], {}, 3),
}  # fmt: skip

# Another router cut, or died of, datagrams around these lengths.
SIZES = (512, 513, 600, 1432, 1433, 1449, 1450, 1451, 1472, 1500, 4095, 4096, 4790, 8192, 65506)


class DatagramTest(RouterTest):
    """One router for all of them, so that each is also followed by others."""

    @classmethod
    def setUpClass(cls):
        holder = cls()
        holder.start_before(holder.start_nodes(3))
        cls.holder = holder
        cls.addClassCleanup(holder.doCleanups)

    def setUp(self):
        for name in ("nodes", "config", "router"):
            setattr(self, name, getattr(self.holder, name))

    def check(self, datagram, good, reasons, empty, transport="udp"):
        before, since = self.page(), self.counts()
        sender = self.sender(transport)
        sender.socket.send(datagram)
        received = len(good) + sum(reasons.values()) + empty
        after = self.wait_received(before.lines() + received)
        self.check_placed(good, since)
        self.assertEqual(after.lines() - before.lines(), received)
        self.assertEqual(after.lines("empty") - before.lines("empty"), empty)
        self.assertEqual(after.lines("routed") - before.lines("routed"), len(good))
        errors = {
            reason: count - before.errors().get(reason, 0)
            for reason, count in after.errors().items()
            if count != before.errors().get(reason, 0)
        }
        self.assertEqual(errors, reasons)
        return after

    def test_a_line_of_any_length_arrives_whole(self):
        for size in SIZES:
            with self.subTest(size=size):
                head, end = b"long.%d." % size, b":1|c"
                line = head + b"n" * (size - len(head) - len(end)) + end
                self.check(line, [line], {}, 0)

    def test_a_datagram_of_any_length_arrives_line_by_line(self):
        for size in (*SIZES, 65507):
            with self.subTest(size=size):
                lines, total = [], 0
                while size - total > 60:
                    lines.append(b"many%d.of%d:%d|c" % (len(lines) % 7, size, len(lines)))
                    total += len(lines[-1]) + 1
                lines.append((b"rest%d:1|c|#" % size).ljust(size - total, b"x"))
                datagram = b"\n".join(lines)
                self.assertEqual(len(datagram), size)
                self.check(datagram, lines, {}, 0)

    def test_a_line_longer_than_any_datagram_is_dropped_and_counted(self):
        # A datagram has 65,507 bytes, of which a line needs one for its end; over TCP lines may be
        # longer.
        for size, transport in ((65_507, "udp"), (65_530, "tcp")):
            with self.subTest(size=size):
                before, since = self.page(), self.counts()
                long = b"too.long:".ljust(size - 2, b"1") + b"|c"
                sender = self.sender(transport)
                sender.send([long])
                sender.send([b"next:1|c"])
                self.check_placed([b"next:1|c"], since)
                after = self.wait_page(
                    lambda page: page.dropped() != before.dropped(), "a line too long for a datagram"
                )
                dropped = after.dropped()["too_long"] - before.dropped().get("too_long", 0)
                self.assertEqual(dropped, 1)

    def test_nothing_of_all_this_was_lost(self):
        page = self.page()
        self.assertEqual(page.kernel_drops, 0)
        self.assertEqual(set(page.dropped()) - {"too_long"}, set())


def _add_cases():
    for name, (datagram, good, reasons, empty) in CASES.items():

        def test(self, datagram=datagram, good=good, reasons=reasons, empty=empty):
            self.check(datagram, good, reasons, empty)

        setattr(DatagramTest, f"test_{name}", test)


_add_cases()


class ValidationTest(RouterTest):
    LINES = [b"ok:1|c", b"ok:1|zzz", b"ok:x|c", b"ok:1|c|@x", b"junk", b":", b"foo:1"]

    def check(self, level, good):
        self.start_before(self.start_nodes(2), validation=level)
        self.sender().send(self.LINES)
        page = self.wait_received(len(self.LINES))
        self.check_placed(good)
        self.assertEqual(page.lines("malformed"), len(self.LINES) - len(good))

    def test_off_sends_everything_on(self):
        self.check("off", self.LINES)

    def test_structure_looks_at_the_form_alone(self):
        self.check("structure", self.LINES[:4])

    def test_strict_sends_what_a_statsd_server_reads(self):
        self.check("strict", self.LINES[:1])

    def test_lines_without_colon_are_placed_as_a_whole_by_etsys_placement(self):
        self.start_before(self.start_nodes(3), validation="off", placement="etsy")
        self.send_and_check([b"nocolon%d" % i for i in range(50)] + [b":1|c"])


class KeyTest(RouterTest):
    """What of a line decides where it goes."""

    def node_of(self, name):
        placement = self.owners([name + b":1|c"])
        return next(label for label, lines in placement.items() if lines)

    def test_by_name_every_form_of_a_name_goes_to_one_node(self):
        self.start_before(self.start_nodes(5))
        sender, total = self.sender(), 0
        for i in range(40):
            name = b"svc%d.hits" % i
            lines = [
                name + b":1|c", name + b":2|c|#a:b", name + b":3|c|@0.5|#z:y", name + b",a=b:4|c",
                name + b"#a=b:5|c", name + b"[a=b]:6|c", name + b":7|g", name + b":8:9|ms",
            ]  # fmt: skip
            sender.send(lines)
            total += len(lines)
            self.wait_arrived(total)
            home = self.nodes[self.node_of(name)]
            self.assertEqual([line for line in home.lines() if line.startswith(name)], lines)

    def test_by_series_tags_spread_a_name_and_their_order_does_not_matter(self):
        self.start_before(self.start_nodes(4), key="series")
        lines = [b"spread:1|c|#host:h%d,zone:z" % i for i in range(60)]
        turned = [b"spread:2|c|@0.5|#zone:z,host:h%d" % i for i in range(60)]
        self.send_all(lines + turned)
        self.wait_arrived(len(lines + turned))
        homes = {
            line: label for label, node in self.nodes.items() for line in node.lines()
        }
        self.assertEqual([homes[line] for line in lines], [homes[line] for line in turned])
        self.assertEqual(set(homes.values()), set(self.nodes))

    def test_by_series_names_without_tags_go_where_names_go(self):
        self.start_before(self.start_nodes(4), key="series")
        self.send_and_check(made_lines(200))

    def test_by_mapped_names_that_become_one_series_meet(self):
        rules = self.temp_dir() / "rules.yml"
        rules.write_text(
            "mappings:\n"
            "- match: old.*.requests\n  name: requests\n  labels: {service: $1}\n"
            "- match: requests.of.*\n  name: requests\n  labels: {service: $1}\n"
        )
        self.start_before(self.start_nodes(4), key="mapped", mapping=str(rules))
        old = [b"old.svc%d.requests:1|c" % i for i in range(50)]
        new = [b"requests.of.svc%d:2|c" % i for i in range(50)]
        tagged = [b"requests:3|c|#service:svc%d" % i for i in range(50)]
        self.send_all(old + new + tagged)
        self.wait_arrived(150)
        homes = {line: label for label, node in self.nodes.items() for line in node.lines()}
        for one, two, three in zip(old, new, tagged):
            self.assertEqual(homes[one], homes[two], one)
            self.assertEqual(homes[one], homes[three], one)
        self.assertEqual(set(homes.values()), set(self.nodes))


if __name__ == "__main__":
    unittest.main()
