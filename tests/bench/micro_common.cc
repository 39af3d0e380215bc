// Operations of common/: parsing, and finding a key's node.
#include <memory>

#include "common/key.h"
#include "common/line.h"
#include "common/parser.h"
#include "common/ring.h"
#include "tests/bench/bench_lines.h"
#include "tests/bench/operation.h"

namespace weir {
namespace {

Operation ParseOperation(const std::string& name, std::vector<std::string> datagrams,
                         uint64_t lines) {
  struct State {
    std::vector<std::string> datagrams;
    ParseCounters counters;
    LineReader reader{ParserOptions(), &counters};
  };
  auto state = std::make_shared<State>();
  state->datagrams = std::move(datagrams);
  return {name, "line", lines, [state] {
            Sample sample;
            for (const std::string& datagram : state->datagrams) {
              LineCutter cutter(datagram, Framing::kDatagram);
              for (std::string_view line; cutter.Next(&line);) {
                if (state->reader.Open(line) != LineVerdict::kSampled) continue;
                while (state->reader.Next(&sample)) Keep(sample.value);
              }
            }
          }};
}

// Five values behind each name.
std::vector<std::string> PackedValues(size_t series) {
  std::vector<std::string> datagrams;
  for (size_t i = 0; i < series; ++i) {
    if (i % BenchLines::kPacked == 0) datagrams.emplace_back();
    datagrams.back() += BenchLines::Name(i, 2) + ":1:22:333:4.5:61|ms|@0.5\n";
  }
  return datagrams;
}

Operation RingOperation(const std::string& name, Placement placement, KeyMode mode, bool tags) {
  struct State {
    std::vector<std::string> lines;
    KeyReader reader;
    Ring ring;
  };
  RingConfig config;
  config.placement = placement;
  for (int i = 0; i < 3; ++i) {
    const std::string address = "10.0.0." + std::to_string(i + 1) + ":9125";
    config.nodes.push_back({.label = address, .address = address});
  }
  auto state = std::make_shared<State>(
      State{{}, KeyReader(placement, NameEnd::kFirst, mode), Ring(config, LiveSet(3, true))});
  const BenchLines lines(tags);
  for (size_t i = 0; i < BenchLines::kUsualSeries; ++i) state->lines.push_back(lines.Line(i));
  return {name, "line", state->lines.size(), [state] {
            for (const std::string& line : state->lines) {
              Keep(state->ring.Owner(state->reader.KeyOf(line)));
            }
          }};
}

}  // namespace

void AddCommonOperations(Operations* operations) {
  constexpr size_t kSeries = BenchLines::kUsualSeries;
  constexpr size_t kPacked = BenchLines::kPacked;
  operations->push_back(
      ParseOperation("parse.plain", BenchLines().Datagrams(kSeries, kPacked), kSeries));
  operations->push_back(
      ParseOperation("parse.tags", BenchLines(true).Datagrams(kSeries, kPacked), kSeries));
  operations->push_back(ParseOperation("parse.values", PackedValues(kSeries), kSeries));
  operations->push_back(RingOperation("ring.slots", Placement::kSlots, KeyMode::kName, false));
  operations->push_back(RingOperation("ring.series", Placement::kSlots, KeyMode::kSeries, true));
  operations->push_back(RingOperation("ring.ketama", Placement::kKetama, KeyMode::kName, false));
  operations->push_back(RingOperation("ring.hulu", Placement::kHulu, KeyMode::kName, false));
}

}  // namespace weir
