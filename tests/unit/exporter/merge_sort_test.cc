#include "exporter/merge_sort.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// The most different keys a test list has: few means many ties.
constexpr int kKeyRanges[] = {1, 2, 10, 1'000'000};

TEST_CASE("merge sort orders lists of every length", "[quantile]") {
  std::mt19937_64 random(1);
  for (size_t size = 0; size <= 600; ++size) {
    for (const int range : kKeyRanges) {
      std::vector<OrderKey> keys(size);
      for (OrderKey& key : keys) key = static_cast<OrderKey>(random() % range) - range / 2;
      std::vector<OrderKey> expected = keys;
      std::sort(expected.begin(), expected.end());
      std::vector<OrderKey> spare(size);
      MergeSort(keys.data(), spare.data(), size);
      CAPTURE(size, range);
      REQUIRE(keys == expected);
    }
  }
}

TEST_CASE("merge sort leaves sorted and reversed lists sorted", "[quantile]") {
  for (const size_t size : {17, 64, 255, 500, 512}) {
    std::vector<OrderKey> expected(size);
    std::iota(expected.begin(), expected.end(), -100);
    std::vector<OrderKey> keys = expected;
    std::vector<OrderKey> spare(size);
    MergeSort(keys.data(), spare.data(), size);
    CHECK(keys == expected);
    std::reverse(keys.begin(), keys.end());
    MergeSort(keys.data(), spare.data(), size);
    CHECK(keys == expected);
  }
}

TEST_CASE("merge sort keeps each weight with its key", "[quantile]") {
  std::mt19937_64 random(2);
  for (const size_t size : {3, 16, 17, 100, 333, 500}) {
    std::vector<WeightedKey> samples(size);
    for (WeightedKey& sample : samples) {
      sample.key = static_cast<OrderKey>(random());
      sample.weight = static_cast<uint64_t>(sample.key) * 3;
    }
    std::vector<WeightedKey> spare(size);
    MergeSort(samples.data(), spare.data(), size);
    for (size_t i = 0; i < size; ++i) {
      if (i > 0) REQUIRE(samples[i - 1].key <= samples[i].key);
      REQUIRE(samples[i].weight == static_cast<uint64_t>(samples[i].key) * 3);
    }
  }
}

}  // namespace
}  // namespace weir
