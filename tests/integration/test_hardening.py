"""What a memory error could do is made hard: how the programs are linked and compiled."""

import os
import subprocess
import unittest

from harness import BUILD, EXPORTER, ROUTER, IntegrationTest


def read_elf(binary, *flags):
    return subprocess.run(
        ["readelf", "--wide", *flags, binary], capture_output=True, text=True, check=True
    ).stdout


def segments(binary, name):
    """The rights (of R, W and E) of every program header of this type."""
    rows = [line.split() for line in read_elf(binary, "--program-headers").splitlines()]
    # Type, offset, two addresses, two sizes, rights, alignment.
    return [set("".join(row[6:-1])) for row in rows if row and row[0] == name]


@unittest.skipIf(os.environ.get("WEIR_SANITIZED"), "sanitizers bring checks of their own")
class HardeningTest(IntegrationTest):
    PROGRAMS = (EXPORTER, ROUTER)
    LIBRARIES = tuple(sorted((BUILD / "weir-tls").glob("*.so")))

    def test_a_program_is_loaded_at_another_address_each_time(self):
        for program in self.PROGRAMS:
            self.assertIn("Position-Independent Executable", read_elf(program, "--file-header"), program)

    def test_what_the_loader_resolved_is_read_only(self):
        self.assertEqual(len(self.LIBRARIES), 2)
        for binary in self.PROGRAMS + self.LIBRARIES:
            self.assertEqual(len(segments(binary, "GNU_RELRO")), 1, binary)
            self.assertIn("BIND_NOW", read_elf(binary, "--dynamic"), binary)

    def test_no_page_is_both_written_and_executed(self):
        for binary in self.PROGRAMS + self.LIBRARIES:
            stack, = segments(binary, "GNU_STACK")
            for rights in (stack, *segments(binary, "LOAD")):
                self.assertFalse({"W", "E"} <= rights, binary)

    def test_an_overrun_of_the_stack_or_of_a_known_buffer_ends_the_program(self):
        for program in self.PROGRAMS:
            symbols = read_elf(program, "--dyn-syms")
            self.assertIn("__stack_chk_fail", symbols, program)
            self.assertRegex(symbols, "__(memcpy|snprintf|read|recv)_chk", program)

    def test_no_path_of_the_machine_that_built_it_is_inside(self):
        root = f"{BUILD.resolve().parent}/".encode()
        for program in self.PROGRAMS:
            self.assertFalse(root in program.read_bytes(), program)
