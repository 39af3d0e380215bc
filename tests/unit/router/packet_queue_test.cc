#include "router/packet_queue.h"

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

void Push(PacketQueue* queue, const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  queue->Push({text.data(), static_cast<uint32_t>(text.size()), static_cast<uint32_t>(lines)});
}

TEST_CASE("bytes leave in order and packets count when they have gone whole", "[packet_queue]") {
  PacketQueue queue;
  Push(&queue, "a:1|c\nb:1|c\n");
  Push(&queue, "c:1|c\n");
  CHECK(queue.bytes() == "a:1|c\nb:1|c\nc:1|c\n");
  CHECK(queue.waiting() == Amount{3, 18, 2});
  CHECK(queue.Advance(11) == Amount{0, 11, 0});
  CHECK(queue.Advance(3) == Amount{2, 3, 1});
  CHECK(queue.bytes() == "1|c\n");
  CHECK(queue.Advance(4) == Amount{1, 4, 1});
  CHECK(queue.empty());
}

TEST_CASE("the line a broken connection took half of is cut off", "[packet_queue]") {
  PacketQueue queue;
  Push(&queue, "a:1|c\nb:1|c\nc:1|c\n");
  queue.Advance(8);
  const PacketQueue::Break broken = queue.OnBreak();
  CHECK(broken.sent == Amount{1, 0, 0});
  CHECK(broken.cut == Amount{1, 4, 0});
  CHECK(queue.bytes() == "c:1|c\n");
  CHECK(queue.waiting().lines == 1);
  CHECK(queue.Advance(6) == Amount{1, 6, 1});
}

TEST_CASE("a connection that breaks between lines cuts none", "[packet_queue]") {
  PacketQueue queue;
  Push(&queue, "a:1|c\nb:1|c\n");
  queue.Advance(6);
  const PacketQueue::Break broken = queue.OnBreak();
  CHECK(broken.sent.lines == 1);
  CHECK(broken.cut == Amount{});
  CHECK(queue.bytes() == "b:1|c\n");
  CHECK(queue.OnBreak().sent == Amount{});
}

TEST_CASE("the last line of the last packet can be cut", "[packet_queue]") {
  PacketQueue queue;
  Push(&queue, "a:1|c\n");
  queue.Advance(5);
  CHECK(queue.OnBreak().cut == Amount{1, 1, 0});
  CHECK(queue.empty());
  CHECK(queue.waiting() == Amount{});
}

TEST_CASE("however connections take bytes and break, every line is sent or cut, in order",
          "[packet_queue]") {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    PacketQueue queue;
    uint64_t pushed = 0;
    uint64_t sent = 0;
    uint64_t cut = 0;
    std::string connection;  // what the present one took
    uint64_t expected = 0;   // number of the next line
    const auto check_connection = [&] {
      size_t begin = 0;
      for (size_t end; (end = connection.find('\n', begin)) != std::string::npos; begin = end + 1) {
        REQUIRE(connection.substr(begin, end - begin) == std::to_string(expected++));
      }
      if (begin < connection.size()) {
        REQUIRE(std::to_string(expected++).starts_with(connection.substr(begin)));
      }
      connection.clear();
    };
    for (int i = 0; i < 1000; ++i) {
      std::string packet;
      for (uint32_t n = 1 + random() % 5; n > 0; --n) packet += std::to_string(pushed++) + "\n";
      Push(&queue, packet);
      const size_t size = random() % (queue.bytes().size() + 1);
      connection += queue.bytes().substr(0, size);
      sent += queue.Advance(size).lines;
      if (random() % 4 == 0) {
        const PacketQueue::Break broken = queue.OnBreak();
        sent += broken.sent.lines;
        cut += broken.cut.lines;
        check_connection();
      }
      REQUIRE(pushed == sent + cut + queue.waiting().lines);
    }
    connection += queue.bytes();
    sent += queue.Advance(queue.bytes().size()).lines;
    check_connection();
    CHECK(expected == pushed);
    CHECK(sent + cut == pushed);
    CHECK(cut > 0);
  }
}

}  // namespace
}  // namespace weir
