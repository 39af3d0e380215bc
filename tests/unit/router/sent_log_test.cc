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

TEST_CASE("a whole quote finds its datagram among others that begin alike", "[sent_log]") {
  const std::string head = "company.product.service.instance.requests";
  SentLog log;
  Add(&log, head + ":1|c\n", 1);
  Add(&log, head + ":2|c\n", 1);
  Add(&log, head + ":1|c\n" + head + ":2|c\n", 2);
  CHECK(log.Take(head + ":1|c\n" + head + ":2|c\n")->lines == 2);
  CHECK(log.Take(head + ":2|c\n")->lines == 1);
  CHECK_FALSE(log.Take(head + ":3|c\n" + head));
}

TEST_CASE("as much as Linux quotes finds a long datagram among others that begin alike",
          "[sent_log]") {
  const std::string head(100, 'n');
  const std::string tail(SentLog::kQuoted, 't');
  SentLog log;
  Add(&log, head + ":1|c\n" + tail, 10);
  Add(&log, head + ":2|c\n" + tail, 20);
  CHECK(log.Take((head + ":2|c\n" + tail).substr(0, 520))->lines == 20);
  CHECK(log.Take((head + ":1|c\n" + tail).substr(0, SentLog::kQuoted))->lines == 10);
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
