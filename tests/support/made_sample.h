// MadeSample: a sample that owns its text, made from a number, with every field in use in turn; and
// whether one that travelled is still the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/hash.h"
#include "common/parser.h"
#include "common/socket.h"

namespace weir {

struct MadeSample {
  // `number` decides everything; `most_bytes` bounds each of its texts.
  explicit MadeSample(uint64_t number, size_t most_bytes = 40) {
    const auto text = [&](char letter, uint64_t salt) {
      return std::string((number * 7 + salt * 13) % (most_bytes + 1), letter);
    };
    name = "n" + text('a', 0);
    sample.type = static_cast<SampleType>(number % 4);
    if (sample.type == SampleType::kSet) member = "m" + text('b', 1);
    sample.relative = number % 3 == 0;
    sample.first_of_line = number % 2 == 0;
    sample.value = static_cast<double>(number) / 8;
    sample.weight = number % 5 == 0 ? ~number : 1;
    sample.label_field_count = static_cast<uint8_t>(number % (Sample::kMaxLabelFields + 1));
    for (uint8_t i = 0; i < sample.label_field_count; ++i) {
      fields[i] = text(static_cast<char>('c' + i), i + 2);
      sample.label_fields[i] = fields[i];
    }
    sample.name = name;
    sample.member = member;
    hash = {number, ~number * 3};
    source = static_cast<Transport>(number % 6);
  }
  MadeSample(const MadeSample&) = delete;
  MadeSample& operator=(const MadeSample&) = delete;

  bool IsSame(const Sample& other, const Hash128& other_hash, Transport other_source) const {
    bool same = other_hash == hash && other_source == source && other.type == sample.type &&
                other.relative == sample.relative && other.first_of_line == sample.first_of_line &&
                other.value == sample.value && other.weight == sample.weight &&
                other.name == sample.name && other.member == sample.member &&
                other.label_field_count == sample.label_field_count;
    for (uint8_t i = 0; same && i < sample.label_field_count; ++i) {
      same = other.label_fields[i] == sample.label_fields[i];
    }
    return same;
  }

  std::string name;
  std::string member;
  std::string fields[Sample::kMaxLabelFields];
  Sample sample{};
  Hash128 hash;
  Transport source;
};

}  // namespace weir
