#include "common/replaceable.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("a reader has what was put last, and keeps nothing older", "[replaceable]") {
  auto first = std::make_shared<const int>(1);
  Replaceable<int> number(first);
  Replaceable<int>::Reader reader(number);
  CHECK(reader.Get() == 1);
  number.Replace(std::make_shared<const int>(2));
  number.Replace(std::make_shared<const int>(3));
  CHECK(first.use_count() == 2);  // the reader's and this one
  CHECK(reader.Get() == 3);
  CHECK(first.use_count() == 1);
  CHECK(Replaceable<int>::Reader(number).Get() == 3);
}

TEST_CASE("readers of other threads see whole objects in the order they were put",
          "[replaceable]") {
  struct Pair {
    int a, b;
  };
  constexpr int kLast = 2000;
  Replaceable<Pair> pair(std::make_shared<const Pair>(Pair{0, 0}));
  std::atomic<bool> good{true};
  const auto read = [&] {
    Replaceable<Pair>::Reader reader(pair);
    for (int seen = 0; seen < kLast;) {
      const Pair now = reader.Get();
      if (now.a != now.b || now.a < seen) good = false;
      seen = now.a;
    }
  };
  std::thread one(read), two(read);
  for (int i = 1; i <= kLast; ++i) pair.Replace(std::make_shared<const Pair>(Pair{i, i}));
  one.join();
  two.join();
  CHECK(good);
}

}  // namespace
}  // namespace weir
