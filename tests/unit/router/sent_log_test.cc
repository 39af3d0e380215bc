#include "router/sent_log.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

void Add(SentLog* log, const std::string& datagram, uint64_t lines) {
  log->Add(datagram.data(), {lines, datagram.size(), 1});
}

TEST_CASE("a datagram is found by its beginning, once", "[sent_log]") {
  SentLog log;
  Add(&log, "first:1|c\n", 1);
  Add(&log, "second:1|c\nsecond:1|c\nsecond:1|c\n", 3);
  CHECK(log.Take("second:1|c\nsecond:1|c\ns") == Amount{3, 33, 1});
  CHECK_FALSE(log.Take("second:1|c\nsecond:1|c\ns"));
  CHECK_FALSE(log.Take("third"));
  CHECK(log.Take("first:1|c\n") == Amount{1, 10, 1});
}

TEST_CASE("of datagrams that begin alike the oldest is found", "[sent_log]") {
  SentLog log;
  for (uint64_t lines = 1; lines <= 3; ++lines) Add(&log, "same:1|c\n", lines);
  for (uint64_t lines = 1; lines <= 3; ++lines) CHECK(log.Take("same")->lines == lines);
}

TEST_CASE("only the last datagrams are remembered", "[sent_log]") {
  SentLog log;
  for (size_t i = 0; i <= SentLog::kSize; ++i) Add(&log, std::to_string(i) + ":", i + 1);
  CHECK_FALSE(log.Take("0:"));
  CHECK(log.Take("1:")->lines == 2);
  CHECK(log.Take(std::to_string(SentLog::kSize) + ":")->lines == SentLog::kSize + 1);
}

}  // namespace
}  // namespace weir
