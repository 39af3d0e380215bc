#include "router/packer.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::vector<std::string> TextsOf(const Packer& packer) {
  std::vector<std::string> texts;
  for (const Packet& packet : packer.packets()) texts.emplace_back(packet.data, packet.size);
  return texts;
}

using Texts = std::vector<std::string>;

TEST_CASE("lines are packed whole up to the mtu", "[packer]") {
  Packer packer(16);
  for (const char* line : {"aaaa:1|c", "bbb:2|c", "c:3|c", "not a line"}) {
    REQUIRE(packer.Add(line));
  }
  CHECK(TextsOf(packer) == Texts{"aaaa:1|c\n", "bbb:2|c\nc:3|c\n"});
  packer.Close();
  CHECK(TextsOf(packer) == Texts{"aaaa:1|c\n", "bbb:2|c\nc:3|c\n", "not a line\n"});
  CHECK(packer.packets()[1].lines == 2);
}

TEST_CASE("two lines that fill the mtu to the last byte go together", "[packer]") {
  Packer packer(12);
  REQUIRE(packer.Add("a:1|c"));
  REQUIRE(packer.Add("b:1|c"));
  REQUIRE(packer.Add("c:1|c"));
  CHECK(TextsOf(packer) == Texts{"a:1|c\nb:1|c\n"});
}

TEST_CASE("a line over the mtu goes alone and in its turn", "[packer]") {
  for (const size_t size : {16, 17, 65'506, 65'536}) {
    Packer packer(16);
    const std::string huge(size, 'x');
    REQUIRE(packer.Add("before"));
    REQUIRE(packer.Add(huge));
    REQUIRE(packer.Add("after"));
    packer.Close();
    CHECK(TextsOf(packer) == Texts{"before\n", huge + "\n", "after\n"});
  }
}

TEST_CASE("an empty packer has no packet to close", "[packer]") {
  Packer packer(100);
  packer.Close();
  CHECK(packer.packets().empty());
  packer.Pop(0);
  CHECK(packer.waiting_lines() == 0);
  CHECK(packer.waiting_bytes() == 0);
}

TEST_CASE("a full packer takes no line, and takes any again once packets are popped", "[packer]") {
  Packer packer(8);
  const std::string longest(Packer::kMaxLine - 1, 'x');
  uint64_t taken = 0;
  while (packer.Add("1234567")) ++taken;
  CHECK(taken == Packer::kMaxPackets);
  CHECK(packer.packets().size() == Packer::kMaxPackets);
  CHECK_FALSE(packer.Add(longest));
  packer.Pop(1);
  REQUIRE(packer.Add(longest));
  packer.Pop(packer.packets().size());
  CHECK(packer.waiting_lines() == 0);
  REQUIRE(packer.Add(longest));
  REQUIRE(packer.Add(longest));
  CHECK_FALSE(packer.Add(longest));
}

TEST_CASE("whatever is added and popped, each line leaves once, whole and in order", "[packer]") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    const size_t mtu = 1 + random() % 200;
    Packer packer(mtu);
    std::string in;
    std::string out;
    uint64_t lines_in = 0;
    uint64_t lines_out = 0;
    const auto pop = [&](size_t count) {
      for (size_t i = 0; i < count; ++i) {
        const Packet& packet = packer.packets()[i];
        REQUIRE((packet.size <= mtu || packet.lines == 1));
        const std::string text(packet.data, packet.size);
        REQUIRE(text.ends_with('\n'));
        out += text;
        lines_out += packet.lines;
      }
      packer.Pop(count);
    };
    for (int i = 0; i < 2000; ++i) {
      const std::string line(random() % (random() % 50 == 0 ? 3000 : 40), 'a' + random() % 26);
      if (!packer.Add(line)) {
        pop(1 + random() % packer.packets().size());
        if (!packer.Add(line)) {
          pop(packer.packets().size());
          REQUIRE(packer.Add(line));
        }
      }
      in += line + "\n";
      ++lines_in;
      REQUIRE(packer.waiting_lines() == lines_in - lines_out);
      REQUIRE(packer.waiting_bytes() == in.size() - out.size());
      if (random() % 30 == 0) packer.Close();
      if (random() % 20 == 0) pop(random() % (packer.packets().size() + 1));
      const auto packets = packer.packets();
      for (size_t k = 1; k < packets.size(); ++k) {
        REQUIRE(packets[k].data == packets[k - 1].data + packets[k - 1].size);
      }
    }
    packer.Close();
    pop(packer.packets().size());
    CHECK(out == in);
    CHECK(lines_out == lines_in);
  }
}

}  // namespace
}  // namespace weir
