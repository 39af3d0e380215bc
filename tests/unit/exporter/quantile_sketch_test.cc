#include "exporter/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// Merges `batches` of 256 drawn values and checks the sketch, or what it leaves when frozen,
// against all of them.
void CheckSketch(const std::vector<Objective>& objectives, int batches, uint64_t weight) {
  const RankError error(objectives);
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> draw;
  QuantileSketch sketch;
  std::vector<double> all;
  for (int i = 0; i < batches; ++i) {
    std::map<OrderKey, uint64_t> joined;
    for (int k = 0; k < 256; ++k) {
      all.push_back(draw(random));
      joined[ToOrderKey(all.back())] += weight;
    }
    std::vector<WeightedKey> samples;
    for (const auto& [key, total] : joined) samples.push_back({key, total});
    sketch.Merge(samples, error);
  }
  std::sort(all.begin(), all.end());
  const auto at = [&](double quantile) {
    const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(all.size()));
    return all[static_cast<size_t>(std::max(rank, 1.0)) - 1];
  };
  QuantileMerge growing;
  sketch.AppendTo(&growing);
  growing.Finish();
  QuantileMerge frozen;
  sketch.Freeze(error).AppendTo(&frozen);
  frozen.Finish();
  for (const QuantileMerge* merge : {&growing, &frozen}) {
    CHECK(merge->total() == static_cast<double>(all.size() * weight));
    CHECK(merge->Quantile(0) == all.front());
    CHECK(merge->Quantile(1) == all.back());
    for (const auto& [quantile, allowed] : objectives) {
      CAPTURE(batches, weight, quantile);
      CHECK(merge->Quantile(quantile) >= at(quantile - allowed));
      CHECK(merge->Quantile(quantile) <= at(quantile + allowed));
    }
  }
}

TEST_CASE("a sketch, growing or frozen, answers within the error", "[quantile]") {
  for (const int batches : {1, 2, 10, 1000}) {
    for (const uint64_t weight : {1, 3, 100'000}) {
      CheckSketch(SummaryOptions().objectives, batches, weight);
      CheckSketch({{0.1, 0.003}, {0.999, 0.0002}}, batches, weight);
    }
  }
}

TEST_CASE("a sketch of one value is two tuples", "[quantile]") {
  const RankError error(SummaryOptions().objectives);
  QuantileSketch sketch;
  const std::vector<WeightedKey> same = {{ToOrderKey(4), 256}};
  for (int i = 0; i < 1000; ++i) sketch.Merge(same, error);
  CHECK(sketch.size() <= 2);
}

TEST_CASE("freezing leaves less than half of the bytes", "[quantile]") {
  const RankError error(SummaryOptions().objectives);
  QuantileSketch sketch;
  for (int i = 0; i < 500; ++i) {
    std::vector<WeightedKey> samples;
    for (int k = 0; k < 256; ++k) samples.push_back({k * 1000 + i * 7919 % 1000, 1});
    sketch.Merge(samples, error);
  }
  CHECK(sketch.Freeze(error).MemoryBytes() * 2 < sketch.MemoryBytes());
}

TEST_CASE("nothing frozen is empty", "[quantile]") {
  const RankError error(SummaryOptions().objectives);
  CHECK(QuantileSketch().Freeze(error).empty());
  CHECK(FrozenQuantiles().MemoryBytes() == 0);
}

TEST_CASE("a sketch takes no weight beyond 2^40", "[quantile]") {
  const RankError error(SummaryOptions().objectives);
  QuantileSketch sketch;
  const std::vector<WeightedKey> low = {{ToOrderKey(1), uint64_t{1} << 39}};
  const std::vector<WeightedKey> high = {{ToOrderKey(2), uint64_t{1} << 40}};
  sketch.Merge(low, error);
  sketch.Merge(high, error);
  QuantileMerge merge;
  sketch.AppendTo(&merge);
  merge.Finish();
  CHECK(merge.total() == 0x1p39);
  CHECK(merge.Quantile(1) == 1);
}

}  // namespace
}  // namespace weir
