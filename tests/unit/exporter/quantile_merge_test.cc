#include "exporter/quantile_merge.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

OrderKey Key(double value) { return ToOrderKey(value); }

TEST_CASE("exact parts give the exact nearest rank", "[quantile]") {
  QuantileMerge merge;
  merge.BeginPart(1);
  for (const double value : {1, 3, 5, 7, 9}) merge.AddExact(Key(value), 1);
  merge.BeginPart(1);
  for (const double value : {2, 4, 6, 8, 10}) merge.AddExact(Key(value), 1);
  merge.Finish();
  CHECK(merge.total() == 10);
  CHECK(merge.Quantile(0) == 1);
  CHECK(merge.Quantile(0.1) == 1);
  CHECK(merge.Quantile(0.11) == 2);
  CHECK(merge.Quantile(0.5) == 5);
  CHECK(merge.Quantile(0.99) == 10);
  CHECK(merge.Quantile(1) == 10);
}

TEST_CASE("the weights of one key in several parts add up", "[quantile]") {
  QuantileMerge merge;
  for (int part = 0; part < 3; ++part) {
    merge.BeginPart(1);
    merge.AddExact(Key(1), 1);
    merge.AddExact(Key(2), 9);
  }
  merge.Finish();
  CHECK(merge.total() == 30);
  CHECK(merge.Quantile(0.1) == 1);
  CHECK(merge.Quantile(0.101) == 2);
}

TEST_CASE("between two known ranks the nearer key answers", "[quantile]") {
  QuantileMerge merge;
  merge.BeginPart(1);
  merge.Add(Key(0), 1);
  merge.Add(Key(10), 40);
  merge.Add(Key(20), 100);
  merge.Finish();
  CHECK(merge.Quantile(0.10) == 0);
  CHECK(merge.Quantile(0.30) == 10);
  CHECK(merge.Quantile(0.45) == 10);
  CHECK(merge.Quantile(0.90) == 20);
}

TEST_CASE("the weight between two tuples of one key lies at that key", "[quantile]") {
  QuantileMerge merge;
  merge.BeginPart(1);
  merge.Add(Key(0), 1);
  merge.Add(Key(10), 2);
  merge.Add(Key(10), 99);
  merge.Add(Key(20), 100);
  merge.Finish();
  for (const double quantile : {0.02, 0.1, 0.5, 0.9, 0.99}) CHECK(merge.Quantile(quantile) == 10);
  CHECK(merge.Quantile(0.995) == 20);
}

TEST_CASE("a merge can be used again", "[quantile]") {
  QuantileMerge merge;
  for (int value = 1; value <= 3; ++value) {
    merge.Clear();
    merge.BeginPart(1);
    merge.AddExact(Key(value), 5);
    merge.Finish();
    CHECK(merge.total() == 5);
    CHECK(merge.Quantile(0.5) == value);
  }
}

}  // namespace
}  // namespace weir
