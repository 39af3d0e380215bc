// Refusal: why a well-formed sample did not become part of a series. One byte; counted by reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

enum class Refusal : uint8_t {
  kNone,
  kEmptyName,        // nothing left of the name after tags or mapping
  kNegativeCounter,  // counters only grow
  kConflict,         // the name, or one of its _sum/_count/_bucket, has another type
  kReservedName,     // a metric of Weir's own
  kIllegalLabel,     // __x, or le/quantile on an observer
  kHandoffFull,      // the owning shard does not keep up
};
constexpr size_t kRefusalCount = 7;

// As it stands in weir_samples_dropped_total{reason}.
constexpr std::string_view Name(Refusal refusal) {
  constexpr std::array<std::string_view, kRefusalCount> kNames = {
      "none",          "empty_metric_name", "illegal_negative_counter",
      "type_conflict", "reserved_name",     "illegal_label_name",
      "handoff_full"};
  return kNames[static_cast<size_t>(refusal)];
}

}  // namespace weir
