// LineMix: random lines as clients and attackers send them, good, bad and strange; the same seed
// gives the same lines.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace weir {

class LineMix {
 public:
  explicit LineMix(uint32_t seed) : random_(seed) {}

  // Counters, gauges, timers and sets of a few names and tags; nothing bad.
  std::string GoodLine() {
    static constexpr std::string_view kTypes[] = {"|c", "|g", "|ms", "|h", "|s", "|d"};
    const uint32_t type = Below(6);
    std::string line =
        "t" + std::to_string(type == 3 || type == 5 ? 2 : type) + ".n" + std::to_string(Below(20));
    const uint32_t style = Below(5);
    if (style == 1) line += ",host=h" + std::to_string(Below(3));
    if (style == 2) line += "#host=h" + std::to_string(Below(3));
    if (style == 3) line += "[host=h" + std::to_string(Below(3)) + "]";
    line += ":" + std::to_string(Below(1000)) + std::string(kTypes[type]);
    if (type == 0 && Below(3) == 0) line += "|@0.5";
    if (style == 4) line += "|#host:h" + std::to_string(Below(3));
    return line;
  }

  // Anything, mostly wrong.
  std::string StrangeLine() {
    static constexpr std::string_view kPieces[] = {
        "a",   "b.c",  "d-e", "9",  ":",    ":",   "|",        "|c",   "|g",     "|ms",  "|h",
        "|s",  "@",    "#",   "|#", ",",    "=",   "[",        "]",    "1",      "-1",   "+2",
        "0.5", "nan",  "1e9", "\r", "__x",  "le",  "quantile", "_sum", "_count", "\xff", "\xc3\xa9",
        "|T1", "|c:x", "_e{", "}",  "_sc|", "|@0", "|@1e-9",   "|@2",  "",       " ",    "\\"};
    std::string line;
    for (uint32_t pieces = Below(9); pieces > 0; --pieces) line += kPieces[Below(44)];
    return line;
  }

  std::string AnyLine() { return Below(2) == 0 ? GoodLine() : StrangeLine(); }

  uint32_t Below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }

 private:
  std::mt19937 random_;
};

}  // namespace weir
