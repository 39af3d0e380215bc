#include "common/intake_route.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

// As "metric count a", "redirect /x", "405 GET, OPTIONS".
std::string Found(std::string_view method, std::string_view path) {
  const IntakeRoute route = FindIntakeRoute(method, path);
  switch (route.kind) {
    case IntakeRoute::Kind::kHeartbeat:
      return "heartbeat";
    case IntakeRoute::Kind::kMetric:
      return "metric " + route.type + " " + route.key;
    case IntakeRoute::Kind::kBatch:
      return "batch";
    case IntakeRoute::Kind::kOptions:
      return "options " + std::string(route.allow);
    case IntakeRoute::Kind::kRedirect:
      return "redirect " + route.location;
    case IntakeRoute::Kind::kNotAllowed:
      return "405 " + std::string(route.allow);
    case IntakeRoute::Kind::kNotFound:
      return "404";
    case IntakeRoute::Kind::kBadPath:
      return "400";
  }
  return "";
}

TEST_CASE("paths lead where they say") {
  CHECK(Found("GET", "/heartbeat") == "heartbeat");
  CHECK(Found("POST", "/batch") == "batch");
  CHECK(Found("POST", "/count/a.b") == "metric count a.b");
  CHECK(Found("POST", "/c%6Funt/%C3%A9+") == "metric count é+");
  CHECK(Found("POST", "/heartbeat/x") == "metric heartbeat x");
  CHECK(Found("POST", "/batch/x") == "metric batch x");
}

TEST_CASE("other paths are not found") {
  for (const char* path : {"", "/", "/count", "/a/b/c", "/count/a%2Fb", "/metrics", "*", "x/y"}) {
    INFO(path);
    CHECK(Found("POST", path) == "404");
    CHECK(Found("OPTIONS", path) == "404");
  }
  CHECK(Found("GET", "/count") == "404");
}

TEST_CASE("other methods are told which ones are allowed") {
  CHECK(Found("GET", "/count/x") == "405 OPTIONS, POST");
  CHECK(Found("PUT", "/batch") == "405 OPTIONS, POST");
  CHECK(Found("POST", "/heartbeat") == "405 GET, OPTIONS");
  CHECK(Found("HEAD", "/heartbeat") == "405 GET, OPTIONS");
  CHECK(Found("OPTIONS", "/heartbeat") == "options GET, OPTIONS");
  CHECK(Found("OPTIONS", "/any/thing") == "options OPTIONS, POST");
}

TEST_CASE("paths that are nearly right are redirected") {
  CHECK(Found("GET", "/heartbeat/") == "redirect /heartbeat");
  CHECK(Found("GET", "/HeartBeat") == "redirect /heartbeat");
  CHECK(Found("GET", "//heartbeat") == "redirect /heartbeat");
  CHECK(Found("POST", "/count/a/") == "redirect /count/a");
  CHECK(Found("POST", "//count/a") == "redirect /count/a");
  CHECK(Found("POST", "/x/../count/a") == "redirect /count/a");
  CHECK(Found("POST", "/count/") == "redirect /count");
  CHECK(Found("POST", "/batch/") == "redirect /batch");
  CHECK(Found("GET", "/count/a/") == "404");
}

TEST_CASE("a redirect cannot carry anything but a path") {
  CHECK(Found("POST", "/count/a%0D%0AX:%20y/") == "redirect /count/a%0D%0AX:%20y");
  CHECK(Found("POST", "//evil.example/a") == "redirect /evil.example/a");
}

TEST_CASE("broken escapes are bad paths") {
  for (const char* path : {"/count/%", "/count/%4", "/count/%zz", "/%g0/a"}) {
    CHECK(Found("POST", path) == "400");
  }
}

}  // namespace
}  // namespace weir
