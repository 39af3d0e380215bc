"""Certificates for tests, made by the openssl command."""

import collections
import ssl
import subprocess

# The files of a certificate and its key.
Pair = collections.namedtuple("Pair", "certificate key")

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A CA whose files live in a directory of the test."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.name = name
        self.certificate, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        openssl("req", "-x509", *EC, "-days", 2, "-subj", f"/CN={name}", "-keyout", self.key,
                "-out", self.certificate)  # fmt: skip

    def issue(self, name, sans="DNS:localhost,IP:127.0.0.1", days=2):
        """A certificate for a server or a client; of -1 days it has expired."""
        stem = self.directory / f"{self.name}-{name}"
        pair = Pair(stem.with_suffix(".pem"), stem.with_suffix(".key"))
        request, extensions = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={sans}\n")
        openssl("req", "-new", *EC, "-subj", f"/CN={name}", "-keyout", pair.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extensions,
                "-out", pair.certificate)  # fmt: skip
        return pair

    def client(self, pair=None):
        """How a client that trusts this CA connects, with a certificate or without."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        if pair:
            context.load_cert_chain(*pair)
        return context


def replace(pair, by):
    """Puts another certificate and its key into the files of one, as tools that renew them do."""
    for old, new in zip(pair, by):
        fresh = old.with_name(old.name + ".new")
        fresh.write_bytes(new.read_bytes())
        fresh.rename(old)
