// Validator: whether a line is sent on, and if not, why; in the words the exporter has for it.
//
//   off        every line is, as it is
//   structure  a name, ':', a value, '|', a type; or a DogStatsD event or service check. What
//   stands
//              in them is not looked at, so bytes above 0x7f and fields of the future pass.
//   strict     what the exporter takes without counting an error: for clients to be put right, as a
//              packed line goes with all its samples or not at all.
//
// Cost: structure two memchr; strict parses the line.
// Thread safety: one thread. Tested by tests/unit/router/validator_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/parser.h"
#include "common/topology/config_words.h"

namespace weir {

class Validator {
 public:
  explicit Validator(ValidationLevel level);
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  // Nothing: the line is good. REQUIRES: it is not empty, and has no LF or CRLF.
  std::optional<ParseError> Check(std::string_view line) {
    if (level_ == ValidationLevel::kOff) return std::nullopt;
    if (level_ == ValidationLevel::kStructure) return CheckStructure(line);
    return CheckStrictly(line);
  }

 private:
  static std::optional<ParseError> CheckStructure(std::string_view line);
  std::optional<ParseError> CheckStrictly(std::string_view line);

  const ValidationLevel level_;
  ParseCounters counters_;
  LineReader reader_;
};

}  // namespace weir
