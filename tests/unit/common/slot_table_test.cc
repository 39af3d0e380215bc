#include "common/slot_table.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "common/fixed_log.h"
#include "common/hash.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using Nodes = std::vector<RingNode>;

Nodes MakeNodes(size_t count, int net = 0) {
  Nodes nodes;
  for (size_t i = 0; i < count; ++i) {
    nodes.push_back({"10.1." + std::to_string(net) + "." + std::to_string(i + 1) + ":8125", ""});
  }
  return nodes;
}

Nodes Weighted(std::vector<uint32_t> weights) {
  Nodes nodes = MakeNodes(weights.size());
  for (size_t i = 0; i < nodes.size(); ++i) nodes[i].weight = weights[i];
  return nodes;
}

SlotTable AllLive(const Nodes& nodes) { return SlotTable(nodes, LiveSet(nodes.size(), true)); }

LiveSet Without(size_t count, std::vector<size_t> dead) {
  LiveSet live(count, true);
  for (const size_t node : dead) live[node] = false;
  return live;
}

bool SameOwners(const SlotTable& a, const SlotTable& b) {
  return std::equal(a.owners().begin(), a.owners().end(), b.owners().begin());
}

std::vector<double> Shares(const SlotTable& table, size_t nodes) {
  std::vector<double> shares(nodes);
  for (const uint16_t owner : table.owners()) shares[owner] += 1.0 / SlotTable::kSlots;
  return shares;
}

// The mean, over sets of nodes, of the greatest share over the mean share.
double Imbalance(size_t nodes, int trials) {
  double sum = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<double> shares = Shares(AllLive(MakeNodes(nodes, trial)), nodes);
    sum += *std::max_element(shares.begin(), shares.end()) * static_cast<double>(nodes);
  }
  return sum / trials;
}

// The contract as the header writes it, slowly: a logarithm for every bid.
uint16_t ElectSlowly(const Nodes& nodes, uint64_t slot) {
  const auto bid = [slot](const RingNode& node) {
    uint64_t bits = PublicHash64(node.label) ^ slot * 0x9E3779B97F4A7C15;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
    return bits ^ bits >> 31;
  };
  size_t best = 0;
  for (size_t i = 1; i < nodes.size(); ++i) {
    const uint64_t mine = bid(nodes[i]);
    const uint64_t others = bid(nodes[best]);
    const uint64_t my_score = FixedLog::Below1(mine) * nodes[best].weight;
    const uint64_t others_score = FixedLog::Below1(others) * nodes[i].weight;
    if (my_score != others_score ? my_score < others_score : mine > others) best = i;
  }
  return static_cast<uint16_t>(best);
}

bool IsElectedSlowly(const Nodes& nodes) {
  const SlotTable table = AllLive(nodes);
  for (size_t slot = 0; slot < SlotTable::kSlots; slot += 5) {
    if (table.owners()[slot] != ElectSlowly(nodes, slot)) return false;
  }
  return true;
}

TEST_CASE("the integer logarithm is the same everywhere", "[fixed_log]") {
  CHECK(FixedLog::Below1(0) == uint64_t{64} << 40);
  CHECK(FixedLog::Below1(1) == uint64_t{64} << 40);
  CHECK(FixedLog::Below1(2) == uint64_t{63} << 40);
  CHECK(FixedLog::Below1(3) == 68626059478533);
  CHECK(FixedLog::Below1(uint64_t{1} << 63) == uint64_t{1} << 40);
  CHECK(FixedLog::Below1(0x123456789ABCDEF0) == 4193296810690);
  CHECK(FixedLog::Below1(0xFEDCBA9876543210) == 7065775179);
  CHECK(FixedLog::Below1(UINT64_MAX) == 1);
}

TEST_CASE("the integer logarithm is right to six digits and never turns back", "[fixed_log]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t number = (random() >> (i % 64)) | 1;
    const double exact = 64 - std::log2(static_cast<double>(number));
    REQUIRE(std::abs(std::ldexp(static_cast<double>(FixedLog::Below1(number)), -40) - exact) <
            3e-7);
    const uint64_t next = number + (random() >> (i % 64)) / 1000 + 1;
    if (next > number) REQUIRE(FixedLog::Below1(next) <= FixedLog::Below1(number));
  }
  for (uint64_t step = 1; step < 2048; ++step) {
    const uint64_t edge = step << 53;
    REQUIRE(FixedLog::Below1(edge) <= FixedLog::Below1(edge - 1));
    REQUIRE(FixedLog::Below1(edge + 1) <= FixedLog::Below1(edge));
  }
}

// Computed by a program in another language. To change one of these is to move every user's series.
TEST_CASE("the tables are what they always were", "[slot_table]") {
  const auto digest = [](const Nodes& nodes) {
    const SlotTable table = AllLive(nodes);
    const std::string owners(table.owners().begin(), table.owners().end());
    return PublicHash64(owners);
  };
  Nodes nodes = {{"127.0.0.1:8127", ""}, {"127.0.0.1:8129", ""}, {"127.0.0.1:8131", ""}};
  CHECK(digest(nodes) == 0xC3316A2235A91E3A);
  nodes[1].weight = 2;
  nodes[2].weight = 5;
  CHECK(digest(nodes) == 0x042CDA211AE72356);
}

TEST_CASE("load is even: the greatest share over the mean", "[slot_table]") {
  CHECK(Imbalance(3, 10) < 1.004);
  CHECK(Imbalance(10, 10) < 1.011);
  CHECK(Imbalance(100, 3) < 1.056);
}

TEST_CASE("equal weights elect as no weights do, logarithm or not", "[slot_table]") {
  CHECK(IsElectedSlowly(MakeNodes(7)));
  CHECK(IsElectedSlowly(Weighted({9, 9, 9, 9, 9})));
  CHECK(SameOwners(AllLive(MakeNodes(5)), AllLive(Weighted({9, 9, 9, 9, 9}))));
}

TEST_CASE("unequal weights elect by score", "[slot_table]") {
  CHECK(IsElectedSlowly(Weighted({1, 2, 3, 2, 1, 1, 10000})));
}

TEST_CASE("a death moves only the dead node's slots, a return exactly those back", "[slot_table]") {
  for (const Nodes& nodes : {MakeNodes(6), Weighted({1, 2, 3, 3, 2, 8})}) {
    const SlotTable before = AllLive(nodes);
    for (size_t dead = 0; dead < nodes.size(); ++dead) {
      const SlotTable after = before.WithLive(Without(nodes.size(), {dead}));
      size_t wrong = 0;
      for (size_t slot = 0; slot < SlotTable::kSlots; ++slot) {
        const uint16_t owner = before.owners()[slot];
        wrong += owner == dead ? after.owners()[slot] == dead : after.owners()[slot] != owner;
      }
      CHECK(wrong == 0);
      CHECK(SameOwners(after.WithLive(LiveSet(nodes.size(), true)), before));
    }
  }
}

TEST_CASE("a dead node's slots spread over all others", "[slot_table]") {
  const SlotTable before = AllLive(MakeNodes(6));
  const SlotTable after = before.WithLive(Without(6, {2}));
  std::vector<int> heirs(6);
  int orphans = 0;
  for (size_t slot = 0; slot < SlotTable::kSlots; ++slot) {
    if (before.owners()[slot] != 2) continue;
    ++orphans;
    ++heirs[after.owners()[slot]];
  }
  for (const size_t heir : {0, 1, 3, 4, 5})
    CHECK(heirs[heir] == Approx(orphans / 5.0).epsilon(0.05));
}

TEST_CASE("only who lives counts, not how it came to that", "[slot_table]") {
  const Nodes nodes = Weighted({3, 1, 1, 2, 1, 2, 5});
  std::mt19937_64 random(7);
  SlotTable table = AllLive(nodes);
  for (int step = 0; step < 25; ++step) {
    LiveSet live(nodes.size());
    for (size_t i = 0; i < live.size(); ++i) live[i] = random() % 3 != 0;
    live[random() % live.size()] = true;
    table = table.WithLive(live);
    REQUIRE(SameOwners(table, SlotTable(nodes, live)));
  }
}

TEST_CASE("the order of configuration does not matter", "[slot_table]") {
  const Nodes nodes = Weighted({3, 1, 1, 2});
  Nodes turned(nodes.rbegin(), nodes.rend());
  const SlotTable table = AllLive(nodes);
  const SlotTable other = AllLive(turned);
  size_t wrong = 0;
  for (size_t slot = 0; slot < SlotTable::kSlots; ++slot) {
    wrong += nodes[table.owners()[slot]].label != turned[other.owners()[slot]].label;
  }
  CHECK(wrong == 0);
}

// Counts the slots that moved; all of them must have moved to or from `node`.
double MovedByOnly(size_t node, const SlotTable& before, const SlotTable& after, bool to) {
  size_t moved = 0;
  size_t wrong = 0;
  for (size_t slot = 0; slot < SlotTable::kSlots; ++slot) {
    const uint16_t old_owner = before.owners()[slot];
    const uint16_t new_owner = after.owners()[slot];
    if (old_owner == new_owner) continue;
    ++moved;
    wrong += (to ? new_owner : old_owner) != node;
  }
  CHECK(wrong == 0);
  return static_cast<double>(moved) / SlotTable::kSlots;
}

TEST_CASE("a node more takes its share and moves nothing else", "[slot_table]") {
  for (const size_t count : {1, 3, 10}) {
    Nodes grown = MakeNodes(count + 1);
    const Nodes before(grown.begin(), grown.end() - 1);
    const double moved = MovedByOnly(count, AllLive(before), AllLive(grown), true);
    CHECK(moved == Approx(1.0 / static_cast<double>(count + 1)).epsilon(0.02));
  }
}

TEST_CASE("a weight moves slots only to or from its node", "[slot_table]") {
  const SlotTable light = AllLive(Weighted({1, 2, 3, 4}));
  const SlotTable heavy = AllLive(Weighted({1, 5, 3, 4}));
  const double moved = 5.0 / 13 - 2.0 / 10;
  CHECK(MovedByOnly(1, light, heavy, true) == Approx(moved).epsilon(0.02));
  CHECK(MovedByOnly(1, heavy, light, false) == Approx(moved).epsilon(0.02));
}

TEST_CASE("shares are proportional to weights", "[slot_table]") {
  const std::vector<uint32_t> weights = {1, 2, 3, 4, 10, 50, 100};
  const std::vector<double> shares = Shares(AllLive(Weighted(weights)), weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    CHECK(shares[i] == Approx(weights[i] / 170.0).epsilon(i == 0 ? 0.08 : 0.04));
  }
  const double least = Shares(AllLive(Weighted({1, RingNode::kMaxWeight})), 2)[0];
  CHECK(least * SlotTable::kSlots > 5);
  CHECK(least * SlotTable::kSlots < 60);
}

}  // namespace
}  // namespace weir
