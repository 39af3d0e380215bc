"""An exporter with mapping files, and the page that the lines sent to it make."""

from harness import IntegrationTest
from page import OWN
from senders import TcpSender


def user_page(text):
    """The users' families of a text page, with their HELP and TYPE lines."""
    own = tuple(mark + name for name in OWN for mark in ("", "# HELP ", "# TYPE "))
    return "".join(line for line in text.splitlines(True) if not line.startswith(own))


class MappedTest(IntegrationTest):
    """Each test has a directory of its own for mapping files."""

    def setUp(self):
        self.directory = self.temp_dir()

    def write(self, text, name="mapping.yml"):
        path = self.directory / name
        path.write_text(text)
        return path

    def start_mapped(self, text, *flags):
        return self.start_exporter(f"--statsd.mapping-config={self.write(text)}", *flags)

    def send(self, exporter, *lines):
        """Sends the lines over TCP and returns a page that has all of them."""
        wanted = exporter.scrape().value("statsd_exporter_lines_total") + len(lines)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([line.encode() for line in lines])

        def settled(page):
            ended = page.value("weir_samples_applied_total") + page.sum("weir_samples_dropped_total")
            received = page.value("statsd_exporter_lines_total")
            return received >= wanted and page.value("statsd_exporter_samples_total") == ended

        return exporter.wait_for(settled, f"{wanted} lines received and all samples at their end")

    def check_page(self, page, wanted):
        """The users' part of the page is exactly this text."""
        self.maxDiff = None
        self.assertMultiLineEqual(user_page(page.text), wanted)
