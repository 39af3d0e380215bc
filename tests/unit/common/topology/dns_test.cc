// What a DNS message says; the asking is tested by tests/integration/test_router_discovery.py.
#include "common/topology/dns.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Bytes = std::vector<uint8_t>;

void Append(std::initializer_list<int> bytes, Bytes* to) {
  for (const int byte : bytes) to->push_back(static_cast<uint8_t>(byte));
}

void AppendName(std::string_view name, Bytes* to) {
  while (!name.empty()) {
    const size_t dot = std::min(name.find('.'), name.size());
    to->push_back(static_cast<uint8_t>(dot));
    to->insert(to->end(), name.begin(), name.begin() + static_cast<ptrdiff_t>(dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  to->push_back(0);
}

// An answer to a question for the SRV records of `s.test`, with one for each target and port.
Bytes Answer(const std::vector<std::pair<std::string, int>>& targets, int type = 33) {
  Bytes message;
  Append({0, 7, 0x81, 0x80, 0, 1, 0, static_cast<int>(targets.size()), 0, 0, 0, 0}, &message);
  AppendName("s.test", &message);
  Append({0, 33, 0, 1}, &message);
  for (const auto& [target, port] : targets) {
    Bytes data;
    Append({0, 1, 0, 2, port >> 8, port & 255}, &data);
    AppendName(target, &data);
    Append({0xC0, 12, 0, type, 0, 1, 0, 0, 0, 9, 0, static_cast<int>(data.size())}, &message);
    message.insert(message.end(), data.begin(), data.end());
  }
  return message;
}

using Targets = std::vector<ServiceTarget>;

TEST_CASE("SRV records are hosts in lower case with ports", "[dns]") {
  const auto targets = ServicesOf(Answer({{"b.Test", 9125}, {"A.test", 65535}}));
  REQUIRE(targets.has_value());
  CHECK(*targets == Targets{{"b.test", 9125}, {"a.test", 65535}});
}

TEST_CASE("no message and no record is no target, and neither is the root", "[dns]") {
  CHECK(ServicesOf({}).value() == Targets{});
  CHECK(ServicesOf(Answer({})).value() == Targets{});
  CHECK(ServicesOf(Answer({{"", 9125}})).value() == Targets{});
}

TEST_CASE("records of other types on the way are left out", "[dns]") {
  CHECK(ServicesOf(Answer({{"a.test", 1}}, 5)).value() == Targets{});
}

TEST_CASE("a target that is no host name with a port is an error", "[dns]") {
  for (const auto& [host, port] : {std::pair("a b.test", 9125), {"a/b.test", 9125}, {"a", 0}}) {
    CAPTURE(host, port);
    const auto targets = ServicesOf(Answer({{"a.test", 9125}, {host, port}}));
    REQUIRE_FALSE(targets.has_value());
    CHECK(targets.error().message.find("is no host with a port") != std::string::npos);
  }
}

TEST_CASE("a message that is cut anywhere is malformed", "[dns]") {
  const Bytes whole = Answer({{"a.test", 9125}, {"b.test", 9125}});
  for (size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    // Not copied in place, so that a sanitizer sees a read behind the end.
    CHECK_FALSE(
        ServicesOf(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))).has_value());
  }
}

TEST_CASE("a message with any byte changed is read or refused", "[dns]") {
  const Bytes whole = Answer({{"a.test", 9125}, {"b.test", 9125}});
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      Bytes message = whole;
      message[at] = static_cast<uint8_t>(byte);
      const auto targets = ServicesOf(message);
      if (targets) CHECK(targets->size() <= 4);
    }
  }
}

TEST_CASE("a literal address stands for itself and nobody is asked", "[dns]") {
  const auto nobody = LiteralAddress("127.0.0.1", 1);
  REQUIRE(nobody.has_value());
  for (const std::string host : {"10.0.0.1", "::1"}) {
    const auto addresses = Dns(*nobody).Addresses(host, 9125, Families::kBoth);
    REQUIRE(addresses.has_value());
    REQUIRE(addresses->size() == 1);
    CHECK(addresses->front().ToString() == JoinHostPort(host, 9125));
  }
}

}  // namespace
}  // namespace weir
