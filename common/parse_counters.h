// What becomes of lines and samples: the verdicts, the reasons for refusing, and how often each was
// met.
//
// Thread safety: as plain values.
// Tested by tests/unit/common/parser_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

enum class LineVerdict : uint8_t {
  kEmpty,
  kMalformed,  // counted by reason
  kEvent,      // DogStatsD `_e{...}:`
  kCheck,      // DogStatsD `_sc|`
  kSampled,    // has samples, though each may yet turn out bad
};
constexpr size_t kLineVerdictCount = 5;

enum class ParseError : uint8_t {
  kMalformedLine,
  kMixedTaggingStyles,
  kNotEnoughPartsAfterColon,
  kInvalidExtendedAggregateType,
  kMalformedComponent,
  kMalformedValue,
  kInvalidSampleFactor,
  kMalformedContainerId,
  kIllegalEvent,
};
constexpr size_t kParseErrorCount = 9;

// The reason as statsd_exporter_sample_errors_total{reason} has it.
constexpr std::string_view Name(ParseError error) {
  constexpr std::string_view kNames[kParseErrorCount] = {
      "malformed_line",
      "mixed_tagging_styles",
      "not_enough_parts_after_colon",
      "invalid_extended_aggregate_type",
      "malformed_component",
      "malformed_value",
      "invalid_sample_factor",
      "malformed_container_id",
      "illegal_event",
  };
  return kNames[static_cast<size_t>(error)];
}

// Plain integers, owned by the owner of the reader that counts, and read from its thread.
//   samples = samples that LineReader::Next gave out + bad_samples + void_samples
// Tags and tag errors of samples that were given out are not in here: who looks them up knows them.
struct ParseCounters {
  // By LineVerdict.
  uint64_t lines[kLineVerdictCount] = {};
  // By ParseError. A bad rate counts as kInvalidSampleFactor, though its sample is kept.
  uint64_t errors[kParseErrorCount] = {};
  // All that was tried, good or bad.
  uint64_t samples = 0;
  // Dropped for an error.
  uint64_t bad_samples = 0;
  // Observations whose rate makes them stand for none: above 1, below 0, not finite, tiny.
  uint64_t void_samples = 0;
  // Fields that were skipped: e:, card:, unknown ones, container ids that are not wanted.
  uint64_t ignored_fields = 0;
  // Dropped samples that had a label and that statsd_exporter counts: those that failed only for
  // their type or their rate.
  uint64_t tags = 0;
  // Of dropped samples, and of the names of lines without a good one.
  uint64_t tag_errors = 0;
};

}  // namespace weir
