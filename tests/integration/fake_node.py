"""A fake downstream: a data side that records, and a health side that can play ill."""

from fake_data import DatagramSink, StreamSink
from fake_health import HealthPort


class FakeNode:
    """`transport`: udp, tcp, or unixgram with a path. Without a health side nobody probes it.
    `at`: host, data port and health port, when they must be these."""

    def __init__(self, label, transport="udp", path=None, health="up", at=("127.0.0.1", 0, 0)):
        self.label = label
        host, data_port, health_port = at
        is_stream = transport == "tcp"
        self.data = StreamSink() if is_stream else DatagramSink(path, f"{host}:{data_port}")
        self.health = HealthPort(health, address=(host, health_port)) if health else None

    def config(self, **more):
        """Its entry in `downstreams`."""
        entry = {"address": self.data.address, "label": self.label, "transport": self.data.transport}
        entry["health"] = self.health.address if self.health else "none"
        return {**entry, **more}

    def lines(self):
        return self.data.lines()

    def crash(self):
        """As a process that was killed: both ports refuse."""
        if self.health:
            self.health.set("refused")
        self.data.close_port()

    def come_back(self):
        self.data.open_port()
        if self.health:
            self.health.set("up")

    def end(self):
        if self.health:
            self.health.end()
        self.data.end()

