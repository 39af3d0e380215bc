#include "router/validator.h"

#include <cstring>

#include "common/line.h"

namespace weir {

Validator::Validator(ValidationLevel level) : level_(level), reader_(ParserOptions(), &counters_) {}

std::optional<ParseError> Validator::CheckStructure(std::string_view line) {
  if (line[0] == '_') [[unlikely]] {
    if (line.starts_with("_e{") || line.starts_with("_sc|")) {
      if (EventTitle(line) || CheckName(line)) return std::nullopt;
      return ParseError::kIllegalEvent;
    }
  }
  const char* const end = line.data() + line.size();
  const auto* colon = static_cast<const char*>(std::memchr(line.data(), ':', line.size()));
  if (colon == nullptr || colon == line.data()) return ParseError::kMalformedLine;
  const char* const value = colon + 1;
  const auto* bar = static_cast<const char*>(std::memchr(value, '|', end - value));
  if (bar == nullptr) return ParseError::kNotEnoughPartsAfterColon;
  if (bar == value) return ParseError::kMalformedValue;
  if (bar + 1 == end || bar[1] == '|') return ParseError::kMalformedComponent;
  return std::nullopt;
}

std::optional<ParseError> Validator::CheckStrictly(std::string_view line) {
  counters_ = {};
  Sample sample;
  reader_.Open(line);
  while (reader_.Next(&sample)) {
  }
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    if (counters_.errors[i] > 0) return static_cast<ParseError>(i);
  }
  return std::nullopt;
}

}  // namespace weir
