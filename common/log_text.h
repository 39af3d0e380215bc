// Writes the keys and values of one log line, quoted as Go's slog does: a logfmt text stands bare
// unless it is empty or holds a space, '=', '"', a control character or invalid UTF-8; JSON texts
// are always quoted, with invalid UTF-8 replaced by U+FFFD.
//
// Thread safety: as a plain value type.
// Tested by tests/unit/common/log_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/log.h"

namespace weir {

class LogText {
 public:
  // The result stays at most `max_bytes` long (at least 64): a value that would pass the limit is
  // cut and ends in "...", and the fields after it are left out.
  LogText(LogFormat format, size_t max_bytes) : format_(format), max_bytes_(max_bytes) {}

  void Add(std::string_view key, const LogValue& value);

  // "key=value key=value", or `"key":"value","key":1` without the braces.
  const std::string& text() const { return text_; }

 private:
  bool Full() const;
  void AddText(std::string_view value);
  void AddQuoted(std::string_view value);
  void AddNumber(double value);

  LogFormat format_;
  size_t max_bytes_;
  std::string text_;
};

}  // namespace weir
