// Typed values of a router's configuration: addresses, durations, sizes, numbers in a range, words.
//
// As in common/yaml_scalar.h, each reader leaves `*out` alone when the node is null or wrong, and
// tells of what is wrong with the value quoted and what would be right. Numbers may be quoted: the
// programs whose files are read here do not tell 8125 from '8125'.
//
// Thread safety: pure functions. Tested by tests/unit/common/topology/config_yaml_test.cc.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/topology/config.h"
#include "common/yaml_map.h"
#include "common/yaml_scalar.h"

namespace weir {

// The text of a scalar; tells of anything else and returns nothing.
std::optional<std::string_view> TextOf(const Field& field, std::string_view wanted);

void ReadText(const Field& field, std::string* out);

// A list of texts, or one text that stands for a list of one. An empty text is an empty list.
void ReadTexts(const Field& field, std::vector<std::string>* out);

// Workers are counted in one byte.
inline constexpr uint32_t kMostThreads = 255;

// Permissions of a file in octal: 755, 0770.
void ReadFileMode(const Field& field, uint32_t* out);

std::optional<double> ReadNumber(const Field& field, std::string_view wanted);

// A whole number in [min, max].
template <std::integral T>
void ReadInteger(const Field& field, T min, T max, T* out) {
  const std::string wanted =
      "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  const auto number = ReadNumber(field, wanted);
  if (!number) return;
  const bool fits = *number >= static_cast<double>(min) && *number <= static_cast<double>(max);
  if (!fits || *number != static_cast<double>(static_cast<T>(*number))) {
    return ReportWrongValue(field, wanted);
  }
  *out = static_cast<T>(*number);
}

void ReadPort(const Field& field, std::optional<uint16_t>* out);

// A number of `unit`s, above zero, for files that write durations as bare numbers.
std::optional<double> ReadPositive(const Field& field, std::string_view unit);
// At most a day, so that no number of a file leaves the range of a duration.
std::chrono::nanoseconds Seconds(double seconds);

// A duration with its unit, above zero.
void ReadDuration(const Field& field, std::chrono::nanoseconds* out);

// Bytes: 65536, 64KiB, 16MiB, 1GiB. At most 1 TiB.
void ReadSize(const Field& field, uint64_t* out);

// host:port, the host may be missing; or nothing at all, which is no listener.
void ReadListen(const Field& field, std::string* out);
bool IsListenAddress(std::string_view text);

// host:port, both given.
bool IsTarget(std::string_view text);
inline constexpr std::string_view kTargetWanted =
    "host:port, such as 10.0.0.1:9125, node-a:9125 or [::1]:9125";

template <class T>
void ReadChoice(const Field& field, T* out) {
  if (IsNull(field)) return;
  const std::string wanted = AllWords<T>();
  const auto text = TextOf(field, wanted);
  if (!text) return;
  const auto word = ParseWord<T>(*text);
  if (!word) return ReportWrongValue(field, wanted);
  *out = *word;
}

}  // namespace weir
