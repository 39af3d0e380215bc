#include "common/promised.h"

#include <chrono>
#include <memory>
#include <thread>

#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

TEST_CASE("a value given by another thread arrives", "[promised]") {
  Promised<int> promised;
  std::thread giver([&] { promised.Give(7); });
  CHECK(promised.Await(minutes(1)) == 7);
  giver.join();
}

TEST_CASE("a value given before it is awaited is there", "[promised]") {
  Promised<std::unique_ptr<int>> promised;
  promised.Give(std::make_unique<int>(8));
  const auto value = promised.Await(minutes(1));
  REQUIRE(value.has_value());
  CHECK(**value == 8);
}

TEST_CASE("who waits in vain gets nothing, and the value may still come", "[promised]") {
  const auto promised = std::make_shared<Promised<int>>();
  CHECK_FALSE(promised->Await(milliseconds(1)).has_value());
  promised->Give(9);
  CHECK(promised->Await(minutes(1)) == 9);
}

}  // namespace
}  // namespace weir
