#include "common/topology/probe_answer.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

using Meaning = ProbeAnswer::Meaning;

TEST_CASE("a statsd's first line says whether it is up", "[probe_answer]") {
  for (const char* text : {"health: up\n", "health: up\r\n", " health: up \n",
                           "health: up\nEND\n\n", "health: up\nEND"}) {
    CAPTURE(text);
    CHECK(ProbeAnswer(HealthKind::kStatsd).Feed(text) == Meaning::kUp);
  }
  for (const char* text : {"health: down\n", "updog\n", "up\n", "health: updog\n", "\nhealth: up\n",
                           "HEALTH: UP\n", "ERROR\n", "health:up\n"}) {
    CAPTURE(text);
    CHECK(ProbeAnswer(HealthKind::kStatsd).Feed(text) == Meaning::kBad);
  }
}

TEST_CASE("an http status of two hundred and some is up", "[probe_answer]") {
  for (const char* text : {"HTTP/1.1 200 OK\r\n", "HTTP/1.0 204\n", "HTTP/1.1 299 \r\nx"}) {
    CAPTURE(text);
    CHECK(ProbeAnswer(HealthKind::kHttp).Feed(text) == Meaning::kUp);
  }
  for (const char* text : {"HTTP/1.1 503 Service Unavailable\r\n", "HTTP/1.1 301 200\r\n",
                           "HTTP/2 200\r\n", "HTTP/1.1 2000\r\n", "200 OK\r\n", "health: up\n"}) {
    CAPTURE(text);
    CHECK(ProbeAnswer(HealthKind::kHttp).Feed(text) == Meaning::kBad);
  }
}

TEST_CASE("an answer may come byte by byte", "[probe_answer]") {
  ProbeAnswer answer(HealthKind::kStatsd);
  for (const char c : std::string_view("health: up")) {
    CHECK(answer.Feed({&c, 1}) == Meaning::kUnclear);
  }
  CHECK(answer.End() == Meaning::kUp);
  CHECK(answer.Feed("\n") == Meaning::kUp);
}

TEST_CASE("an answer that ends early means what has come of it", "[probe_answer]") {
  ProbeAnswer answer(HealthKind::kStatsd);
  CHECK(answer.End() == Meaning::kUnclear);
  answer.Feed("health: u");
  CHECK(answer.End() == Meaning::kBad);
}

TEST_CASE("a first line without end is bad and not kept", "[probe_answer]") {
  ProbeAnswer answer(HealthKind::kStatsd);
  CHECK(answer.Feed("health: up" + std::string(246, ' ')) == Meaning::kUnclear);
  CHECK(answer.Feed(std::string(1 << 20, ' ')) == Meaning::kBad);
  CHECK(answer.Feed("\n") == Meaning::kBad);
}

}  // namespace
}  // namespace weir
