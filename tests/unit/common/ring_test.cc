#include "common/ring.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common/murmur3.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr Placement kAll[] = {Placement::kSlots,  Placement::kKetama, Placement::kEtsy,
                              Placement::kEtsy07, Placement::kHulu,   Placement::kStatsrelay};
constexpr uint32_t kStatsrelaySeed = 0xACCD3D34;

// The nodes of all vectors: A, B and C.
RingConfig Abc(Placement placement) {
  RingConfig config;
  config.placement = placement;
  for (const char* address : {"127.0.0.1:8127", "127.0.0.1:8129", "127.0.0.1:8131"}) {
    config.nodes.push_back({address, address});
  }
  return config;
}

const LiveSet kLive = {true, true, true};
const LiveSet kDeadA = {false, true, true};
const LiveSet kDeadB = {true, false, true};
const LiveSet kDeadC = {true, true, false};

RingConfig Many(Placement placement, size_t count) {
  RingConfig config;
  config.placement = placement;
  for (size_t i = 0; i < count; ++i) {
    const std::string address = "10.0.0." + std::to_string(i + 1) + ":8125";
    config.nodes.push_back({address, address});
  }
  return config;
}

// Where the routers themselves put these names, by their own code.
struct Vector {
  std::string_view name;
  struct {
    int all, dead_b;
    uint32_t hash;
  } etsy;
  int ketama;
  struct {
    int all, dead_a, dead_b, dead_c;
    uint64_t hash;
  } hulu;
  struct {
    int shard_of_3;
    uint32_t hash;
  } statsrelay;
};

constexpr Vector kVectors[] = {
    {"foo", {0, 0, 3675831724}, 0, {0, 1, 0, 0, 0x0000006632a94926}, {2, 3377143109}},
    {"bar", {1, 2, 421377335}, 0, {0, 2, 0, 0, 0x0000006230a307b3}, {1, 2871836113}},
    {"gorets", {0, 0, 1770481096}, 2, {0, 1, 0, 0, 0xde4074fd499181ba}, {0, 2012620035}},
    {"glork", {1, 2, 1621607770}, 1, {2, 2, 2, 0, 0x65f5c3cd2c151f63}, {1, 1143829429}},
    {"gaugor", {1, 2, 2879930233}, 1, {2, 2, 2, 0, 0xd076600d1f2fdfaf}, {2, 2177690102}},
    {"uniques", {2, 2, 1375536254}, 0, {1, 1, 2, 1, 0x9900036808281502}, {1, 2884433227}},
    {"a.b.c", {2, 2, 1333149525}, 2, {1, 1, 0, 1, 0x5fcd676f49397cca}, {0, 3683050023}},
    {"api.request.time", {1, 0, 357857710}, 1, {1, 1, 0, 1, 0xced3f4a9e16074c0}, {1, 2176619575}},
    {"statsd-cluster.count42",
     {0, 0, 3489925923},
     1,
     {1, 1, 0, 1, 0xb6048d107a4e62d1},
     {2, 1565542979}},
    {"web01.cpu.load", {1, 0, 3985679950}, 0, {0, 2, 0, 0, 0xc394808dfdff5645}, {1, 62597959}},
    {"users.online", {1, 2, 2702054504}, 1, {1, 1, 0, 1, 0x2acfab176b6ada39}, {1, 3920565079}},
    {"x", {2, 2, 1642386589}, 0, {0, 1, 0, 0, 0x0000000000000078}, {0, 798822825}},
    {"apple", {2, 2, 3195025439}, 2, {1, 1, 0, 1, 0x600f98434f1e365a}, {2, 2699884538}},
    {"banana", {0, 0, 3204625266}, 1, {1, 1, 2, 1, 0xc87e7e1267ace6e5}, {0, 558421143}},
    {"orange", {2, 2, 2060845566}, 1, {2, 2, 2, 1, 0xbaa5e0f6b427544e}, {0, 2279140812}},
    {"lemon", {0, 0, 1743070271}, 0, {2, 2, 2, 0, 0x6adc900939042573}, {1, 4183924513}},
    {"héllo.wörld", {0, 0, 1082546371}, 1, {1, 1, 0, 1, 0x372bb87c0e8a3e4d}, {2, 271387466}},
};

TEST_CASE("etsy's proxy would choose the same nodes", "[ring]") {
  const RingConfig config = Abc(Placement::kEtsy);
  const Continuum continuum(config.placement, config.nodes, kLive);
  const Ring all(config, kLive);
  const Ring dead_b = all.WithLive(kDeadB);
  const Ring back = dead_b.WithLive(kLive);
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    CHECK(continuum.Hash(vector.name) == vector.etsy.hash);
    CHECK(all.Owner(vector.name) == vector.etsy.all);
    CHECK(dead_b.Owner(vector.name) == vector.etsy.dead_b);
    CHECK(back.Owner(vector.name) == vector.etsy.all);
  }
  CHECK(all.Owner("a\xFF"
                  "b") == 1);
  CHECK(all.Owner("") == 2);
}

TEST_CASE("etsy's old proxy and ketama would choose the same nodes", "[ring]") {
  const Ring ketama(Abc(Placement::kKetama), kLive);
  const Ring etsy(Abc(Placement::kEtsy07), kLive);
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    CHECK(ketama.Owner(vector.name) == vector.ketama);
    CHECK(etsy.Owner(vector.name) == vector.ketama);
  }
}

TEST_CASE("hulu's router would choose the same nodes", "[ring]") {
  const Ring all(Abc(Placement::kHulu), kLive);
  const Ring dead_a = all.WithLive(kDeadA);
  const Ring dead_b = all.WithLive(kDeadB);
  const Ring dead_c = all.WithLive(kDeadC);
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    CHECK(HuluWalk::Hash(vector.name) == vector.hulu.hash);
    CHECK(all.Owner(vector.name) == vector.hulu.all);
    CHECK(dead_a.Owner(vector.name) == vector.hulu.dead_a);
    CHECK(dead_b.Owner(vector.name) == vector.hulu.dead_b);
    CHECK(dead_c.Owner(vector.name) == vector.hulu.dead_c);
  }
}

TEST_CASE("hulu's walk passes by the dead in the key's own order", "[ring]") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    const size_t count = 1 + random() % 9;
    LiveSet live(count);
    for (size_t i = 0; i < count; ++i) live[i] = random() % 4 == 0;
    live[random() % count] = true;
    const uint64_t key = random() >> (random() % 64);
    uint64_t hash = key;
    std::vector<uint16_t> list(count);
    for (size_t i = 0; i < count; ++i) list[i] = static_cast<uint16_t>(i);
    size_t left = count;
    while (!live[list[hash % left]]) {
      std::swap(list[hash % left], list[left - 1]);
      hash = (hash * 7 + 5) / 3;
      --left;
    }
    REQUIRE(HuluWalk(live).Owner(key) == list[hash % left]);
  }
}

TEST_CASE("statsrelay would choose the same shards", "[ring]") {
  const Ring ring(Abc(Placement::kStatsrelay), kLive);
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.name);
    CHECK(Murmur3(vector.name, kStatsrelaySeed) == vector.statsrelay.hash);
    CHECK(ring.Owner(vector.name) == vector.statsrelay.shard_of_3);
  }
}

TEST_CASE("statsrelay's shards are dealt out by the map", "[ring]") {
  RingConfig config = Abc(Placement::kStatsrelay);
  const auto is_shard = [&config](std::string_view name, size_t shard) {
    config.shard_map.assign(4096, 0);
    config.shard_map[shard] = 2;
    return Ring(config, kLive).Owner(name) == 2;
  };
  CHECK(is_shard("foo", 3397));
  CHECK(is_shard("bar", 3537));
  CHECK(is_shard("gorets", 1283));
  CHECK(is_shard("apple", 2042));
  CHECK(is_shard("banana", 1175));
  CHECK(is_shard("orange", 3532));
  CHECK(is_shard("lemon", 3873));
  CHECK(!is_shard("lemon", 3872));
}

TEST_CASE("statsrelay leaves a dead node its shards", "[ring]") {
  const Ring all(Abc(Placement::kStatsrelay), kLive);
  CHECK(all.Owner("gorets") == 0);
  CHECK(all.WithLive(kDeadA).Owner("gorets") == 0);
}

TEST_CASE("slots puts names where it always did", "[ring]") {
  struct Row {
    std::string_view name;
    int all, dead_b, weighted;
  };
  const Ring all(Abc(Placement::kSlots), kLive);
  const Ring dead_b = all.WithLive(kDeadB);
  RingConfig config = Abc(Placement::kSlots);
  config.nodes[1].weight = 2;
  config.nodes[2].weight = 5;
  const Ring weighted(config, kLive);
  // Computed by a program in another language. To change one is to move every user's series.
  for (const Row& row : {
           Row{"foo", 0, 0, 1},
           Row{"bar", 0, 0, 1},
           Row{"gorets", 2, 2, 2},
           Row{"glork", 1, 0, 2},
           Row{"gaugor", 1, 2, 2},
           Row{"uniques", 1, 0, 2},
           Row{"a.b.c", 0, 0, 0},
           Row{"api.request.time", 2, 2, 2},
           Row{"statsd-cluster.count42", 1, 2, 1},
           Row{"web01.cpu.load", 2, 2, 2},
           Row{"users.online", 1, 0, 1},
           Row{"x", 2, 2, 2},
           Row{"apple", 1, 2, 1},
           Row{"banana", 2, 2, 2},
           Row{"orange", 0, 0, 1},
           Row{"lemon", 0, 0, 2},
           Row{"héllo.wörld", 1, 2, 1},
           Row{"", 0, 0, 0},
       }) {
    CAPTURE(row.name);
    CHECK(all.Owner(row.name) == row.all);
    CHECK(dead_b.Owner(row.name) == row.dead_b);
    CHECK(weighted.Owner(row.name) == row.weighted);
  }
  CHECK(all.FingerprintText() == "bf80e25e30af8a4d");
  CHECK(dead_b.FingerprintText() == "53813b8fd396104b");
  CHECK(weighted.FingerprintText() == "ea636908b3b4a848");
}

std::vector<uint16_t> Owners(const Ring& ring) {
  std::vector<uint16_t> owners;
  for (int i = 0; i < 2000; ++i) owners.push_back(ring.Owner("some.key." + std::to_string(i)));
  return owners;
}

TEST_CASE("the order in which nodes die and return does not matter", "[ring]") {
  for (const Placement placement : kAll) {
    CAPTURE(PlacementName(placement));
    const RingConfig config = Many(placement, 8);
    const Ring all(config, LiveSet(8, true));
    LiveSet without_1(8, true);
    without_1[1] = false;
    LiveSet without_6(8, true);
    without_6[6] = false;
    LiveSet neither = without_1;
    neither[6] = false;
    const Ring one = all.WithLive(without_1).WithLive(neither);
    const Ring other = all.WithLive(without_6).WithLive(neither);
    CHECK(Owners(one) == Owners(other));
    CHECK(Owners(one) == Owners(Ring(config, neither)));
    CHECK(one.Fingerprint() == other.Fingerprint());
    const Ring back = one.WithLive(without_6).WithLive(LiveSet(8, true));
    CHECK(Owners(back) == Owners(all));
    CHECK(back.Fingerprint() == all.Fingerprint());
    if (placement != Placement::kStatsrelay) {
      for (const uint16_t owner : Owners(one)) REQUIRE(neither[owner]);
    }
  }
}

TEST_CASE("the last node alive has every key", "[ring]") {
  for (const Placement placement : kAll) {
    if (placement == Placement::kStatsrelay) continue;
    LiveSet live(5, false);
    live[3] = true;
    CHECK(Owners(Ring(Many(placement, 5), live)) == std::vector<uint16_t>(2000, 3));
  }
}

TEST_CASE("routers that list nodes in another order have one fingerprint", "[ring]") {
  for (const Placement placement : kAll) {
    CAPTURE(PlacementName(placement));
    RingConfig config = Abc(placement);
    config.nodes[2].weight = 2;
    const Ring ring(config, kDeadA);
    std::reverse(config.nodes.begin(), config.nodes.end());
    const Ring reversed(config, kDeadC);  // the same node is dead
    const bool by_place = placement == Placement::kHulu || placement == Placement::kStatsrelay;
    CHECK((ring.Fingerprint() == reversed.Fingerprint()) == !by_place);
    if (by_place) continue;
    size_t wrong = 0;
    const std::vector<uint16_t> owners = Owners(ring);
    const std::vector<uint16_t> others = Owners(reversed);
    for (size_t i = 0; i < owners.size(); ++i) wrong += owners[i] != 2 - others[i];
    CHECK(wrong == 0);
  }
}

TEST_CASE("a fingerprint tells all that placement hangs on", "[ring]") {
  std::vector<uint64_t> seen;
  const auto see = [&seen](const RingConfig& config, const LiveSet& live) {
    seen.push_back(Ring(config, live).Fingerprint());
  };
  for (const Placement placement : kAll) {
    RingConfig config = Abc(placement);
    see(config, kLive);
    see(config, kDeadA);
    see(config, kDeadB);
    config.nodes[0].weight = 2;
    see(config, kLive);
    config.nodes[0].label = "a";
    see(config, kLive);
    config.nodes.pop_back();
    see(config, {true, true});
  }
  RingConfig ketama = Abc(Placement::kKetama);
  ketama.nodes[0].address = "10.0.0.1:8125";
  see(ketama, kLive);
  RingConfig statsrelay = Abc(Placement::kStatsrelay);
  statsrelay.name_end = NameEnd::kLast;
  see(statsrelay, kLive);
  statsrelay.shard_map = {0, 1, 2, 2};
  see(statsrelay, kLive);
  statsrelay.shard_map = {0, 1, 2, 1};
  see(statsrelay, kLive);
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("with slots a node that keeps its label keeps its keys at another address", "[ring]") {
  RingConfig config = Abc(Placement::kSlots);
  const Ring before(config, kLive);
  config.nodes[1].address = "10.9.9.9:8125";
  const Ring after(config, kLive);
  CHECK(Owners(before) == Owners(after));
  CHECK(before.Fingerprint() == after.Fingerprint());
}

TEST_CASE("the hash of a key is the same in every ring, and finds its owner there", "[ring]") {
  for (const Placement placement : kAll) {
    const Ring all(Abc(placement), kLive);
    const Ring two = all.WithLive({true, false, true});
    for (int i = 0; i < 1000; ++i) {
      const std::string key = "hashed.name" + std::to_string(i);
      REQUIRE(all.HashOf(key) == two.HashOf(key));
      REQUIRE(all.OwnerOfHash(all.HashOf(key)) == all.Owner(key));
      REQUIRE(two.OwnerOfHash(all.HashOf(key)) == two.Owner(key));
    }
  }
}

TEST_CASE("a placement is found by its name", "[placement]") {
  for (const Placement placement : kAll) {
    CHECK(ParsePlacement(PlacementName(placement)) == placement);
  }
  CHECK(PlacementName(Placement::kEtsy07) == "etsy-0.7");
  CHECK(PlacementName(Placement::kStatsrelay) == "statsrelay");
  CHECK(!ParsePlacement("Slots"));
  CHECK(!ParsePlacement(""));
}

}  // namespace
}  // namespace weir
