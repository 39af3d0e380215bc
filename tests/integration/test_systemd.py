"""The systemd units of examples/systemd, as systemd itself reads them."""

import shutil
import subprocess
import unittest

from harness import BUILD, ROOT, IntegrationTest

UNITS = ROOT / "examples" / "systemd"


class UnitsTest(IntegrationTest):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "this machine has no systemd-analyze")
    def test_systemd_finds_nothing_to_complain_about(self):
        directory = self.temp_dir()
        units = sorted(UNITS.glob("*.*"))
        self.assertEqual(
            [unit.name for unit in units],
            [f"weir-{tier}.{kind}" for tier in ("exporter", "router") for kind in ("service", "socket")],
        )
        for unit in units:
            # systemd checks that the program is there.
            copy = directory / unit.name
            copy.write_text(unit.read_text().replace("/usr/local/bin", str(BUILD)))
        for unit in units:
            with self.subTest(unit.name):
                copy = directory / unit.name
                done = subprocess.run(
                    ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True
                )
                about_it = [line for line in done.stderr.splitlines() if unit.name in line]
                self.assertEqual((done.returncode, about_it), (0, []), done.stderr)


if __name__ == "__main__":
    unittest.main()
