#include "common/http_intake_options.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

Result<Done> Parse(std::vector<const char*> words, HttpIntakeOptions* options) {
  FlagSet flags("program", "Summary.", "version\n");
  AddHttpIntakeFlags(&flags, options);
  words.insert(words.begin(), "program");
  const auto parsed = flags.Parse(static_cast<int>(words.size()), words.data());
  if (!parsed) return parsed.error();
  return Validate(*options);
}

TEST_CASE("the intake is off unless it has a port, and the rest is as the peer has it") {
  HttpIntakeOptions options;
  REQUIRE(Parse({}, &options));
  CHECK_FALSE(options.enabled());
  CHECK_FALSE(options.wants_tokens());
  CHECK(options.host == "127.0.0.1");
  CHECK(options.timeout_read == 1);
  CHECK(options.timeout_write == 1);
  CHECK(options.timeout_idle == 1);
  REQUIRE(Parse({"--http-port=8825"}, &options));
  CHECK(options.enabled());
}

TEST_CASE("its flags are understood as Go's flag package writes them") {
  HttpIntakeOptions options;
  REQUIRE(Parse({"-http-host=", "-http-port", "8825", "--http-timeout-idle", "0", "-verbose",
                 "-jwt-secret=x", "-metric-prefix", "p"},
                &options));
  CHECK(options.host.empty());
  CHECK(options.port == 8825);
  CHECK(options.timeout_idle == 0);
  CHECK(options.verbose);
  CHECK(options.wants_tokens());
  CHECK(options.metric_prefix == "p");
}

TEST_CASE("flags that contradict each other are told") {
  const auto fails = [](std::vector<const char*> words) {
    HttpIntakeOptions options;
    return !Parse(std::move(words), &options);
  };
  CHECK(fails({"--tls-cert=x"}));
  CHECK(fails({"--tls-key=x"}));
  CHECK(fails({"--jwt.limit-claim=x"}));
  CHECK(fails({"--http.allowed-origin=shop.example"}));
  CHECK(fails({"--http.allowed-origin=https://shop.example/"}));
  CHECK(fails({"--http.max-body-bytes=0"}));
  CHECK(fails({"--http.max-connections=1"}));
  CHECK_FALSE(fails({"--tls-cert=x", "--tls-key=y", "--jwt.secret-file=z", "--jwt.limit-claim=x",
                     "--http.allowed-origin=https://shop.example"}));
}

}  // namespace
}  // namespace weir
