#include "common/queue_listener.h"

#include <string>
#include <thread>
#include <vector>

#include "common/line_queue.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"

namespace weir {
namespace {

class Lines final : public LineSink {
 public:
  void OnDatagram(std::string_view, Transport) override { FAIL("no datagram was sent"); }
  void OnStream(std::string_view lines, Transport transport) override {
    CHECK(transport == Transport::kHttp);
    text += lines;
  }
  void OnBatchEnd() override { ++batches; }

  std::string text;
  int batches = 0;
};

struct Reader {
  explicit Reader(size_t limit = LineQueue::kLimit)
      : queue(std::make_shared<LineQueue>("somewhere", limit)), listener(loop, queue, lines) {}

  void TurnUntil(size_t bytes) {
    for (int turns = 0; lines.text.size() < bytes && turns < 10'000; ++turns) loop.Turn();
    REQUIRE(lines.text.size() >= bytes);
  }

  SteadyClock clock;
  EventLoop loop{clock};
  Lines lines;
  std::shared_ptr<LineQueue> queue;
  QueueListener listener;
};

TEST_CASE("what is pushed comes out whole and in order") {
  Reader reader;
  CHECK(reader.queue->Push("a:1|c\n"));
  CHECK(reader.queue->Push("b:1|c\nc:1|c\n"));
  reader.TurnUntil(18);
  CHECK(reader.lines.text == "a:1|c\nb:1|c\nc:1|c\n");
  CHECK(reader.lines.batches == 1);
  CHECK(reader.queue->Push("d:1|c\n"));
  reader.TurnUntil(24);
  CHECK(reader.listener.Report().counters.bytes == 24);
  CHECK(Name(reader.listener.transport()) == "http");
  CHECK(reader.listener.address() == "somewhere");
}

TEST_CASE("a long queue is delivered a piece a turn") {
  Reader reader;
  const std::string line(100'000, 'x');
  for (int i = 0; i < 10; ++i) CHECK(reader.queue->Push(line));
  reader.loop.Turn();
  CHECK(reader.lines.text.size() == 300'000);
  reader.TurnUntil(1'000'000);
}

TEST_CASE("what finds no room is refused whole") {
  Reader reader(10);
  CHECK(reader.queue->Push("1234567\n"));
  CHECK_FALSE(reader.queue->Push("12\n"));
  CHECK(reader.queue->Push("1\n"));
  reader.TurnUntil(10);
  CHECK(reader.queue->Push("123456789\n"));
  reader.TurnUntil(20);
}

TEST_CASE("the last reading takes all there is") {
  Reader reader;
  for (int i = 0; i < 5; ++i) CHECK(reader.queue->Push(std::string(300'000, 'x')));
  reader.listener.Drain();
  CHECK(reader.lines.text.size() == 1'500'000);
}

TEST_CASE("many writers lose nothing, and each keeps its order") {
  Reader reader;
  constexpr int kWriters = 4, kEach = 5'000;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&reader, writer] {
      for (int i = 0; i < kEach; ++i) {
        const std::string number = std::to_string(10'000 + i);
        while (
            !reader.queue->Push(std::string(1, static_cast<char>('a' + writer)) + number + "\n")) {
        }
      }
    });
  }
  reader.TurnUntil(size_t{kWriters} * kEach * 7);
  for (std::thread& writer : writers) writer.join();
  std::vector<int> next(kWriters, 10'000);
  for (size_t at = 0; at < reader.lines.text.size(); at += 7) {
    int& expected = next[static_cast<size_t>(reader.lines.text[at] - 'a')];
    REQUIRE(reader.lines.text.substr(at + 1, 5) == std::to_string(expected++));
  }
}

TEST_CASE("a report has the connections of those who push") {
  Reader reader;
  CHECK(reader.listener.Report().counters.connections == 0);
  reader.queue->CountConnectionsBy([] { return LineQueue::Connections{7, 3}; });
  CHECK(reader.listener.Report().counters.connections == 7);
  CHECK(reader.listener.Report().counters.open_connections == 3);
}

}  // namespace
}  // namespace weir
