"""examples/browser in a real browser."""

import contextlib
import functools
import http.server
import os
import pathlib
import re
import shutil
import signal
import threading
import unittest

from harness import ROOT, start, stop
from http_intake import IntakeTest

EXAMPLE = ROOT / "examples" / "browser"
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)


class Page(http.server.SimpleHTTPRequestHandler):
    """The example, changed to send to our port, and to be left for /left once it is painted."""

    port = 0

    def do_GET(self):
        if self.path == "/":
            text = (EXAMPLE / "index.html").read_text().replace(":8825/", f":{self.port}/")
            leave = "<script>onload = () => setTimeout(() => location = '/left', 500)</script>"
            self.answer("text/html", text.replace("</html>", leave + "</html>").encode())
        elif self.path == "/vitals.js":
            self.answer("text/javascript", (EXAMPLE / "vitals.js").read_bytes())
        else:
            self.answer("text/html", b"<p>left")

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class BrowserTest(IntakeTest):
    @staticmethod
    def end(browser):
        """Ends the helpers of a browser too: one of them outlives it now and then."""
        stop(browser)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(browser.pid, signal.SIGKILL)

    def test_the_script_is_small(self):
        script = (EXAMPLE / "vitals.js").read_text()
        self.assertLessEqual(len(re.sub(r"\n\s*", "\n", script).encode()), 1024)

    @unittest.skipIf(BROWSER is None, f"none of {', '.join(BROWSERS)} is installed")
    def test_a_beacon_brings_the_web_vitals_without_a_preflight(self):
        exporter = self.start_http_exporter("--http-timeout-read=30")
        handler = functools.partial(type("Page", (Page,), {"port": self.intake}))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = self.temp_dir()
        with open(pathlib.Path(profile) / "log", "wb") as log:
            browser = start(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", "--remote-debugging-port=0",
                 f"http://127.0.0.1:{server.server_address[1]}/"],
                stdout=log, stderr=log, process_group=0)
            self.addCleanup(self.end, browser)
        page = exporter.wait_for_value(1, "web_vitals_ttfb_count", page="example")
        self.assertEqual(page.value("web_vitals_fcp_count", page="example"), 1)
        self.assertEqual(page.value("weir_http_intake_requests_total", code="200"), 1)
        self.assertIsNone(page.get("weir_http_intake_requests_total", code="204"))
        self.assertEqual(page.sum("weir_samples_dropped_total"), 0)
