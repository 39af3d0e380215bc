#include "common/hash.h"

#include <set>
#include <string>
#include <utility>

#include "tests/support/catch.h"

namespace weir {
namespace {

Hash128 ChainOf(const SecretHash& hash, std::initializer_list<std::string_view> texts) {
  Hash128 all = hash.Of("");
  for (const std::string_view text : texts) all = SecretHash::Chain(all, hash.Of(text));
  return all;
}

TEST_CASE("the public hash is the same for ever", "[hash]") {
  // XXH3-64 with seed 0, as xxHash publishes it.
  CHECK(PublicHash64("") == 0x2d06800538d394c2);
}

TEST_CASE("one secret gives one text one hash, another secret another", "[hash]") {
  const SecretHash one, other;
  for (const std::string text :
       {"", "a", "page.views", "0123456789012345678901234567890123456789"}) {
    CHECK(one.Of(text) == one.Of(std::string(text)));
    CHECK(one.Of64(text) == one.Of64(std::string(text)));
    CHECK_FALSE(one.Of(text) == other.Of(text));
    CHECK(one.Of64(text) != other.Of64(text));
  }
}

TEST_CASE("the process has one secret", "[hash]") {
  CHECK(&ProcessHash() == &ProcessHash());
  CHECK(ProcessHash().Of("a") == ProcessHash().Of("a"));
}

TEST_CASE("hashes of many short texts are all different", "[hash]") {
  const SecretHash hash;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  std::set<uint64_t> seen64;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = "name." + std::to_string(i);
    const Hash128 both = hash.Of(text);
    seen.insert({both.low, both.high});
    seen64.insert(hash.Of64(text));
  }
  CHECK(seen.size() == 20'000);
  CHECK(seen64.size() == 20'000);
}

TEST_CASE("a chain knows the order of its texts and where one ends", "[hash]") {
  const SecretHash hash;
  CHECK(ChainOf(hash, {"a", "b"}) == ChainOf(hash, {"a", "b"}));
  CHECK_FALSE(ChainOf(hash, {"a", "b"}) == ChainOf(hash, {"b", "a"}));
  CHECK_FALSE(ChainOf(hash, {"ab", "c"}) == ChainOf(hash, {"a", "bc"}));
  CHECK_FALSE(ChainOf(hash, {"a"}) == ChainOf(hash, {"a", ""}));
  CHECK_FALSE(ChainOf(hash, {"a", ""}) == ChainOf(hash, {"", "a"}));
  CHECK_FALSE(ChainOf(hash, {}) == ChainOf(hash, {""}));
}

TEST_CASE("the low bits of chains spread, since tables go by them", "[hash]") {
  const SecretHash hash;
  std::set<uint64_t> places;
  for (int i = 0; i < 4096; ++i) {
    places.insert(ChainOf(hash, {"requests", "#code:" + std::to_string(i)}).low & 0xFFFF);
  }
  // 4096 balls in 65,536 bins leave about 3,970 bins filled; 3,800 is 15 deviations off.
  CHECK(places.size() > 3'800);
}

}  // namespace
}  // namespace weir
