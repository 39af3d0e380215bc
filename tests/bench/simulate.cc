// weir-simulate: what many nodes, deaths and returns do to the placement of series, by the ring
// that the router uses.
//
//   weir-simulate [NODES [SERIES]]     1,000 nodes and 1,000,000 series
//
// Prints one Markdown table: balance, what moves when nodes die, return or join, and what that
// costs. Everything but the times is the same on every machine.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "common/key.h"
#include "common/ring.h"
#include "tests/bench/bench_lines.h"

namespace weir {
namespace {

using std::chrono::steady_clock;

constexpr Placement kPlacements[] = {Placement::kSlots, Placement::kKetama, Placement::kEtsy,
                                     Placement::kHulu};
constexpr int kChanges = 200;  // deaths and returns in random order
constexpr uint32_t kSeed = 1;

std::vector<std::string> Names(size_t series) {
  std::vector<std::string> names;
  names.reserve(series);
  for (size_t i = 0; i < series; ++i) names.push_back(BenchLines::Name(i, i % 3));
  return names;
}

RingConfig ConfigOf(Placement placement, size_t nodes) {
  RingConfig config;
  config.placement = placement;
  for (size_t i = 0; i < nodes; ++i) {
    const std::string address = "exporter-" + std::to_string(i) + ".example:9125";
    config.nodes.push_back({.label = address, .address = address});
  }
  return config;
}

double MillisecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

// Where all series are.
using Owners = std::vector<uint16_t>;

struct Balance {
  double greatest;   // share of the fullest node over the mean of the living
  double deviation;  // standard deviation of the shares over that mean
};

struct Moves {
  double needed;    // of 1,000 series: those of nodes that died
  double needless;  // of 1,000 series: from one living node to another
};

class Simulation {
 public:
  Simulation(Placement placement, size_t nodes, const std::vector<std::string>& names)
      : names_(names),
        nodes_(nodes),
        start_(steady_clock::now()),
        ring_(ConfigOf(placement, nodes), LiveSet(nodes, true)),
        build_ms_(MillisecondsSince(start_)),
        owners_(OwnersIn(ring_)) {}

  void Print(Placement placement) {
    const Balance balance = BalanceOf(owners_, LiveSet(nodes_, true));
    std::printf("| `%s` | %.0f | %.2f | %.1f %%", PlacementName(placement).data(), build_ms_,
                balance.greatest, 100 * balance.deviation);
    PrintDeaths(1);
    PrintDeaths(nodes_ / 10);
    PrintHistory();
    PrintJoin(placement);
    std::printf(" |\n");
  }

 private:
  Owners OwnersIn(const Ring& ring) const {
    Owners owners(names_.size());
    for (size_t i = 0; i < names_.size(); ++i) owners[i] = ring.Owner(names_[i]);
    return owners;
  }

  Balance BalanceOf(const Owners& owners, const LiveSet& live) const {
    std::vector<double> series(nodes_ + 1);
    for (const uint16_t owner : owners) ++series[owner];
    const auto living = static_cast<double>(std::count(live.begin(), live.end(), true));
    const double mean = static_cast<double>(owners.size()) / living;
    double greatest = 0;
    double squares = 0;
    for (size_t i = 0; i < live.size(); ++i) {
      if (!live[i]) continue;
      greatest = std::max(greatest, series[i] / mean);
      squares += (series[i] / mean - 1) * (series[i] / mean - 1);
    }
    return {greatest, std::sqrt(squares / living)};
  }

  Moves MovesTo(const Owners& now, const LiveSet& live) const {
    uint64_t needed = 0;
    uint64_t needless = 0;
    for (size_t i = 0; i < now.size(); ++i) {
      if (now[i] != owners_[i]) ++(live[owners_[i]] ? needless : needed);
    }
    const auto per_mille = static_cast<double>(now.size()) / 1000;
    return {static_cast<double>(needed) / per_mille, static_cast<double>(needless) / per_mille};
  }

  LiveSet Without(size_t dead) {
    LiveSet live(nodes_, true);
    for (size_t died = 0; died < dead;) {
      const size_t node = random_() % nodes_;
      died += live[node];
      live[node] = false;
    }
    return live;
  }

  void PrintDeaths(size_t dead) {
    const LiveSet live = Without(dead);
    const auto start = steady_clock::now();
    const Ring ring = ring_.WithLive(live);
    const double took = MillisecondsSince(start);
    const Owners owners = OwnersIn(ring);
    const Moves moves = MovesTo(owners, live);
    std::printf(" | %.1f + %.1f | %.2f", moves.needed, moves.needless,
                BalanceOf(owners, live).greatest);
    if (dead == 1) std::printf(" | %.1f", took);
  }

  // Deaths and returns, one at a time, until all live again: what is then elsewhere than at first.
  void PrintHistory() {
    LiveSet live(nodes_, true);
    Ring ring = ring_;
    const auto turn = [&](size_t node) {
      live[node] = !live[node];
      ring = ring.WithLive(live);
    };
    for (int i = 0; i < kChanges; ++i) turn(random_() % nodes_);
    for (size_t node = 0; node < nodes_; ++node) {
      if (!live[node]) turn(node);
    }
    std::printf(" | %.1f", MovesTo(OwnersIn(ring), live).needless);
  }

  // One node more: all that moves should move there, a share of 1 in n + 1.
  void PrintJoin(Placement placement) {
    const Ring larger(ConfigOf(placement, nodes_ + 1), LiveSet(nodes_ + 1, true));
    uint64_t to_new = 0;
    uint64_t elsewhere = 0;
    const Owners owners = OwnersIn(larger);
    for (size_t i = 0; i < owners.size(); ++i) {
      if (owners[i] != owners_[i]) ++(owners[i] == nodes_ ? to_new : elsewhere);
    }
    const auto per_mille = static_cast<double>(owners.size()) / 1000;
    std::printf(" | %.1f + %.1f", static_cast<double>(to_new) / per_mille,
                static_cast<double>(elsewhere) / per_mille);
  }

  const std::vector<std::string>& names_;
  const size_t nodes_;
  const steady_clock::time_point start_;
  const Ring ring_;
  const double build_ms_;
  const Owners owners_;
  std::mt19937 random_{kSeed};
};

int Main(int argc, char** argv) {
  const size_t nodes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
  const size_t series = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1'000'000;
  if (nodes < 10 || nodes >= RingConfig::kMaxNodes || series == 0) {
    std::fprintf(stderr, "usage: weir-simulate [NODES [SERIES]]   10 to %zu nodes\n",
                 RingConfig::kMaxNodes - 1);
    return 2;
  }
  const std::vector<std::string> names = Names(series);
  std::printf(
      "| placement | building it, ms | fullest node | deviation | a death moves | fullest then "
      "| its ring, ms | %zu deaths move | fullest then | elsewhere after %d deaths and returns "
      "| a new node moves |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
      nodes / 10, kChanges);
  for (const Placement placement : kPlacements) {
    Simulation(placement, nodes, names).Print(placement);
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
