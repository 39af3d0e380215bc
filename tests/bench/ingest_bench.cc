// weir-ingest-bench: what a line costs from the datagram to its cell, without sockets.
//
//   weir-ingest-bench LINES [SERIES [MAPPING-FILE]]
//
// Every series is seen once first; then LINES lines go through an Ingest in datagrams of 30. Prints
// nanoseconds per line. Under `valgrind --tool=callgrind` the difference between two runs with
// different LINES is what known series cost, in instructions.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/series_table.h"

namespace weir {
namespace {

constexpr int kLinesPerDatagram = 30;

// Counters, gauges and timers in turn.
std::string Line(size_t series, size_t value) {
  static constexpr const char* kNames[] = {"requests", "inflight", "latency"};
  static constexpr const char* kTypes[] = {"c", "g", "ms"};
  return "app.service" + std::to_string(series % 50) + ".endpoint" + std::to_string(series) + "." +
         kNames[series % 3] + ":" + std::to_string(1 + value % 500) + "|" + kTypes[series % 3] +
         "\n";
}

std::vector<std::string> Datagrams(size_t series) {
  std::vector<std::string> datagrams;
  for (size_t i = 0; i < series; ++i) {
    if (i % kLinesPerDatagram == 0) datagrams.emplace_back();
    datagrams.back() += Line(i, i * 7);
  }
  return datagrams;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: weir-ingest-bench LINES [SERIES [MAPPING-FILE]]\n");
    return 2;
  }
  const size_t lines = std::strtoul(argv[1], nullptr, 10);
  const size_t series = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1000;
  SteadyClock clock;
  Exchange exchange(1);
  SeriesTable table({});
  Ingest ingest({}, 0, &table, &exchange, clock, [] {});
  if (argc > 3) {
    std::vector<std::string> warnings;
    auto mapper = Mapper::Load({argv[3]}, {}, &warnings);
    if (!mapper) {
      std::fprintf(stderr, "%s\n", mapper.error().message.c_str());
      return 1;
    }
    ingest.SetMapper(*mapper);
  }
  const std::vector<std::string> datagrams = Datagrams(series);
  const auto send_all = [&](size_t count) {
    for (size_t sent = 0; sent < count;) {
      for (const std::string& datagram : datagrams) {
        ingest.OnDatagram(datagram, Transport::kUdp);
        ingest.OnBatchEnd();
        sent += kLinesPerDatagram;
        if (sent >= count) break;
      }
    }
  };
  send_all(series);
  const auto start = std::chrono::steady_clock::now();
  send_all(lines);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  std::printf("%.1f ns/line, %zu series\n", took.count() / static_cast<double>(lines),
              table.series_count());
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
