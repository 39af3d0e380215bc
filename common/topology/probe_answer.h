// ProbeAnswer: what a downstream answers to a probe, as it comes in, and what it means.
//
//   statsd  the first line, without spaces around it, is "health: up"; what follows does not matter
//   http    the first line is a status line of HTTP/1.x with a status of 2xx
// Source: what etsy's statsd and proxy, hulu's router and Weir's console answer to "health\n".
//
// Bounded: a first line over 256 bytes is bad. Pure; thread safety: one thread.
// Tested by tests/unit/common/topology/probe_answer_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/topology/config_words.h"

namespace weir {

class ProbeAnswer {
 public:
  enum class Meaning : uint8_t { kUnclear, kUp, kBad };

  // REQUIRES: kStatsd or kHttp.
  explicit ProbeAnswer(HealthKind kind) : kind_(kind) {}

  // The next bytes. kUnclear: more must come.
  Meaning Feed(std::string_view bytes);
  // Nothing more comes: the first line is what came. kUnclear: nothing did.
  Meaning End() const;

 private:
  bool IsUp(std::string_view line) const;

  const HealthKind kind_;
  std::string text_;
};

}  // namespace weir
