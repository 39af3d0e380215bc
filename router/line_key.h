// LineKey: another way to name what decides where a line goes than common/key.h knows, for keys
// that need more than the line.
//
// Threads: one worker each. Lifetimes: a key is good until the next call.
// Tested by tests/unit/router/worker_test.cc.
#pragma once

#include <string_view>

namespace weir {

class LineKey {
 public:
  virtual ~LineKey() = default;
  virtual std::string_view KeyOf(std::string_view line) = 0;
};

}  // namespace weir
