#include "exporter/homes.h"

#include "tests/support/catch.h"
#include "tests/support/ownership_of.h"

namespace weir {
namespace {

constexpr int64_t kLate = 1'000 * kNanosPerSecond;

class HomesTest {
 protected:
  uint64_t Ours(std::string_view prefix = "n") const {
    return ring.HashOf(NameOwnedBy(*ownership, 0, prefix));
  }
  uint64_t Theirs(std::string_view prefix = "n") const {
    return ring.HashOf(NameOwnedBy(*ownership, 1, prefix));
  }
  bool LetsGo(uint32_t series) const { return homes.LetsGo(series, 0, kLate); }

  const std::shared_ptr<const Ownership> ownership = OwnershipOf({.nodes = "abc"});
  const Ring& ring = ownership->ring();
  Homes homes{ownership};
};

TEST_CASE_METHOD(HomesTest, "a series goes where its key belongs", "[homes]") {
  homes.Remember(0, Ours());
  homes.Remember(5000, Theirs());
  CHECK_FALSE(LetsGo(0));
  CHECK(LetsGo(5000));
  CHECK_FALSE(homes.LetsGo(5000, kLate, kLate));
}

TEST_CASE_METHOD(HomesTest, "a series without a known key stays", "[homes]") {
  CHECK_FALSE(LetsGo(0));
  homes.Remember(5000, Theirs());
  CHECK_FALSE(LetsGo(1));
  CHECK_FALSE(LetsGo(4999));
  CHECK_FALSE(LetsGo(1'000'000));
}

TEST_CASE_METHOD(HomesTest, "a number given to another series has none of its keys", "[homes]") {
  homes.Remember(3, Theirs());
  homes.Remember(3, Theirs("other"));
  homes.Forget(3);
  CHECK_FALSE(LetsGo(3));
  homes.Remember(3, Ours());
  CHECK_FALSE(LetsGo(3));
}

TEST_CASE_METHOD(HomesTest, "a series of several keys goes when the last of them is another's",
                 "[homes]") {
  homes.Remember(3, Theirs("x"));
  homes.Remember(3, Theirs("y"));
  homes.Remember(3, Theirs("x"));
  CHECK(LetsGo(3));
  homes.Remember(3, Ours());
  CHECK_FALSE(LetsGo(3));
}

TEST_CASE_METHOD(HomesTest, "a series of more keys than are kept stays", "[homes]") {
  for (size_t i = 0; i < Homes::kMostKeys; ++i) {
    homes.Remember(3, Theirs("key" + std::to_string(i) + "."));
  }
  CHECK(LetsGo(3));
  homes.Remember(3, Theirs("one.more"));
  CHECK_FALSE(LetsGo(3));
}

TEST_CASE_METHOD(HomesTest, "a node's return changes whose a series is", "[homes]") {
  homes.SetOwnership(OwnershipOf({.nodes = "abc", .dead = "b"}));
  const uint64_t covered = ring.HashOf([&] {
    const Ring without = ring.WithLive({true, false, true});
    for (int i = 0;; ++i) {
      const std::string name = "covered" + std::to_string(i);
      if (ring.Owner(name) == 1 && without.Owner(name) == 0) return name;
    }
  }());
  homes.Remember(3, covered);
  CHECK_FALSE(LetsGo(3));
  homes.SetOwnership(ownership);
  CHECK(LetsGo(3));
}

TEST_CASE_METHOD(HomesTest, "keys that are hashed otherwise are forgotten", "[homes]") {
  homes.Remember(3, Theirs());
  homes.SetOwnership(OwnershipOf({.nodes = "abc", .placement = Placement::kHulu}));
  CHECK_FALSE(LetsGo(3));
  homes.SetOwnership(ownership);
  CHECK_FALSE(LetsGo(3));
}

TEST_CASE_METHOD(HomesTest, "a series costs eight bytes", "[homes]") {
  const size_t empty = homes.MemoryBytes();
  for (uint32_t series = 0; series < 100'000; ++series) homes.Remember(series, Theirs());
  CHECK((homes.MemoryBytes() - empty) / 100'000 == 8);
}

}  // namespace
}  // namespace weir
