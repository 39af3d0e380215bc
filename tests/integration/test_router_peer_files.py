"""The files of the routers before, as they are and in every hand in which people write them.

A variant must be read as the plain file is: `--print-config` says the same of both, to the byte. And
what the plain file means is said once more in Weir's own YAML, from docs/router-config.md.
"""

import subprocess

from harness import ROOT, ROUTER, IntegrationTest, Router
from program import DEADLINE_SECONDS

HULU = """data_port=8125
control_port=8126
downstream=127.0.0.1:8127:8128,127.0.0.1:8129:8130
downstream_flush_interval=1.0
downstream_health_check_interval=1.5
downstream_ping_interval=10.0
ping_prefix=statsd-cluster
log_level=2
threads_num=4
"""
HULU_LINES = HULU.splitlines()
HULU_PAIRS = [line.split("=", 1) for line in HULU_LINES]
HULU_MEANS = {
    "listen": {"udp": [":8125", ":8126", ":8127", ":8128"], "tcp": ""},
    "console": {"listen": ":8126", "style": "hulu"},
    "placement": "hulu",
    "mtu": 1450,
    "flush_interval": "1s",
    "health_check": {"interval": "1500ms", "timeout": "1500ms", "fall": 1, "rise": 1},
    "ping": {"interval": "10s", "prefix": "statsd-cluster"},
    "threads": 4,
}
HULU_VARIANTS = {
    "blank lines": "\n" + "\n\n".join(HULU_LINES) + "\n\n",
    "lines of blanks": " \t\n".join(line + "\n" for line in HULU_LINES),
    "the keys in another order": "\n".join(reversed(HULU_LINES)),
    "blanks around the equals sign": "\n".join(f"{key} = {value}" for key, value in HULU_PAIRS),
    "tabs around the equals sign": "\n".join(f"{key}\t=\t{value}" for key, value in HULU_PAIRS),
    "CRLF": HULU.replace("\n", "\r\n"),
    "no last newline": HULU.rstrip("\n"),
    "a byte order mark": "\ufeff" + HULU,
    "a comment on top": "# our router\n# data_port=1\n" + HULU,
    "a comment between": HULU.replace("control", "#control_port=99\ncontrol"),
    "an indented comment": HULU.replace("control", "   # control_port=99\ncontrol"),
    "comments behind the values": "\n".join(f"{line}  # as ever" for line in HULU_LINES),
    "a comment with umlauts": "# f\u00fcr die gro\u00dfe Kiste\n" + HULU,
    "double quotes": "\n".join(f'{key}="{value}"' for key, value in HULU_PAIRS),
    "single quotes": "\n".join(f"{key}='{value}'" for key, value in HULU_PAIRS),
    "blanks behind the lines": "\n".join(f"{line}   " for line in HULU_LINES),
    "indentation": "\n".join(f"    {line}" for line in HULU_LINES),
    "blanks behind the commas": HULU.replace(",", ", "),
    "whole numbers of seconds": HULU.replace("1.0", "1").replace("10.0", "10").replace("1.5", "1.50"),
    "numbers without the zero": HULU.replace("=1.0", "=1."),
    "no log level": HULU.replace("log_level=2\n", ""),
    "an unknown key": HULU + "future_key=17\n",
}

GO = """{
  "nodes": [
    {"host": "127.0.0.1", "port": 8127, "adminport": 8128},
    {"host": "10.0.0.2", "port": 8129, "adminport": 8130}
  ],
  "host": "0.0.0.0",
  "port": 8125,
  "managementport": 8126,
  "checkInterval": 10
}
"""
GO_KEYS = ("nodes", "host", "port", "adminport", "managementport", "checkInterval")
GO_MEANS = {
    "listen": {"udp": "0.0.0.0:8125", "tcp": ""},
    "console": {"listen": ":8126", "style": "go"},
    "health_check": {"interval": "10s", "timeout": "10s", "fall": 1, "rise": 1},
}


def spelled(text, change):
    for key in GO_KEYS:
        text = text.replace(f'"{key}"', f'"{change(key)}"')
    return text


GO_VARIANTS = {
    "one line": "".join(GO.split("\n")),
    "no blanks at all": "".join(GO.split()),
    "tabs": GO.replace("  ", "\t"),
    "wide": GO.replace(" ", "    "),
    "CRLF": GO.replace("\n", "\r\n"),
    "blank lines": GO.replace("\n", "\n\n \n"),
    "a byte order mark": "\ufeff" + GO,
    "blanks before and behind": "\n\n  " + GO + "\n\n",
    "blanks before colons": GO.replace('":', '" :'),
    "capitals": spelled(GO, str.upper),
    "titles": spelled(GO, str.title),
    "camels": GO.replace("managementport", "managementPort").replace("adminport", "adminPort"),
    "a node's keys in another order": GO.replace(
        '"host": "127.0.0.1", "port": 8127, "adminport": 8128',
        '"adminport": 8128, "port": 8127, "host": "127.0.0.1"',
    ),
    "the keys in another order": """{"checkInterval": 10, "managementport": 8126, "port": 8125,
        "nodes": [{"host": "127.0.0.1", "port": 8127, "adminport": 8128},
                  {"host": "10.0.0.2", "port": 8129, "adminport": 8130}], "host": "0.0.0.0"}""",
    "every bracket on its line": GO.replace("{", "\n{\n").replace("}", "\n}\n").replace("[", "\n[\n"),
    "escapes": GO.replace("127.0.0.1", "127\\u002e0.0.1").replace("10.0.0.2", "\\u00310.0.0.2"),
    "comments as people put them": "// ours\n" + GO.replace('"port": 8125,', '"port": 8125, // usual'),
    "comments of the other kind": GO.replace('"host": "0', '/* all\n of them */ "host": "0'),
    "a comma too many": GO.replace('"checkInterval": 10', '"checkInterval": 10,'),
    "etsy's cacheSize, which is ignored": GO.replace('"port": 8125,', '"port": 8125, "cacheSize": 1,'),
    "an unknown key": GO.replace('"port": 8125,', '"port": 8125, "future_key": [1, {"a": null}],'),
}

ETSY = """{
  nodes: [
    {host: '127.0.0.1', port: 8127, adminport: 8128},
    {host: '10.0.0.2', port: 8129, adminport: 8130}
  ],
  port: 8125,
  mgmt_port: 8126,
  checkInterval: 1000,
  forkCount: 0
}
"""
ETSY_MEANS = {
    "listen": {"udp": ":8125", "tcp": ""},
    "console": {"listen": ":8126", "style": "etsy"},
    "placement": "etsy",
    "validation": "off",
    "health_check": {"interval": "1s", "timeout": "1s", "fall": 1, "rise": 1},
    "threads": 1,
}
ETSY_KEYS = ("nodes", "host", "port", "adminport", "mgmt_port", "checkInterval", "forkCount")


def keys_in(quote):
    text = ETSY
    for key in sorted(ETSY_KEYS, key=len, reverse=True):
        for before in ("{", " "):
            text = text.replace(f"{before}{key}:", f"{before}{quote}{key}{quote}:")
    return text


ETSY_VARIANTS = {
    "JSON": keys_in('"').replace("'", '"'),
    "keys in single quotes": keys_in("'"),
    "texts in double quotes": ETSY.replace("'", '"'),
    "one line": " ".join(ETSY.split()),
    "no blanks at all": "".join(ETSY.split()),
    "tabs": ETSY.replace("  ", "\t"),
    "CRLF": ETSY.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + ETSY,
    "commas too many": ETSY.replace("8130}", "8130,},").replace("Count: 0", "Count: 0,"),
    "a comment on top": "/*\n Required variables:\n   { not: 'this' }\n*/\n" + ETSY,
    "comments behind values": ETSY.replace(",\n", ", // what: it is, {\n"),
    "comments within": ETSY.replace(" port:", " /* the */ port /* is */ : /* this */"),
    "a comment at the end": ETSY + "// the end",
    "a module": "module.exports = " + ETSY.rstrip() + ";\n",
    "a strict module": "'use strict';\nmodule.exports={" + ETSY.strip()[1:],
    "a product": ETSY.replace("1000", "10 * 100"),
    "a longer product": ETSY.replace("1000", "2*5 *\n100"),
    "in brackets": "(" + ETSY.strip() + ")",
    "the keys in another order": """{forkCount: 0, checkInterval: 1000, mgmt_port: 8126, port: 8125,
        nodes: [{adminport: 8128, port: 8127, host: '127.0.0.1'},
                {adminport: 8130, port: 8129, host: '10.0.0.2'}]}""",
    "escapes": ETSY.replace("127.0", "127\\x2e0").replace("10.0.0", "10\\u002e0.0"),
    "what has no effect": ETSY.replace(
        "port: 8125", "host: '0.0.0.0', udp_version: 'udp4', cacheSize: 10000, title: 'p', port: 8125"
    ),
    "an unknown key": ETSY.replace("port: 8125", "port: 8125, future_key: {a: [1, 2, null, true]}"),
}


class PeerFileTest(IntegrationTest):
    def setUp(self):
        self.directory = self.temp_dir()

    def run_router(self, text, *flags, name="file"):
        path = self.directory / name
        path.write_text(text, newline="")
        done = subprocess.run(
            [ROUTER, path, *flags], capture_output=True, text=True, timeout=DEADLINE_SECONDS
        )
        return done

    def print_config(self, text):
        done = self.run_router(text, "--print-config")
        self.assertEqual(done.returncode, 0, f"{done.stderr}\n{text}")
        return done.stdout

    def check_variants(self, plain, variants):
        self.assertGreaterEqual(len(variants), 20)
        expected = self.print_config(plain)
        for name, text in variants.items():
            with self.subTest(name):
                self.assertEqual(self.print_config(text), expected)
                checked = self.run_router(text, "--check-config")
                self.assertEqual(checked.returncode, 0, checked.stderr)
                self.assertIn("2 downstreams", checked.stdout)
                unknown = "future_key" in text
                self.assertEqual("future_key" in checked.stderr, unknown, checked.stderr)
                strict = self.run_router(text, "--check-config", "--strict")
                self.assertEqual(strict.returncode, 1 if unknown else 0, strict.stderr)

    def check_meaning(self, plain, hosts, meaning):
        nodes = [
            {"address": f"{host}:{port}", "health": f"{host}:{port + 1}"}
            for host, port in zip(hosts, (8127, 8129))
        ]
        full = {"web": {"listen": ":9145"}, "downstreams": nodes, **meaning}
        printed = self.print_config(plain)
        self.assertEqual(printed, self.print_config(Router.text_of(full)))
        # What is printed means itself.
        self.assertEqual(self.print_config(printed), printed)

    def test_hulus_file_means_what_the_page_says(self):
        self.check_meaning(HULU, ["127.0.0.1", "127.0.0.1"], HULU_MEANS)

    def test_go_statsd_proxys_file_means_what_the_page_says(self):
        self.check_meaning(GO, ["127.0.0.1", "10.0.0.2"], GO_MEANS)

    def test_etsys_file_means_what_the_page_says(self):
        self.check_meaning(ETSY, ["127.0.0.1", "10.0.0.2"], ETSY_MEANS)

    def test_hulus_file_is_read_in_every_hand(self):
        self.check_variants(HULU, HULU_VARIANTS)

    def test_go_statsd_proxys_file_is_read_in_every_hand(self):
        self.check_variants(GO, GO_VARIANTS)

    def test_etsys_file_is_read_in_every_hand(self):
        self.check_variants(ETSY, ETSY_VARIANTS)

    def test_a_file_is_told_by_what_is_in_it_and_not_by_its_name(self):
        for text in (HULU, GO, ETSY):
            for name in ("router.yml", "proxy.js", "x.json", "conf", "hulu.conf"):
                done = self.run_router(text, "--print-config", name=name)
                self.assertEqual(done.stdout, self.print_config(text), name)

    def test_a_broken_file_names_the_place(self):
        for text, place in (
            (HULU.replace("data_port=8125", "data_port=many"), ":1:"),
            (HULU.replace("=127.0.0.1:8127:8128", "=127.0.0.1"), ":3:"),
            (GO.replace("8129", '"x"'), ":4:"),
            (GO.replace("[", ""), ":"),
            (ETSY.replace("8126", "'no'"), ":7:"),
            (ETSY.replace("0\n}", "0\n"), ":"),
        ):
            with self.subTest(text):
                done = self.run_router(text, "--check-config")
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{self.directory / 'file'}{place}", done.stderr)

    def test_the_old_command_lines_work(self):
        path = self.directory / "proxy.json"
        path.write_text(GO)
        done = subprocess.run(
            [ROUTER, "-f", path, "-d", "--print-config"], capture_output=True, text=True, timeout=30
        )
        self.assertEqual((done.returncode, done.stdout), (0, self.print_config(GO)), done.stderr)

    def test_every_sample_in_the_repository_is_valid(self):
        samples = sorted((ROOT / "examples" / "router").iterdir())
        self.assertGreaterEqual(len(samples), 6)
        for path in samples:
            with self.subTest(path.name):
                done = self.run_router(path.read_text(), "--check-config", name=path.name)
                self.assertEqual(done.returncode, 0, done.stderr)
                printed = self.print_config(path.read_text())
                self.assertEqual(self.print_config(printed), printed)
