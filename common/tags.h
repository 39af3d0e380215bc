// Tags: what a client hung onto a sample's name (InfluxDB, Librato, SignalFX) or into its fields
// (DogStatsD, container id), taken apart.
//
// This is the cold half of parsing: a series that is known is found by the raw bytes and never
// comes here.
// Thread safety: pure functions. Lifetimes: tags are views into the line.
// Tested by tests/unit/common/tags_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/parser_options.h"

namespace weir {

// As a client sent it: the key is not escaped.
struct Tag {
  std::string_view key;
  std::string_view value;

  friend bool operator==(const Tag&, const Tag&) = default;
};

// A raw name with its tags taken off. Meant to be reused: it keeps its memory.
struct MetricName {
  // May be empty (`,a=b:1|c`). Own storage: SignalFX tags stand in the middle of a name.
  std::string name;
  // In the order sent, those of the name first. Keys may repeat, also once escaped: the later wins.
  std::vector<Tag> tags;
  // Tags that were skipped: empty, without a separator, without a key or without a value. Those of
  // the name count once per line, those of the fields once per sample.
  uint32_t name_tag_errors = 0;
  uint32_t field_tag_errors = 0;
};

// `raw_name` and `label_fields` as in Sample.
void ReadTags(const ParserOptions& options, std::string_view raw_name,
              std::span<const std::string_view> label_fields, MetricName* out);

// The same, only counted; allocates nothing.
struct TagTally {
  uint32_t tags = 0;
  uint32_t errors = 0;
};

TagTally TallyNameTags(const ParserOptions& options, std::string_view raw_name);
TagTally TallyFieldTags(std::span<const std::string_view> label_fields);

}  // namespace weir
