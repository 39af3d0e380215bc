// Numbers as Prometheus writes them: the fewest digits that read back as the same double.
//
// With X the decimal exponent of the leading digit: plain when -4 <= X <= 5 (0.0001, 999999.5),
// otherwise scientific with a signed exponent of at least two digits (1e+06, 2.5e-05, 1e+100).
// +Inf, -Inf, NaN; minus zero is 0. The values of `le` and `quantile` labels are written by the
// same function: they identify a series, so not one byte of this may change.
//
// Thread safety: pure functions, any thread.
// Cost: 4-8 ns for integers below a million, 9 ns up to three decimals, 45 ns for any other double.
// Tested by tests/unit/common/number_text_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace weir {

// Room a caller must have for one number. The longest is -2.2250738585072014e-308, 24 bytes.
constexpr size_t kMaxNumberText = 24;

// Writes at `out` without a terminator. Returns one past the last byte.
char* WriteNumber(double value, char* out);

// The same with plain decimal digits whatever the size: at most 20 bytes.
char* WriteInteger(uint64_t value, char* out);

void AppendNumber(double value, std::string* out);

}  // namespace weir
