// The type of a line, as it stands after the '|': c g ms h d s.
//
// Thread safety: pure functions and constants.
// Tested by tests/unit/common/parser_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/sample.h"

namespace weir {

enum class LineType : uint8_t { kCounter, kGauge, kPlainObserver, kMillis, kSet, kIllegal };

// By LineType: what a sample becomes, and what its value is divided by to be in base units.
struct LineTypeTraits {
  SampleType type;
  double unit;
};
constexpr LineTypeTraits kLineTypeTraits[] = {
    {SampleType::kCounter, 1},     {SampleType::kGauge, 1}, {SampleType::kObserver, 1},
    {SampleType::kObserver, 1000}, {SampleType::kSet, 1},
};

namespace line_type_internal {

// By a type's letter; `ms`, the only one of two letters, stands kMillisEntry after its 's'. What
// means nothing is illegal, and so is entry 0.
constexpr size_t kMillisEntry = 256;
constexpr auto kTypes = [] {
  std::array<LineType, kMillisEntry + 's' + 1> types{};
  types.fill(LineType::kIllegal);
  types['c'] = LineType::kCounter;
  types['g'] = LineType::kGauge;
  types['h'] = types['d'] = LineType::kPlainObserver;
  types['s'] = LineType::kSet;
  types[kMillisEntry + 's'] = LineType::kMillis;
  return types;
}();

}  // namespace line_type_internal

// The type that is all of `begin` to `end`. REQUIRES: two readable bytes before `end`.
//
// In arithmetic, without a branch on the length: loads mix `ms` with the types of one letter, and a
// wrong guess costs as much as a third of the line.
inline LineType ReadLineType(const char* begin, const char* end) {
  using namespace line_type_internal;
  const auto last = static_cast<uint8_t>(end[-1]);
  // What stands before a type of one letter is its '|'.
  const size_t millis = size_t{last == 's'} & size_t{end[-2] == 'm'};
  const size_t entry = last + millis * kMillisEntry;
  return kTypes[entry * size_t{static_cast<size_t>(end - begin) == 1 + millis}];
}

}  // namespace weir
