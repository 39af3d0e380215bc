"""What a router's page says, under the only place that knows the names of its metrics."""

LINES = "weir_lines_total"
LINE_ERRORS = "weir_line_errors_total"
OWN_LINES = "weir_own_lines_total"
TAKEN = "weir_downstream_taken_lines_total"
SENT_LINES = "weir_downstream_sent_lines_total"
SENT_PACKETS = "weir_downstream_sent_packets_total"
SENT_BYTES = "weir_downstream_sent_bytes_total"
RETURNED = "weir_downstream_returned_lines_total"
DROPPED = "weir_downstream_dropped_lines_total"
WAITING = "weir_downstream_waiting_lines"
WAITING_BYTES = "weir_downstream_waiting_bytes"
HELD = "weir_downstream_held_lines"
UP = "weir_downstream_up"
IN_RING = "weir_downstream_in_ring"
DRAINED = "weir_downstream_drained"
CHANGES = "weir_downstream_state_changes_total"
PROBES = "weir_downstream_probes_total"
PROBE_FAILURES = "weir_downstream_probe_failures_total"
REFUSALS = "weir_downstream_refusals_total"
RING = "weir_ring_info"
PANIC = "weir_panic"
HEALTHY = "weir_up"
RELOADS = "weir_config_reloads_total"
LAST_RELOAD = "weir_config_last_reload_successful"
KERNEL_DROPS = "weir_kernel_drops_total"
OPEN_CONNECTIONS = "weir_open_connections"
TOO_LONG_LINES = "weir_too_long_lines_total"


class RouterPage:
    """One scrape of a router."""

    def __init__(self, router):
        self.page = router.scrape()

    def lines(self, verdict=None):
        """Lines received: all, or those that were empty, malformed or routed."""
        if verdict is None:
            return self.page.sum(LINES)
        return self.page.value(LINES, verdict=verdict)

    def errors(self):
        """Malformed lines by reason, without those of which there are none."""
        return {
            dict(labels)["reason"]: value
            for (name, labels), value in self.page.samples.items()
            if name == LINE_ERRORS and value
        }

    def dropped(self, label=None):
        """Lines dropped by reason: of one downstream, or of all and the retired ones."""
        found = {}
        for (name, labels), value in self.page.samples.items():
            facts = dict(labels)
            if name == DROPPED and value and label in (None, facts["downstream"]):
                found[facts["reason"]] = found.get(facts["reason"], 0) + value
        return found

    def of(self, name, label):
        return self.page.value(name, downstream=label)

    def total(self, name):
        return self.page.sum(name)

    def in_ring(self):
        """The labels of the nodes that have keys."""
        return {
            facts["downstream"]
            for facts in self.page.series(IN_RING)
            if self.of(IN_RING, facts["downstream"])
        }

    def is_up(self, label):
        return self.of(UP, label) == 1

    def brief(self):
        """What is not zero, for messages."""
        return "\n".join(
            line for line in self.page.text.splitlines()
            if line.startswith("weir_") and not line.endswith(" 0")
        )  # fmt: skip

    @property
    def fingerprint(self):
        return self.page.series(RING)[0]["fingerprint"]

    @property
    def kernel_drops(self):
        return self.page.sum(KERNEL_DROPS)
