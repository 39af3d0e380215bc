#include "exporter/ownership.h"

#include "tests/support/catch.h"
#include "tests/support/ownership_of.h"

namespace weir {
namespace {

constexpr int64_t kSecond = kNanosPerSecond;
constexpr OwnershipNode kAlways{true, 0};

// Of the nodes a (this one), b and c, with a grace of 30 s.
Ownership Made(const std::vector<OwnershipNode>& nodes, int64_t since = 0) {
  const auto ring = std::make_shared<const Ring>(OwnershipOf({.nodes = "abc"})->ring());
  return Ownership(ring, KeyKind::kName, nodes, 0, since, std::chrono::seconds(30));
}

// Of a key that belongs to the node at that index.
uint64_t HashOf(const Ownership& ownership, uint16_t node) {
  return ownership.ring().HashOf(NameOwnedBy(ownership, node));
}

TEST_CASE("what belongs to another is let go once it got no sample for longer than the grace",
          "[ownership]") {
  const Ownership ownership = Made({kAlways, kAlways, kAlways});
  const uint64_t other = HashOf(ownership, 1);
  CHECK_FALSE(ownership.LetsGo(other, 100 * kSecond, 100 * kSecond));
  CHECK_FALSE(ownership.LetsGo(other, 100 * kSecond, 130 * kSecond));
  CHECK(ownership.LetsGo(other, 100 * kSecond, 130 * kSecond + 1));
}

TEST_CASE("what is ours is never let go", "[ownership]") {
  const Ownership ownership = Made({kAlways, kAlways, kAlways});
  CHECK_FALSE(ownership.LetsGo(HashOf(ownership, 0), 0, 1'000'000 * kSecond));
}

TEST_CASE("what belongs to a node that does not live is not let go", "[ownership]") {
  const Ownership ownership = Made({kAlways, {false, 0}, kAlways});
  CHECK_FALSE(ownership.LetsGo(HashOf(ownership, 1), 0, 1'000 * kSecond));
  CHECK(ownership.LetsGo(HashOf(ownership, 2), 0, 1'000 * kSecond));
}

TEST_CASE("the grace begins anew when the owner returns", "[ownership]") {
  const Ownership ownership = Made({kAlways, {true, 500 * kSecond}, kAlways});
  const uint64_t returned = HashOf(ownership, 1);
  CHECK_FALSE(ownership.LetsGo(returned, 0, 530 * kSecond));
  CHECK(ownership.LetsGo(returned, 0, 531 * kSecond));
  CHECK(ownership.LetsGo(HashOf(ownership, 2), 0, 501 * kSecond));
}

TEST_CASE("the grace begins anew when this node leaves the ring", "[ownership]") {
  const Ownership ownership = Made({{false, 500 * kSecond}, kAlways, kAlways});
  CHECK_FALSE(ownership.LetsGo(HashOf(ownership, 1), 0, 530 * kSecond));
  CHECK(ownership.LetsGo(HashOf(ownership, 1), 0, 531 * kSecond));
}

TEST_CASE("the grace begins anew with a configuration", "[ownership]") {
  const Ownership ownership = Made({kAlways, kAlways, kAlways}, 500 * kSecond);
  CHECK_FALSE(ownership.LetsGo(HashOf(ownership, 1), 0, 530 * kSecond));
  CHECK(ownership.LetsGo(HashOf(ownership, 1), 0, 531 * kSecond));
}

TEST_CASE("hashes are kept as long as keys are hashed alike", "[ownership]") {
  const auto slots = OwnershipOf({.nodes = "abc"});
  CHECK(slots->SameKeys(*OwnershipOf({.nodes = "ad", .dead = "d", .since = 7})));
  CHECK_FALSE(slots->SameKeys(*OwnershipOf({.nodes = "abc", .key = KeyKind::kSeries})));
  CHECK_FALSE(slots->SameKeys(*OwnershipOf({.nodes = "abc", .placement = Placement::kEtsy})));
}

}  // namespace
}  // namespace weir
