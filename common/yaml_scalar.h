// Typed values of YAML nodes, by the rules of Go's yaml.v2 (YAML 1.1).
//
// Each reader leaves `*out` alone when the node is null, fills it when the node fits, and otherwise
// adds an error that quotes the value and says what would be right. Numbers and booleans must not
// be quoted: `scale: "2"` is a mistake, not a number.
//
// Tested by tests/unit/common/yaml_scalar_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/diagnostics.h"
#include "common/yaml.h"

namespace weir {

// What a file says for one key; empty when it does not mention the key or leaves it null.
template <class T>
struct Setting {
  std::optional<T> value;
  Position position;

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
  T value_or(T other) const { return value.value_or(std::move(other)); }
};

// One value being read, and the key it stands under.
struct Field {
  std::string_view key;
  const YamlNode& node;
  Diagnostics& diagnostics;
};

// Adds "`key`: `value` is not <wanted>".
void ReportWrongValue(const Field& field, std::string_view wanted);

// Any scalar, by its text: `1.50`, `true` and a date stay as written.
void Read(const Field& field, Setting<std::string>* out);
// true, yes, on, y and their opposites.
void Read(const Field& field, Setting<bool>* out);
// Also `.inf`, `1_000`, `0x10`.
void Read(const Field& field, Setting<double>* out);
// Whole numbers from 0 to 4294967295; a fraction is cut off.
void Read(const Field& field, Setting<uint32_t>* out);
// A Go duration (`1m30s`). A bare number is nanoseconds, and a suspicion worth a warning.
void Read(const Field& field, Setting<std::chrono::nanoseconds>* out);

// A plain scalar as a number, when it is one.
struct YamlNumber {
  double value = 0;
  std::optional<int64_t> integer;  // set when it is written as a whole number that fits
};
std::optional<YamlNumber> ToNumber(const YamlNode& node);

}  // namespace weir
