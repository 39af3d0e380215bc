#include "common/sample_hash.h"

#include <bit>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

Hash128 HashOf(const SampleHash& hash, std::string_view name,
               const std::vector<std::string_view>& fields = {},
               SampleType type = SampleType::kCounter) {
  return hash.Finish(hash.OfName(name) + hash.OfFields(fields), type);
}

std::pair<uint64_t, uint64_t> Pair(const Hash128& hash) { return {hash.low, hash.high}; }

TEST_CASE("one secret gives one sample one hash, another secret another", "[sample_hash]") {
  const SampleHash one, other;
  for (const size_t size : {0, 1, 5, 15, 16, 17, 40, 64, 65, 5'000}) {
    const std::string name(size, 'n');
    CHECK(HashOf(one, name, {"#a:b"}) == HashOf(one, std::string(name), {"#a:b"}));
    CHECK_FALSE(HashOf(one, name) == HashOf(other, name));
  }
  CHECK(&ProcessSampleHash() == &ProcessSampleHash());
}

TEST_CASE("every byte of a name and of its tags counts, whatever their sizes", "[sample_hash]") {
  const SampleHash hash;
  for (size_t size = 0; size < 150; ++size) {
    const std::string text(size, 'x');
    std::set<std::pair<uint64_t, uint64_t>> seen = {Pair(HashOf(hash, text)),
                                                    Pair(HashOf(hash, text + 'x'))};
    for (size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = 'y';
      seen.insert(Pair(HashOf(hash, changed)));
    }
    CHECK(seen.size() == size + 2);
    seen.clear();
    for (size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = 'y';
      seen.insert(Pair(HashOf(hash, "name", {changed})));
    }
    CHECK(seen.size() == size);
  }
}

TEST_CASE("a name is no field, fields have an order, and types differ", "[sample_hash]") {
  const SampleHash hash;
  const std::vector<Hash128> all = {
      HashOf(hash, "a"),
      HashOf(hash, "", {"a"}),
      HashOf(hash, "a", {""}),
      HashOf(hash, "", {}),
      HashOf(hash, "ab", {"c"}),
      HashOf(hash, "a", {"bc"}),
      HashOf(hash, "a", {"b", "c"}),
      HashOf(hash, "a", {"c", "b"}),
      HashOf(hash, "a", {"b", "c", ""}),
      HashOf(hash, "a", {}, SampleType::kGauge),
      HashOf(hash, "a", {}, SampleType::kObserver),
      HashOf(hash, "a", {}, SampleType::kSet),
  };
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const Hash128& one : all) seen.insert(Pair(one));
  CHECK(seen.size() == all.size());
}

TEST_CASE("the sum of a field is that of a list of one", "[sample_hash]") {
  const SampleHash hash;
  const std::string_view field = "#env:prod,region:eu-west-1";
  CHECK(hash.OfField(field) == hash.OfFields({{field}}));
}

TEST_CASE("the low bits of many hashes spread, since tables go by them", "[sample_hash]") {
  // Names that differ in one digit here and there, at the beginning, in the middle and at the end.
  for (const size_t before : {0, 3, 8, 20, 60, 100}) {
    for (const size_t after : {0, 7, 16, 40}) {
      const SampleHash hash;
      std::set<uint64_t> places;
      std::vector<int> ones(16);
      for (int i = 0; i < 4096; ++i) {
        const std::string name =
            std::string(before, 'b') + std::to_string(i) + std::string(after, 'a');
        const uint64_t place = HashOf(hash, name).low & 0xFFFF;
        places.insert(place);
        for (int bit = 0; bit < 16; ++bit) ones[bit] += place >> bit & 1;
      }
      INFO(before << " before, " << after << " after");
      // 4096 balls in 65,536 bins leave about 3,970 bins filled; 3,800 is 15 deviations off.
      CHECK(places.size() > 3'800);
      for (const int count : ones) CHECK((count > 1'700 && count < 2'400));
    }
  }
}

}  // namespace
}  // namespace weir
