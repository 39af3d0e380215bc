"""The programs of docker-compose.yml, by the same names, as processes on the loopback."""

import ctypes
import os
import pathlib
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PROMETHEUS_CONFIG = HERE.parent / "prometheus" / "demo.yml"
NODES = ("a", "b", "c")
# Clients connect from 127.0.0.1: here no port of theirs is in the way of an exporter that returns.
HOST = "127.0.0.2"
SECONDS_DEAD = 2
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class Failed(Exception):
    pass


def free_addresses(count):
    """Addresses of HOST that were free for TCP and UDP a moment ago."""
    held, addresses = [], []
    while len(addresses) < count:
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        held += [tcp, udp]
        tcp.bind((HOST, 0))
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            continue
        addresses.append("%s:%d" % tcp.getsockname())
    for one in held:
        one.close()
    return addresses


class Cluster:
    """Programs that run until stop(). Logs and data are in `directory`, weir's programs in `build`."""

    def __init__(self, build, directory):
        self._build = build
        self._directory = directory
        self._processes = {}
        self._dead_since = {}
        names = ["router:8125", "router:9145", "prometheus:9090", "ruby:8000", "python:8000"]
        names += ["load:8000"]
        names += [f"exporter-{node}:{port}" for node in NODES for port in (9102, 9125, 9126)]
        self.address = dict(zip(names, free_addresses(len(names))))

    def url(self, name):
        return f"http://{self.address[name]}/"

    def start(self, name):
        command, directory = self._command(name)
        with open(self._log(name), "ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=directory,
                env=os.environ | self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for whoever made the cluster, and nothing outlives that.
                start_new_session=True,
                preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL),
            )

    def _command(self, name):
        """The words to run, and in which folder."""
        if name == "ruby":
            return ["/usr/bin/puma", "--config", "puma.rb"], HERE / "ruby"
        if name == "python":
            return ["/usr/bin/gunicorn"], HERE / "python"
        if name == "router":
            return [self._build / "weir-router", self._config(HERE / "router.yml")], HERE
        if name == "prometheus":
            return [
                "prometheus",
                f"--config.file={self._config(PROMETHEUS_CONFIG)}",
                f"--storage.tsdb.path={self._directory / 'tsdb'}",
                f"--web.listen-address={self.address['prometheus:9090']}",
            ], HERE
        return [
            self._build / "weir-exporter",
            f"--statsd.listen-udp={self.address[f'{name}:9125']}",
            f"--statsd.listen-tcp={self.address[f'{name}:9125']}",
            f"--web.listen-address={self.address[f'{name}:9102']}",
            f"--admin.listen-address={self.address[f'{name}:9126']}",
            f"--statsd.mapping-config={HERE / 'mapping.yml'}",
            f"--ring.config-file={self._config(HERE / 'router.yml')}",
            f"--ring.self={name.removeprefix('exporter-')}",
        ], HERE

    def _environment(self, name):
        statsd = self.address["router:8125"]
        host, port = statsd.split(":")
        app = {
            "ruby": {"STATSD_ADDR": statsd, "BIND": f"tcp://{self.address['ruby:8000']}"},
            "python": {
                "STATSD_HOST": host,
                "STATSD_PORT": port,
                "BIND": self.address["python:8000"],
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        }
        return app.get(name, {})

    def _config(self, path):
        """A configuration of the composed demo, with the addresses of this one. There the router
        listens on ":8125", which is "router:8125" to the others."""
        config = self._directory / path.name
        if config.exists():  # router and exporters watch the same file
            return config
        text = path.read_text()
        if path.stem == "router":
            text = text.replace('":', '"router:')
        for name, address in self.address.items():
            text = text.replace(f'"{name}"', f'"{address}"')
        config.write_text(text)
        return config

    def _log(self, name):
        return self._directory / f"{name}.log"

    def pid(self, name):
        return self._processes[name].pid

    def kill(self, name):
        self._processes[name].kill()
        self._processes[name].wait()

    def look_after(self):
        """Starts exporters again that have been dead for a while. Nothing else may end."""
        for name, process in list(self._processes.items()):
            if process.poll() is None:
                continue
            if not name.startswith("exporter-"):
                raise Failed(f"{name} ended; its log:\n{self._log(name).read_text()[-2000:]}")
            since = self._dead_since.setdefault(name, time.monotonic())
            if time.monotonic() > since + SECONDS_DEAD:
                del self._dead_since[name]
                self.start(name)

    def health(self, node, word):
        """Has an exporter tell the router's probes that it is `up` or `down`."""
        host, port = self.address[f"exporter-{node}:9126"].split(":")
        with socket.create_connection((host, int(port)), timeout=5) as admin:
            admin.sendall(f"health {word}\n".encode())
            if admin.recv(100) != f"health: {word}\n".encode():
                raise Failed(f"exporter {node} does not take `health {word}`")

    def stop(self):
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
