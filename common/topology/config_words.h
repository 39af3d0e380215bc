// The words an operator chooses from in a router's configuration, each as an enum and as text.
//
// WordOf(Placement::kEtsy07) is "etsy-0.7", ParseWord<Placement>("etsy-0.7") the way back.
// A word of a file and a word of a flag are the same word.
//
// Thread safety: constants and pure functions.
// Tested by tests/unit/common/topology/config_yaml_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "common/placement.h"
#include "common/socket.h"

namespace weir {

// What of a line is the key.
enum class KeyKind : uint8_t { kName, kSeries, kMapped };
// What a line must look like to be sent on.
enum class ValidationLevel : uint8_t { kOff, kStructure, kStrict };
// How a downstream is asked whether it is alive.
enum class HealthKind : uint8_t { kStatsd, kHttp, kTcp, kNone };
// What becomes of the lines of a dead downstream.
enum class OnDown : uint8_t { kRehash, kDrop, kHold };
// How downstreams that are not listed are found.
enum class DiscoverKind : uint8_t { kDns, kSrv, kFile };
// Whose text console is answered like: Weir's own knows the commands of all.
enum class ConsoleStyle : uint8_t { kOwn, kEtsy, kGo, kHulu };

template <class T>
struct Words;

template <>
struct Words<Placement> {
  static constexpr std::string_view kAll[] = {"slots",    "ketama", "etsy",
                                              "etsy-0.7", "hulu",   "statsrelay"};
};
template <>
struct Words<NameEnd> {
  static constexpr std::string_view kAll[] = {"first", "last"};
};
template <>
struct Words<KeyKind> {
  static constexpr std::string_view kAll[] = {"name", "series", "mapped"};
};
template <>
struct Words<ValidationLevel> {
  static constexpr std::string_view kAll[] = {"off", "structure", "strict"};
};
template <>
struct Words<HealthKind> {
  static constexpr std::string_view kAll[] = {"statsd", "http", "tcp", "none"};
};
template <>
struct Words<OnDown> {
  static constexpr std::string_view kAll[] = {"rehash", "drop", "hold"};
};
// The key that says where.
template <>
struct Words<DiscoverKind> {
  static constexpr std::string_view kAll[] = {"dns", "srv", "file"};
};
template <>
struct Words<ConsoleStyle> {
  static constexpr std::string_view kAll[] = {"own", "etsy", "go", "hulu"};
};
// What a downstream can be sent to by.
template <>
struct Words<Transport> {
  static constexpr std::string_view kAll[] = {"udp", "tcp", "unixgram"};
};

template <class T>
constexpr std::string_view WordOf(T value) {
  return Words<T>::kAll[static_cast<size_t>(value)];
}

template <class T>
constexpr std::optional<T> ParseWord(std::string_view text) {
  for (size_t i = 0; i < std::size(Words<T>::kAll); ++i) {
    if (Words<T>::kAll[i] == text) return static_cast<T>(i);
  }
  return std::nullopt;
}

// "slots, etsy or hulu".
template <class T>
std::string AllWords() {
  std::string all;
  constexpr size_t kCount = std::size(Words<T>::kAll);
  for (size_t i = 0; i < kCount; ++i) {
    if (i > 0) all += i + 1 == kCount ? " or " : ", ";
    all += Words<T>::kAll[i];
  }
  return all;
}

}  // namespace weir
