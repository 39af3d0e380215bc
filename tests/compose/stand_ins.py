"""Images that a registry would give, made here: for machines that reach none.

They are called as docker-compose.yml and the Dockerfiles call theirs, and labelled weir.stand-in. An
image that is there already, under its name, is taken as it is.
"""

import pathlib
import re
import subprocess
import tempfile

from engine import ROOT, docker, output_of

LABEL = "weir.stand-in"
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DEBIAN = re.search(r"^FROM (debian:\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE).group(1)
PROMETHEUS = re.search(r"image: (prom/prometheus:\S+)", COMPOSE).group(1)

RELEASE = re.search(r"VERSION_CODENAME=(\w+)", pathlib.Path("/etc/os-release").read_text()).group(1)
# What tells apt where packages are and whom to trust; not its passwords.
SOURCES = (
    "/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/apt.conf.d", "/etc/apt/keyrings",
    "/etc/apt/trusted.gpg.d", "/usr/share/keyrings", "/etc/ssl/certs/ca-certificates.crt",
)  # fmt: skip

# As in prom/prometheus: the same paths, the same user.
PROMETHEUS_FILE = f"""
FROM {DEBIAN}
LABEL {LABEL}=true
RUN apt-get update && apt-get install -y --no-install-recommends prometheus && \\
    install -d -o 65534 /prometheus
USER 65534
WORKDIR /prometheus
ENTRYPOINT ["/usr/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
"""


def exists(image):
    return subprocess.run(["docker", "inspect", image], capture_output=True).returncode == 0


def make_debian():
    """The smallest system of this machine's release, with packages from where this machine has them."""
    indexes = output_of(
        "apt-get", "indextargets", "--format=$(CODENAME) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"
    )
    release, mirror = re.search(rf"^({RELEASE}) main (\S+)$", indexes, re.MULTILINE).groups()
    with tempfile.TemporaryDirectory(prefix="weir-debian-") as directory:
        root, tar = f"{directory}/root", f"{directory}/root.tar"
        output_of("debootstrap", "--variant=minbase", "--include=ca-certificates", release, root, mirror)
        (pathlib.Path(root) / "etc/apt/sources.list").unlink(missing_ok=True)
        there = [path for path in SOURCES if pathlib.Path(path).exists()]
        output_of("cp", "--recursive", "--parents", f"--target-directory={root}", *there)
        output_of("tar", "-C", root, "-cf", tar, ".")
        docker("import", f"--change=LABEL {LABEL}=true", '--change=CMD ["bash"]', tar, DEBIAN)


def make_prometheus():
    with tempfile.TemporaryDirectory(prefix="weir-prometheus-") as directory:
        (pathlib.Path(directory) / "Dockerfile").write_text(PROMETHEUS_FILE)
        docker("build", "--quiet", "--tag", PROMETHEUS, directory)


def make_missing():
    for image, make in ((DEBIAN, make_debian), (PROMETHEUS, make_prometheus)):
        if not exists(image):
            print(f"making a stand-in of {image}", flush=True)
            make()


def remove():
    """The stand-ins' names; what was built from them stays."""
    for image in (PROMETHEUS, DEBIAN):
        labels = docker("inspect", "--format", "{{.Config.Labels}}", image) if exists(image) else ""
        if LABEL in labels:
            docker("rmi", image)
