// Sample: one measurement and its name as a line carries them, cut but not interpreted.
//
// Lifetimes: views into the line, good as long as it is.
// Thread safety: as a plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

enum class SampleType : uint8_t { kCounter, kGauge, kObserver, kSet };

// What of a sample changes the value of its series.
struct Measurement {
  // Counter: divided by its rate. `ms`: in seconds. Set: 0.
  double value;
  // Observer: how often it happened, which is trunc(1/rate), at least 1. Others: 1.
  uint64_t weight;
  SampleType type;
  bool relative;  // a gauge's value is a change
};

struct Sample : Measurement {
  static constexpr size_t kMaxLabelFields = 4;

  // All before the first ':', tags included; never empty.
  std::string_view name;
  // Set: what was seen. Not empty; may hold any character but '|'.
  std::string_view member;
  // The fields that become labels, as sent: `#...` and `c:...`.
  std::array<std::string_view, kMaxLabelFields> label_fields;
  uint8_t label_field_count;
  bool first_of_line;  // the first that Next gave out; tag errors of a name count with it
};

}  // namespace weir
