#!/usr/bin/python3
"""Runs the integration tests: every test_*.py beside this file, or those whose name holds FILTER.

usage: run.py [--list] [FILTER]

Prints a line for each test, what went wrong where something did, and ends with the line
`N passed, N failed` (and `, N skipped`, where a machine cannot run a test; a skipped test has not
passed). FILTER is a part of `file.class.method`, as printed. $WEIR_BUILD names the folder with the
binaries (default: build/).
"""

import faulthandler
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TEST_SECONDS = 900


class Result(unittest.TestResult):
    """Prints as it goes."""

    def __init__(self):
        super().__init__()
        self.passed = 0

    def startTest(self, test):
        super().startTest(test)
        self._start = time.monotonic()
        # A test that hangs ends the run, with every thread's stack.
        faulthandler.dump_traceback_later(TEST_SECONDS, exit=True)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)

    def _say(self, word, test, detail=""):
        seconds = time.monotonic() - getattr(self, "_start", time.monotonic())
        print(f"{word:7} {test.id()} ({seconds:.1f} s)", flush=True)
        if detail:
            print("".join(f"    {line}\n" for line in detail.splitlines()), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("FAILED", test, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        super().addError(test, err)
        self._say("FAILED", test, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._say("FAILED", subtest, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("SKIPPED", test, reason)

    @property
    def failed(self):
        return len(self.failures) + len(self.errors)


def every_test(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from every_test(item)
        else:
            yield item


def main(arguments):
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    listing = bool(arguments) and arguments[0] == "--list"
    wanted = (arguments[1:] if listing else arguments) or [""]
    sys.path.insert(0, str(HERE))
    found = every_test(unittest.TestLoader().discover(str(HERE), "test_*.py"))
    # TestSuite, so that setUpClass runs once for the tests of a class.
    suite = unittest.TestSuite(test for test in found if wanted[0] in test.id())
    if listing:
        print("\n".join(test.id() for test in suite))
        return 0
    result = Result()
    suite.run(result)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{result.passed} passed, {result.failed} failed{skipped}")
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
