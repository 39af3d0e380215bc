"""What the machine is and what a process of it has used."""

import os
import pathlib
import platform
import re
import statistics
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process, its threads included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_megabytes(pid):
    """Resident set of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024 / 1e6


def wait_idle(pid, deadline=300):
    """Until the process has used at most one tick in 0.3 s."""
    end = time.monotonic() + deadline
    before = cpu_seconds(pid)
    while time.monotonic() < end:
        time.sleep(0.3)
        now = cpu_seconds(pid)
        if now - before <= 1.01 / TICKS:
            return
        before = now
    raise TimeoutError(f"process {pid} is still busy after {deadline} s")


def sysctl(name):
    return pathlib.Path("/proc/sys", name.replace(".", "/")).read_text().strip()


def load_average():
    return os.getloadavg()[0]


def describe():
    """The machine in one line."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    field = lambda name: (re.search(rf"^{name}\s*:\s*(.*)$", cpuinfo, re.MULTILINE) or [0, "?"])[1]
    return (
        f"{field('model name')} (model {field('model')}), {os.cpu_count()} cores, "
        f"Linux {platform.release()}, net.core.rmem_max {sysctl('net.core.rmem_max')}, "
        f"rmem_default {sysctl('net.core.rmem_default')}"
    )


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None
