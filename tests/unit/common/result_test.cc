#include "common/result.h"

#include <memory>
#include <string>
#include <utility>

#include "tests/support/catch.h"

namespace weir {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Error{"not even: " + std::to_string(number)};
  return number / 2;
}

struct Pair {
  int first;
  int second;
};

TEST_CASE("a result holds a value or the error that says why there is none", "[result]") {
  const Result<int> good = Half(8);
  REQUIRE(good.has_value());
  CHECK(static_cast<bool>(good));
  CHECK(*good == 4);
  CHECK(good.value() == 4);

  const Result<int> bad = Half(7);
  REQUIRE_FALSE(bad.has_value());
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().message == "not even: 7");
}

TEST_CASE("the value of a result can be changed and reached into", "[result]") {
  Result<Pair> result = Pair{1, 2};
  result->first = 5;
  (*result).second = 6;
  const Result<Pair>& view = result;
  CHECK(view->first == 5);
  CHECK(view.value().second == 6);
}

TEST_CASE("a value that can only be moved is moved out of its result", "[result]") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 3);
  Result<std::unique_ptr<int>> other = std::make_unique<int>(4);
  const std::unique_ptr<int> also = std::move(other).value();
  CHECK(*also == 4);
}

TEST_CASE("a result of a text tells its value from its error", "[result]") {
  const Result<std::string> value = std::string("text");
  const Result<std::string> error = Error{"text"};
  CHECK(value.has_value());
  CHECK_FALSE(error.has_value());
  const Result<Done> done = Done{};
  CHECK(done.has_value());
}

}  // namespace
}  // namespace weir
