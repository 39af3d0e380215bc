#include "router/key_memo.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace weir {
namespace {

Hash128 HashOf(int i) { return ProcessHash().Of("name" + std::to_string(i)); }

KeyMemo::Key KeyOf(int i) {
  const std::string digits = std::to_string(i + 1'000'000);
  KeyMemo::Key key{};
  std::copy(digits.begin(), digits.end(), key.begin());
  return key;
}

TEST_CASE("a key is found again under its hash only", "[key-memo]") {
  KeyMemo memo;
  CHECK(memo.Find(HashOf(1)) == nullptr);
  CHECK(memo.Insert(HashOf(1), KeyOf(1)) == KeyOf(1));
  CHECK(memo.Insert(HashOf(2), KeyOf(2)) == KeyOf(2));
  REQUIRE(memo.Find(HashOf(1)) != nullptr);
  CHECK(*memo.Find(HashOf(1)) == KeyOf(1));
  CHECK(*memo.Find(HashOf(2)) == KeyOf(2));
  CHECK(memo.Find(HashOf(3)) == nullptr);
  Hash128 half = HashOf(1);
  half.high ^= 1;
  CHECK(memo.Find(half) == nullptr);
}

TEST_CASE("keys without end evict each other, and what is found is always right", "[key-memo]") {
  KeyMemo memo(64);
  for (int i = 0; i < 10'000; ++i) {
    memo.Insert(HashOf(i), KeyOf(i));
    REQUIRE(memo.Find(HashOf(i)) != nullptr);
  }
  int found = 0;
  for (int i = 0; i < 10'000; ++i) {
    const KeyMemo::Key* key = memo.Find(HashOf(i));
    if (key == nullptr) continue;
    ++found;
    REQUIRE(*key == KeyOf(i));
  }
  CHECK(found == 64);
}

TEST_CASE("half as many keys as there are entries nearly all stay", "[key-memo]") {
  constexpr int kKeys = 32'768;
  KeyMemo memo(2 * kKeys);
  for (int i = 0; i < kKeys; ++i) memo.Insert(HashOf(i), KeyOf(i));
  int lost = 0;
  for (int i = 0; i < kKeys; ++i) lost += memo.Find(HashOf(i)) == nullptr;
  // 0.8 % are expected to be one too many in their set.
  CHECK(lost < kKeys / 50);
}

TEST_CASE("the smallest memo is one set", "[key-memo]") {
  KeyMemo memo(KeyMemo::kWays);
  for (int i = 0; i < 8; ++i) memo.Insert(HashOf(i), KeyOf(i));
  for (int i = 0; i < 8; ++i) CHECK(memo.Find(HashOf(i)) != nullptr);
  memo.Insert(HashOf(8), KeyOf(8));
  int found = 0;
  for (int i = 0; i < 9; ++i) found += memo.Find(HashOf(i)) != nullptr;
  CHECK(found == 8);
}

}  // namespace
}  // namespace weir
