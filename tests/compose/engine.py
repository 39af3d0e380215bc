"""The Docker engine and docker-compose.yml for tests, by the ordinary commands."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "examples" / "demo")]

from program import wait_until  # noqa: E402

__all__ = ["ROOT", "Cluster", "Container", "docker", "output_of", "wait_until"]


def output_of(*command, **options):
    """What a command prints. When it fails, that is an error with all that it said."""
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    if done.returncode != 0:
        words = " ".join(map(str, command))
        raise AssertionError(f"{words}: exit status {done.returncode}\n{done.stdout[-4000:]}")
    return done.stdout


def docker(*words):
    return output_of("docker", *words)


class Container:
    """A running container, which remove() ends."""

    def __init__(self, image, *arguments, options=()):
        self._id = docker("run", "--detach", *options, image, *arguments).split()[-1]

    def run(self, *command):
        return docker("exec", self._id, *command)

    def log(self):
        return docker("logs", self._id)

    def wait_ready(self):
        wait_until(lambda: "msg=Ready" in self.log(), lambda: f"it is ready; its log:\n{self.log()}")
        return self

    def health(self):
        return docker("inspect", "--format", "{{.State.Health.Status}}", self._id).strip()

    def address(self):
        return docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self._id).strip()

    def stop(self):
        """Ends it by SIGTERM and returns its exit status."""
        docker("stop", self._id)
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", self._id))

    def remove(self):
        docker("rm", "--force", "--volumes", self._id)


class Cluster:
    """docker-compose.yml under a name of its own, without Grafana, which has no stand-in."""

    PROJECT = "weir-test"
    NETWORK = f"{PROJECT}_default"

    def __init__(self):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True)
        command = ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]
        self._words = [*command, "--project-name", self.PROJECT]
        self._options = {"cwd": ROOT, "env": os.environ | {"COMPOSE_PROFILES": ""}}

    def compose(self, *words):
        return output_of(*self._words, *words, **self._options)

    def begin(self, *words):
        """Starts a command of compose, whose output is to be read."""
        return subprocess.Popen(
            [*self._words, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self._options,
        )

    def container(self, service):
        """The id of its container."""
        return self.compose("ps", "--quiet", service).split()[-1]

    def run(self, service, *command):
        """What a command in its container prints."""
        return docker("exec", self.container(service), *command)

    def address(self, service):
        container = json.loads(docker("inspect", self.container(service)))[0]
        return container["NetworkSettings"]["Networks"][self.NETWORK]["IPAddress"]

    def cut(self, service):
        """Takes it off the network."""
        docker("network", "disconnect", self.NETWORK, self.container(service))

    def mend(self, service):
        """Puts it on the network again, under its name."""
        docker("network", "connect", "--alias", service, self.NETWORK, self.container(service))
