"""The placement oracle against the golden vectors, and against `weir-router --locate`."""

import random
import re
import subprocess
import unittest

from harness import ROUTER, IntegrationTest, Router
from placement_oracle import PLACEMENTS, Placement, md5_words, murmur3_32, sdbm_64
from xxh3 import xxh3_64

# Made by the peers' own programs, with the nodes 127.0.0.1:8127, :8129 and :8131:
# etsy with all alive, with the second dead; etsy-0.7 = ketama; hulu with all alive, with the first,
# second, third dead; statsrelay; first word of the MD5; sdbm; murmur3.
GOLDEN = """
foo 0 0 0 0 1 0 0 2 3675831724 0000006632a94926 3377143109
bar 1 2 0 0 2 0 0 1 421377335 0000006230a307b3 2871836113
gorets 0 0 2 0 1 0 0 0 1770481096 de4074fd499181ba 2012620035
glork 1 2 1 2 2 2 0 1 1621607770 65f5c3cd2c151f63 1143829429
gaugor 1 2 1 2 2 2 0 2 2879930233 d076600d1f2fdfaf 2177690102
uniques 2 2 0 1 1 2 1 1 1375536254 9900036808281502 2884433227
a.b.c 2 2 2 1 1 0 1 0 1333149525 5fcd676f49397cca 3683050023
api.request.time 1 0 1 1 1 0 1 1 357857710 ced3f4a9e16074c0 2176619575
statsd-cluster.count42 0 0 1 1 1 0 1 2 3489925923 b6048d107a4e62d1 1565542979
web01.cpu.load 1 0 0 0 2 0 0 1 3985679950 c394808dfdff5645 62597959
users.online 1 2 1 1 1 0 1 1 2702054504 2acfab176b6ada39 3920565079
x 2 2 0 0 1 0 0 0 1642386589 0000000000000078 798822825
apple 2 2 2 1 1 0 1 2 3195025439 600f98434f1e365a 2699884538
banana 0 0 1 1 1 2 1 0 3204625266 c87e7e1267ace6e5 558421143
orange 2 2 1 2 2 2 1 0 2060845566 baa5e0f6b427544e 2279140812
lemon 0 0 0 2 2 2 0 1 1743070271 6adc900939042573 4183924513
h\u00e9llo.w\u00f6rld 0 0 1 1 1 0 1 2 1082546371 372bb87c0e8a3e4d 271387466
"""
NODES = [(f"127.0.0.1:{port}", f"127.0.0.1:{port}", 1) for port in (8127, 8129, 8131)]
ALL = frozenset(range(3))


def rows():
    for line in GOLDEN.strip().splitlines():
        name, *fields = line.split(" ")
        yield name.encode(), [int(field) for field in fields[:9]], fields[9], int(fields[10])


class OracleTest(unittest.TestCase):
    def test_the_hashes_are_those_of_the_peers(self):
        for name, numbers, sdbm, murmur in rows():
            with self.subTest(name):
                self.assertEqual(md5_words(name)[0], numbers[8])
                self.assertEqual(f"{sdbm_64(name):016x}", sdbm)
                # Theirs is modulo 2^32 - 1.
                self.assertEqual(murmur3_32(name, 0xACCD3D34) % 0xFFFFFFFF, murmur)

    def test_the_placements_are_those_of_the_peers(self):
        etsy, old, ketama, hulu, relay = (
            Placement(kind, NODES) for kind in ("etsy", "etsy-0.7", "ketama", "hulu", "statsrelay")
        )
        for name, numbers, _, _ in rows():
            with self.subTest(name):
                self.assertEqual([etsy.owner(name, ALL), etsy.owner(name, ALL - {1})], numbers[:2])
                self.assertEqual(old.owner(name, ALL), numbers[2])
                self.assertEqual(ketama.owner(name, ALL), numbers[2])
                walks = [hulu.owner(name, ALL)] + [hulu.owner(name, ALL - {i}) for i in range(3)]
                self.assertEqual(walks, numbers[3:7])
                self.assertEqual(relay.owner(name, ALL), numbers[7])

    def test_broken_utf8_is_hashed_as_etsys_proxy_does(self):
        etsy = Placement("etsy", NODES)
        self.assertEqual(etsy.owner(b"a\xffb", ALL), 1)
        self.assertEqual(etsy.owner(b"", ALL), 2)

    def test_xxh3_has_the_published_value_of_nothing(self):
        self.assertEqual(xxh3_64(b""), 0x2D06800538D394C2)

    def test_weights_of_one_and_of_equals_place_alike(self):
        one = Placement("slots", [(label, label, 1) for label in "abc"])
        seven = Placement("slots", [(label, label, 7) for label in "abc"])
        seven._equal = False  # by logarithms
        for i in range(500):
            key = b"name.%d" % i
            self.assertEqual(one.owner(key, ALL), seven.owner(key, ALL))


class LocateTest(IntegrationTest):
    """Where `--locate` says that names go is where the oracle has them."""

    def locate(self, config, names):
        router_file = self.temp_dir() / "router.yml"
        router_file.write_text(Router.text_of(config))
        done = subprocess.run(
            [ROUTER, router_file, "--locate", *names], capture_output=True, timeout=60
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), len(names))
        found = []
        for name, line in zip(names, lines):
            self.assertTrue(line.startswith(name + b" "), (name, line))
            address, label = line[len(name) + 1 :].decode().split(" ")
            found.append((address, label))
        return found

    def names(self, generator, count, sizes=(1, 3, 8, 16, 17, 128, 129, 240, 241, 1024, 1025)):
        letters = "abcdefghijklmnopqrstuvwxyz0123456789._-%*/"
        made = {name for name, *_ in rows()}
        for size in sizes:
            made.add("".join(generator.choices(letters, k=size)).encode())
        for i in range(count):
            made.add(b"service%d.requests.%d" % (generator.randrange(50), i))
        made = {name for name in made if not name.startswith(b"-")}
        return sorted(made | {"gr\u00fc\u00dfe".encode(), b"caf\xe9.latin", b"\xff\xfe", b"a\xc3b"})

    def check(self, config, placement, names):
        found = self.locate(config, names)
        for name, (address, label) in zip(names, found):
            owner = placement.owner(name, placement.everyone)
            self.assertEqual((label, address), placement.nodes[owner][:2], name)

    def config(self, generator, kind, count, weights):
        nodes = [
            (f"node-{i}", f"10.1.{generator.randrange(250)}.{i + 1}:{generator.randrange(1, 65536)}",
             generator.choice(weights))
            for i in range(count)
        ]  # fmt: skip
        generator.shuffle(nodes)
        config = {
            "placement": kind,
            "downstreams": [
                {"label": label, "address": address, "weight": weight, "health": "none"}
                for label, address, weight in nodes
            ],
        }
        return config, nodes

    def test_every_placement_agrees_with_the_oracle(self):
        generator = random.Random(1)
        for kind in PLACEMENTS:
            for count in (1, 2, 3, 7, 8, 14, 28):
                with self.subTest(kind, nodes=count):
                    config, nodes = self.config(generator, kind, count, [1])
                    self.check(config, Placement(kind, nodes), self.names(generator, 100))

    def test_names_of_every_length_are_hashed_as_xxh3_has_it(self):
        generator = random.Random(7)
        config, nodes = self.config(generator, "slots", 100, [1])
        names = self.names(generator, 0, [*range(1, 300), 1000, 1023, 1024, 1025, 2048, 4000])
        self.check(config, Placement("slots", nodes), names)

    def test_weights_agree_with_the_oracle(self):
        generator = random.Random(2)
        for kind in ("slots", "ketama"):
            with self.subTest(kind):
                config, nodes = self.config(generator, kind, 5, [1, 2, 3, 10])
                self.check(config, Placement(kind, nodes), self.names(generator, 1000))
        config, nodes = self.config(generator, "slots", 4, [1, 17, 9999, 10000])
        self.check(config, Placement("slots", nodes), self.names(generator, 500))

    def test_a_shard_map_agrees_with_the_oracle(self):
        generator = random.Random(3)
        config, nodes = self.config(generator, "statsrelay", 4, [1])
        shards = [generator.randrange(4) for _ in range(64)]
        config["shard_map"] = [nodes[i][0] for i in shards]
        self.check(config, Placement("statsrelay", nodes, shards), self.names(generator, 200))

    def test_names_end_where_the_peer_ends_them(self):
        generator = random.Random(4)
        lines = [b"a:b:1|c", b"a:b|c:d", b"n:1:2:3|c", b"plain.name:1|c|@0.1|#a:b"]
        for kind in PLACEMENTS:
            for end in ("first", "last") if kind == "statsrelay" else ("first",):
                with self.subTest(kind, name_end=end):
                    config, nodes = self.config(generator, kind, 5, [1])
                    if kind == "statsrelay":
                        config["name_end"] = end
                    placement = Placement(kind, nodes, name_end=end)
                    for line, (_, label) in zip(lines, self.locate(config, lines)):
                        owner = placement.owner(placement.key_of(line), placement.everyone)
                        self.assertEqual(label, nodes[owner][0], line)

    def test_the_order_of_the_nodes_matters_to_no_placement_of_ours(self):
        generator = random.Random(5)
        names = self.names(generator, 100)
        config, _ = self.config(generator, "slots", 6, [1, 2])
        first = self.locate(config, names)
        config["downstreams"].reverse()
        self.assertEqual(self.locate(config, names), first)

    def test_a_label_keeps_its_keys_when_the_address_changes(self):
        generator = random.Random(6)
        names = self.names(generator, 100)
        config, _ = self.config(generator, "slots", 6, [1])
        first = [label for _, label in self.locate(config, names)]
        for entry in config["downstreams"]:
            entry["address"] = re.sub(r"^10\.1", "10.2", entry["address"])
        self.assertEqual([label for _, label in self.locate(config, names)], first)
