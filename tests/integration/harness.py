"""The real weir-exporter and weir-router for tests, and the test case that ends them.

The binaries are those in $WEIR_BUILD (default: build/ of this checkout). What both programs have in
common is in program.py; its names are to be had here too.
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

from program import DEADLINE_SECONDS, Program, free_port, split_address, start, stop, wait_until

__all__ = [
    "BUILD", "DEADLINE_SECONDS", "EXPORTER", "Exporter", "HERE", "IntegrationTest", "LOAD",
    "Program", "ROOT", "ROUTER", "Router", "free_port", "split_address", "start", "stop",
    "wait_until",
]  # fmt: skip

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", ROOT / "build"))
HERE = pathlib.Path(__file__).resolve().parent
EXPORTER = BUILD / "weir-exporter"
ROUTER = BUILD / "weir-router"
LOAD = BUILD / "weir-load"
# What a process has open beside its many connections.
OTHER_DESCRIPTORS = 200


def missing(flags, defaults):
    """Those of `defaults` that are not among `flags`."""
    given = {flag.split("=", 1)[0] for flag in flags}
    return [flag for flag in defaults if flag.split("=", 1)[0] not in given]


class Exporter(Program):
    """One running weir-exporter. UDP, TCP and HTTP listen on 127.0.0.1:0 unless `flags` say otherwise."""

    DEFAULTS = (
        "--statsd.listen-udp=127.0.0.1:0",
        "--statsd.listen-tcp=127.0.0.1:0",
        "--web.listen-address=127.0.0.1:0",
    )

    def __init__(self, *flags, defaults=DEFAULTS, prefix=(), **options):
        super().__init__([*prefix, EXPORTER, *missing(flags, defaults), *flags], **options)


class Router(Program):
    """One running weir-router.

    `config` is a dict, which is written as YAML (JSON is YAML) with ports of 127.0.0.1:0 where it
    gives none; or a text of any form, for which flags move the ports; or nothing, when flags do.
    """

    KEYS = {"listen": {"udp": "127.0.0.1:0", "tcp": "127.0.0.1:0"}, "web": {"listen": "127.0.0.1:0"}}
    DEFAULTS = (
        "--listen-udp=127.0.0.1:0",
        "--listen-tcp=127.0.0.1:0",
        "--web.listen-address=127.0.0.1:0",
    )

    def __init__(self, config, *flags, defaults=None, prefix=(), name="router.yml", **options):
        self._directory = tempfile.TemporaryDirectory(prefix="weir-")
        self.file = pathlib.Path(self._directory.name) / name
        words = list(flags)
        if config is not None:
            self.write(config)
            words.insert(0, self.file)
        if defaults is None:
            defaults = () if isinstance(config, dict) else self.DEFAULTS
        super().__init__([*prefix, ROUTER, *words, *missing(flags, defaults)], **options)

    @staticmethod
    def text_of(config):
        """A dict as a configuration; the ports are the kernel's where it gives none."""
        if isinstance(config, str):
            return config
        full = {**config, **{key: {**Router.KEYS[key], **config.get(key, {})} for key in Router.KEYS}}
        return json.dumps(full, indent=1)

    def write(self, config):
        """Replaces the configuration, which the router will notice by itself sooner or later."""
        new = self.file.with_suffix(".new")
        new.write_text(self.text_of(config))
        new.rename(self.file)

    def reload(self, config=None):
        """Writes the configuration and has it read at once: the answer of /-/reload."""
        if config is not None:
            self.write(config)
        return self.request("POST", "/-/reload")

    def stop(self, *arguments):
        status = super().stop(*arguments)
        self._directory.cleanup()
        return status


class IntegrationTest(unittest.TestCase):
    """A test that starts programs. Each must end with 0: on SIGTERM at the latest."""

    def start_exporter(self, *flags, **options):
        exporter = Exporter(*flags, **options)
        self.addCleanup(exporter.end)
        return exporter.wait_ready()

    def start_router(self, config, *flags, **options):
        router = Router(config, *flags, **options)
        self.addCleanup(router.end)
        return router.wait_ready()

    def temp_dir(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        return directory

    def allow_connections(self, count):
        """Lets this process hold so many at once; a machine where it may not skips the test.

        Programs raise their limit themselves, as far as they may.
        """
        needed = count + OTHER_DESCRIPTORS
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"needs {needed} open files in a process, and the hard limit is {hard}")
        if soft != resource.RLIM_INFINITY and soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
            self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def load(self, program, *flags):
        """Runs weir-load against the program's UDP port and returns what it says it sent."""
        done = subprocess.run(
            [LOAD, f"--target={program.address('udp')}", *flags], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)
