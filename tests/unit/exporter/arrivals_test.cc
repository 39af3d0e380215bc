#include "exporter/arrivals.h"

#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr uint32_t kPeriods = 3;

void Add(Arrivals* arrivals, OrderKey key, uint64_t weight, uint32_t slot) {
  if (arrivals->full()) arrivals->Reserve(arrivals->size() + 3, kPeriods);
  arrivals->Append(key, weight, slot);
}

std::vector<uint64_t> Weights(const Arrivals& arrivals) {
  std::vector<WeightedKey> samples(arrivals.size());
  arrivals.Copy(arrivals.size(), samples.data());
  std::vector<uint64_t> weights;
  for (const WeightedKey& sample : samples) weights.push_back(sample.weight);
  return weights;
}

std::vector<OrderKey> Keys(const Arrivals& arrivals) {
  return {arrivals.keys(), arrivals.keys() + arrivals.size()};
}

TEST_CASE("arrivals keep the order in which samples came", "[quantile]") {
  Arrivals arrivals;
  for (OrderKey key = 10; key > 0; --key) Add(&arrivals, key, 1, 0);
  CHECK(Keys(arrivals) == std::vector<OrderKey>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(arrivals.run(0) == 10);
}

TEST_CASE("weights widen without losing the ones before", "[quantile]") {
  Arrivals arrivals;
  std::vector<uint64_t> expected;
  for (const uint64_t weight : {1u, 1u, 255u, 1u, 256u, 65'535u, 65'536u, 7u, 16'777'216u}) {
    Add(&arrivals, 5, weight, 0);
    expected.push_back(weight);
    REQUIRE(Weights(arrivals) == expected);
  }
}

TEST_CASE("a weight beyond 2^24 counts as 2^24", "[quantile]") {
  Arrivals arrivals;
  Add(&arrivals, 5, std::numeric_limits<uint64_t>::max(), 0);
  CHECK(Weights(arrivals) == std::vector<uint64_t>{16'777'216u});
}

TEST_CASE("dropping the oldest run keeps the newer samples and their weights", "[quantile]") {
  Arrivals arrivals;
  for (OrderKey key = 0; key < 4; ++key) Add(&arrivals, key, 1, 2);
  for (OrderKey key = 10; key < 13; ++key) Add(&arrivals, key, 300 + key, 0);
  Add(&arrivals, 20, 1, 1);
  arrivals.DropFront(2);
  CHECK(Keys(arrivals) == std::vector<OrderKey>{10, 11, 12, 20});
  CHECK(Weights(arrivals) == std::vector<uint64_t>{310, 311, 312, 1});
  CHECK(arrivals.run(2) == 0);
  CHECK(arrivals.run(0) == 3);
  arrivals.DropFront(2);
  CHECK(arrivals.size() == 4);
}

TEST_CASE("reserving nothing frees the block", "[quantile]") {
  Arrivals arrivals;
  CHECK(arrivals.MemoryBytes() == 0);
  Add(&arrivals, 1, 9, 0);
  CHECK(arrivals.MemoryBytes() > 0);
  arrivals.Reserve(0, kPeriods);
  CHECK(arrivals.MemoryBytes() == 0);
  CHECK(arrivals.full());
  Add(&arrivals, 1, 1, 0);
  CHECK_FALSE(arrivals.weighted());
}

}  // namespace
}  // namespace weir
