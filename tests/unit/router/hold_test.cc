#include "router/hold.h"

#include <array>
#include <string>

#include "common/clock.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::seconds;

Packet PacketOf(const std::string& text, uint32_t lines = 1) {
  return {text.data(), static_cast<uint32_t>(text.size()), lines};
}

std::string TextOf(const Packet& packet) { return {packet.data, packet.size}; }

TEST_CASE("what is held comes back in order", "[hold]") {
  Hold hold(seconds(10), 100);
  CHECK(hold.empty());
  for (const std::string text : {"a\n", "b\nb\n", "c\n"}) {
    REQUIRE(hold.Add(PacketOf(text, text.size() / 2), 0));
  }
  CHECK(hold.waiting() == Amount{4, 8, 3});
  std::array<Packet, 2> packets;
  REQUIRE(hold.Oldest(packets) == 2);
  CHECK(TextOf(packets[0]) == "a\n");
  CHECK(TextOf(packets[1]) == "b\nb\n");
  CHECK(hold.Pop(2) == Amount{3, 6, 2});
  REQUIRE(hold.Oldest(packets) == 1);
  CHECK(TextOf(packets[0]) == "c\n");
  hold.Pop(1);
  CHECK(hold.empty());
  CHECK(hold.waiting() == Amount{});
}

TEST_CASE("beyond its bytes the newest is not held", "[hold]") {
  Hold hold(seconds(10), 10);
  CHECK(hold.Add(PacketOf("123456\n"), 0));
  CHECK_FALSE(hold.Add(PacketOf("123\n"), 0));
  CHECK(hold.Add(PacketOf("12\n"), 0));
  CHECK_FALSE(hold.Add(PacketOf("\n"), 0));
  CHECK(hold.waiting() == Amount{2, 10, 2});
}

TEST_CASE("what is held for too long expires, the oldest first", "[hold]") {
  Hold hold(seconds(10), 100);
  REQUIRE(hold.Add(PacketOf("a\n"), 0));
  REQUIRE(hold.Add(PacketOf("b\n"), 5 * kNanosPerSecond));
  CHECK(hold.Expire(10 * kNanosPerSecond) == Amount{});
  CHECK(hold.Expire(10 * kNanosPerSecond + 1) == Amount{1, 2, 1});
  CHECK(hold.Expire(60 * kNanosPerSecond) == Amount{1, 2, 1});
  CHECK(hold.empty());
}

}  // namespace
}  // namespace weir
