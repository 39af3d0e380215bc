"""scripts/soak, as it is run by hand for longer."""

import os
import re
import subprocess

from harness import BUILD, ROOT, IntegrationTest

MINUTES = "2" if os.environ.get("CI") else "0.3"


class SoakTest(IntegrationTest):
    def test_every_line_of_every_transport_is_applied_through_deaths_drains_and_reloads(self):
        soak = subprocess.run(
            [ROOT / "scripts" / "soak", "--minutes", MINUTES],
            env=os.environ | {"WEIR_BUILD": str(BUILD)}, capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(soak.returncode, 0, soak.stdout[-4000:] + soak.stderr[-4000:])
        last = soak.stdout.splitlines()[-1]
        sent, applied = re.fullmatch(r"sent (\d+) = applied (\d+) \+ dropped 0", last).groups()
        self.assertEqual(sent, applied)
        self.assertGreater(int(sent), 100_000)
