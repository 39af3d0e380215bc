#include "router/validator.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Verdict(ValidationLevel level, std::string_view line) {
  Validator validator(level);
  const auto error = validator.Check(line);
  return error ? std::string(Name(*error)) : "good";
}

TEST_CASE("lines with the parts of a sample pass by their structure", "[validator]") {
  for (const char* line :
       {"foo:1|c", "a:b:1|c", "n:1:2:3|c", "x:1|zzz", "x:-1|g", "x:2e-1|ms|@0.1|#a:b", "x:abc|s",
        "x:1|c|#a:b|#c:d", "x:1|c|T123|e:new", "\xff\xfe:1|c", "%s%n:1|c", "x:1|c|", "x:::|c",
        "_e{1,1}:a|b", "_sc|name|0|#a", "_x:1|c", "x:\x01|\x80", " :1|c"}) {
    CAPTURE(line);
    CHECK(Verdict(ValidationLevel::kStructure, line) == "good");
  }
}

TEST_CASE("lines without the parts of a sample do not, each with its reason", "[validator]") {
  const struct {
    const char* line;
    const char* reason;
  } kCases[] = {
      {":", "malformed_line"},
      {":1|c", "malformed_line"},
      {"foo", "malformed_line"},
      {"foo|c", "malformed_line"},
      {"foo:", "not_enough_parts_after_colon"},
      {"foo:1", "not_enough_parts_after_colon"},
      {"a|b:1", "not_enough_parts_after_colon"},
      {"foo:|c", "malformed_value"},
      {"foo:1|", "malformed_component"},
      {"foo:1||@1", "malformed_component"},
      {"_e{5,4}:x|y", "illegal_event"},
      {"_sc|name|9", "illegal_event"},
  };
  for (const auto& one : kCases) {
    CAPTURE(one.line);
    CHECK(Verdict(ValidationLevel::kStructure, one.line) == one.reason);
    CHECK(Verdict(ValidationLevel::kOff, one.line) == "good");
    CHECK(Verdict(ValidationLevel::kStrict, one.line) != "good");
  }
}

TEST_CASE("strict takes what the exporter takes without an error", "[validator]") {
  CHECK(Verdict(ValidationLevel::kStrict, "foo:1|c|@0.5|#a:b") == "good");
  CHECK(Verdict(ValidationLevel::kStrict, "n:1:2:3|ms") == "good");
  CHECK(Verdict(ValidationLevel::kStrict, "_e{1,1}:a|b") == "good");
  CHECK(Verdict(ValidationLevel::kStrict, "x:1|zzz") != "good");
  CHECK(Verdict(ValidationLevel::kStrict, "x:abc|c") == "malformed_value");
  CHECK(Verdict(ValidationLevel::kStrict, "x:1|c|@abc") == "invalid_sample_factor");
  CHECK(Verdict(ValidationLevel::kStrict, "x:1|c:y|c") == "malformed_value");
  CHECK(Verdict(ValidationLevel::kStrict, "\xff:1|c") == "malformed_line");
}

TEST_CASE("an error of one line does not stick to the next", "[validator]") {
  Validator validator(ValidationLevel::kStrict);
  CHECK(validator.Check("x:abc|c"));
  CHECK_FALSE(validator.Check("x:1|c"));
}

}  // namespace
}  // namespace weir
