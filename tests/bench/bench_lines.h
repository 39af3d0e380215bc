// BenchLines: the load of the benchmarks, as weir-load sends it, in memory.
//
// A line is `app.service<0-49>.endpoint<i>.<requests|inflight|latency>:<1-500>|<c|g|ms>`, types in
// equal thirds, on request with three DogStatsD tags. The same lines on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class BenchLines {
 public:
  static constexpr size_t kUsualSeries = 1000;
  static constexpr size_t kPacked = 30;
  static constexpr std::string_view kTags = "|#env:prod,region:eu-west-1,code:200";

  // All lines may be made of one type: 0 counters, 1 gauges, 2 timers.
  static constexpr size_t kMixed = 3;

  explicit BenchLines(bool tags = false, size_t type = kMixed) : tags_(tags), type_(type) {}

  static std::string Name(size_t series, size_t type) {
    static constexpr std::array<const char*, 3> kNames = {"requests", "inflight", "latency"};
    return "app.service" + std::to_string(series % 50) + ".endpoint" + std::to_string(series) +
           "." + kNames[type];
  }

  std::string Line(size_t series) const {
    static constexpr std::array<const char*, 3> kTypes = {"|c", "|g", "|ms"};
    const size_t type = type_ == kMixed ? series % 3 : type_;
    std::string line = Name(series, type) + ":" + std::to_string(1 + series * 7 % 500);
    line.append(kTypes[type]);
    if (tags_) line.append(kTags);
    return line;
  }

  // One line for each series, `lines_each` to a datagram, LF between them. The series come in an
  // order that is not that of their memory.
  std::vector<std::string> Datagrams(size_t series, size_t lines_each, size_t first = 0) const {
    std::vector<std::string> datagrams;
    for (size_t i = 0; i < series; ++i) {
      if (i % lines_each == 0) {
        datagrams.emplace_back();
      } else {
        datagrams.back().push_back('\n');
      }
      datagrams.back().append(Line(first + i * kStride % series));
    }
    return datagrams;
  }

 private:
  // A prime: every series is met once.
  static constexpr size_t kStride = 7919;

  const bool tags_;
  const size_t type_;
};

}  // namespace weir
