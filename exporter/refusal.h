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
  // There may be no more series, and none of its family can take the sample instead.
  kSeriesLimit,    // of the process
  kFamilyLimit,    // of the family
  kListenerLimit,  // that came by this transport
  kMemoryLimit,    // for what they take
};
constexpr size_t kRefusalCount = 11;

// Whether it may be admitted once others are forgotten.
constexpr bool IsLimit(Refusal refusal) { return refusal >= Refusal::kSeriesLimit; }

// As it stands in weir_samples_dropped_total{reason}.
constexpr std::string_view Name(Refusal refusal) {
  constexpr std::array<std::string_view, kRefusalCount> kNames = {"none",
                                                                  "empty_metric_name",
                                                                  "illegal_negative_counter",
                                                                  "type_conflict",
                                                                  "reserved_name",
                                                                  "illegal_label_name",
                                                                  "handoff_full",
                                                                  "series_limit",
                                                                  "family_series_limit",
                                                                  "listener_series_limit",
                                                                  "memory_limit"};
  return kNames[static_cast<size_t>(refusal)];
}

}  // namespace weir
