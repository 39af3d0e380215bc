"""The model test in small, and that it can fail: each kind of wrong is shown to its ledger once."""

import unittest

from model_ledger import BLOCKED, DOWN, LOST, Ledger, drop_problem
from model_lines import Line
from router_model import Model

# Every placement and every on_down is among them.
SEEDS = (3, 8, 14, 101, 113, 115, 116, 118)
OPERATIONS = 12


class ModelTest(unittest.TestCase):
    def check(self, seed):
        model = Model(seed)
        model.run(OPERATIONS)
        self.assertGreater(model.ledger.arrived, 1000)


def _add_seeds():
    for seed in SEEDS:
        name = f"test_seed_{seed}_goes_as_the_oracle_says"
        setattr(ModelTest, name, lambda self, seed=seed: self.check(seed))


_add_seeds()


class FakePage:
    """What a page tells, for a ledger to compare."""

    def __init__(self, routed=0, empty=0, errors=(), kernel_drops=0):
        self._lines = {"routed": routed, "empty": empty, "malformed": sum(dict(errors).values())}
        self._errors = dict(errors)
        self.kernel_drops = kernel_drops

    def lines(self, verdict=None):
        return self._lines[verdict] if verdict else sum(self._lines.values())

    def errors(self):
        return self._errors


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger(mtu=40)
        self.send(1, b"one:1|c", {"a"})
        self.send(2, b"one:2|c", {"a", "b"})
        self.send(3, b"two:3|c", {"b"}, key=b"two")

    def send(self, number, text, allowed, key=b"one"):
        self.ledger.send(Line(number, text, key=key), "udp", allowed)

    def check_wrong(self, packet, says, label="a"):
        with self.assertRaisesRegex(AssertionError, says):
            self.ledger.take(label, 0, packet)

    def test_what_is_right_is_taken(self):
        self.ledger.take("a", 0, b"one:1|c\none:2|c\n")
        self.ledger.take("b", 0, b"two:3|c\n")
        self.ledger.check_drops({})
        self.ledger.check_page(FakePage(routed=3))

    def test_a_line_at_the_wrong_node_is_found(self):
        self.check_wrong(b"one:1|c\n", "allowed was", label="b")

    def test_a_line_that_comes_twice_is_found(self):
        self.check_wrong(b"one:1|c\none:1|c\n", "twice")

    def test_a_line_that_comes_twice_to_different_nodes_is_found(self):
        self.ledger.take("a", 0, b"one:2|c\n")
        self.check_wrong(b"one:2|c\n", "twice", label="b")

    def test_a_cut_line_is_found(self):
        self.check_wrong(b"one:1|\n", "nobody sent")
        self.check_wrong(b"one:1|c", "ends within a line")

    def test_a_changed_line_is_found(self):
        self.check_wrong(b"one:1|c|#x\n", "nobody sent")
        self.check_wrong(b"one:1|c\r\n", "nobody sent")

    def test_an_empty_line_is_found(self):
        self.check_wrong(b"one:1|c\n\n", "nobody sent")

    def test_two_lines_that_changed_places_are_found(self):
        self.check_wrong(b"one:2|c\none:1|c\n", "after line 2")

    def test_a_packet_over_the_mtu_is_found_unless_one_line_is_so_long(self):
        long = b"long".ljust(45, b"g") + b":5|c"
        self.send(5, long, {"a"}, key=b"long")
        self.check_wrong(long + b"\none:1|c\n", "2 lines in")
        self.ledger.take("a", 0, long + b"\n")

    def test_a_line_that_never_came_is_found(self):
        self.ledger.take("a", 0, b"one:1|c\none:2|c\n")
        for dropped in ({}, {"refused": 1}, {"down": 1}, {"other": 1}):
            with self.assertRaisesRegex(AssertionError, "missing"):
                self.ledger.check_drops(dropped)

    def test_a_page_that_miscounts_is_found(self):
        for page in (
            FakePage(routed=2), FakePage(routed=4), FakePage(routed=3, empty=1),
            FakePage(routed=2, errors={"malformed_line": 1}), FakePage(routed=3, kernel_drops=1),
        ):  # fmt: skip
            with self.assertRaisesRegex(AssertionError, "the page tells"):
                self.ledger.check_page(page)
        self.ledger.send(Line(9, b"junk", reason="malformed_line"), "udp", ())
        with self.assertRaisesRegex(AssertionError, "the page tells"):
            self.ledger.check_page(FakePage(routed=3, errors={"malformed_value": 1}))

    def test_drop_counters_that_miscount_are_found(self):
        self.ledger.take("b", 0, b"one:2|c\ntwo:3|c\n")
        (missing,) = self.ledger.missing()
        for outcome, right in ((DOWN, {"down": 1}), (BLOCKED, {"would_block": 1})):
            missing.allowed = frozenset({outcome})
            self.assertIsNone(drop_problem([missing], right, 0))
            for wrong in ({}, {"down": 2}, {"would_block": 2}, {"refused": 2}, {"too_long": 1}):
                self.assertIsNotNone(drop_problem([missing], wrong, 0), (outcome, wrong))
        missing.allowed = frozenset({"a", LOST})
        for right in ({}, {"refused": 1}):
            self.assertIsNone(drop_problem([missing], right, 0))
        self.assertIsNotNone(drop_problem([missing], {"refused": 2}, 0))
        self.assertIsNotNone(drop_problem([missing], {"down": 1}, 0))
        # What is held has not arrived, and no more than that.
        missing.allowed = frozenset({"a"})
        self.assertIsNone(drop_problem([missing], {}, 1))
        self.assertIsNotNone(drop_problem([missing], {}, 0))
        self.assertIsNotNone(drop_problem([missing], {}, 2))
