// weir-growth-bench: what a line, a first sight, a series and a page cost in an exporter of a given
// size, without sockets. scripts/growth runs it size by size.
//
//   --series=N     how many; a third counters, gauges and timers each (default 1000)
//   --counters     all of them counters
//   --services=N   how many second segments the names have (default 50)
//   --labels=N     DogStatsD tags on every line (default 0)
//   --mapping=FILE
//   --lines=N      lines for known series, at least one for each (default 3000000)
//
// Every series is seen once, then a page is rendered, then come the lines, in another order, so
// that memory is not met as it was filled; in datagrams of 30. Prints one JSON object. Times are
// the thread's CPU time.
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/check.h"
#include "exporter/exchange.h"
#include "exporter/ingest.h"
#include "exporter/series_table.h"
#include "mapping/mapper.h"

namespace weir {
namespace {

constexpr size_t kLinesPerDatagram = 30;
constexpr size_t kDatagramsPerBatch = 64;
constexpr size_t kStride = 7919;  // between neighbours of the later lines; a prime
constexpr int kRounds = 7;

struct Options {
  size_t series = 1000;
  size_t services = 50;
  size_t labels = 0;
  size_t lines = 3'000'000;
  bool counters = false;
  std::string mapping;
};

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view name = argument.substr(0, argument.find('='));
    const char* const value = argv[i] + std::min(name.size() + 1, argument.size());
    const auto number = [value] { return std::strtoul(value, nullptr, 10); };
    if (name == "--series") {
      options.series = number();
    } else if (name == "--services") {
      options.services = number();
    } else if (name == "--labels") {
      options.labels = number();
    } else if (name == "--lines") {
      options.lines = number();
    } else if (name == "--counters") {
      options.counters = true;
    } else if (name == "--mapping") {
      options.mapping = value;
    } else {
      std::fprintf(stderr, "weir-growth-bench: unknown flag %s\n", argv[i]);
      std::exit(2);
    }
  }
  return options;
}

void AppendLine(const Options& options, size_t series, std::string* out) {
  static constexpr const char* kNames[] = {"requests", "inflight", "latency"};
  static constexpr const char* kTypes[] = {"c", "g", "ms"};
  const size_t type = options.counters ? 0 : series % 3;
  out->append("app.service").append(std::to_string(series % options.services));
  out->append(".endpoint").append(std::to_string(series)).append(".").append(kNames[type]);
  out->append(":").append(std::to_string(1 + series * 7 % 500)).append("|").append(kTypes[type]);
  for (size_t i = 0; i < options.labels; ++i) {
    out->append(i == 0 ? "|#" : ",").append("label").append(std::to_string(i));
    out->append(":value").append(std::to_string((series + i) % 7));
  }
}

std::vector<std::string> Datagrams(const Options& options, size_t stride) {
  std::vector<std::string> datagrams;
  for (size_t i = 0; i < options.series; ++i) {
    if (i % kLinesPerDatagram == 0) {
      if (!datagrams.empty()) datagrams.back().shrink_to_fit();
      datagrams.emplace_back();
    } else {
      datagrams.back().push_back('\n');
    }
    AppendLine(options, i * stride % options.series, &datagrams.back());
  }
  return datagrams;
}

double CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double ResidentBytes() {
  size_t all = 0;
  size_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

class Exporter {
 public:
  explicit Exporter(const std::string& mapping) {
    if (mapping.empty()) return;
    std::vector<std::string> warnings;
    auto mapper = Mapper::Load({mapping}, {}, &warnings);
    WEIR_CHECK(mapper.has_value());
    ingest_.SetMapper(*mapper);
  }

  // Nanoseconds a line.
  double Send(const std::vector<std::string>& datagrams, size_t lines) {
    const double start = CpuNanos();
    size_t in_batch = 0;
    for (const std::string& datagram : datagrams) {
      ingest_.OnDatagram(datagram, Transport::kUdp);
      if (++in_batch % kDatagramsPerBatch == 0) ingest_.OnBatchEnd();
    }
    ingest_.OnBatchEnd();
    return (CpuNanos() - start) / static_cast<double>(lines);
  }

  // Nanoseconds a series.
  double Render() {
    std::string out;
    FamilySpans spans;
    const double start = CpuNanos();
    for (RenderCursor cursor; !cursor.done;) {
      out.clear();
      spans.Clear();
      table_.RenderSlice(Exposition::For(Format::kText), clock_.NowNanos(), size_t{256} << 10,
                         std::chrono::hours(1), &cursor, &out, &spans);
    }
    return (CpuNanos() - start) / static_cast<double>(table_.series_count());
  }

  size_t series_count() const { return table_.series_count(); }

 private:
  const SteadyClock clock_;
  Exchange exchange_{1};
  SeriesTable table_{SeriesTableOptions()};
  Ingest ingest_{IngestOptions(), 0, &table_, &exchange_, clock_, [] {}};
};

int Main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  std::vector<std::string> datagrams = Datagrams(options, 1);
  Exporter exporter(options.mapping);
  const double memory_before = ResidentBytes();
  const double first_sight = exporter.Send(datagrams, options.series);
  WEIR_CHECK(exporter.series_count() == options.series);
  const double bytes =
      (ResidentBytes() - memory_before) / static_cast<double>(exporter.series_count());
  const double render = exporter.Render();
  datagrams = Datagrams(options, kStride);
  std::vector<double> known;
  const size_t passes = std::max<size_t>(1, options.lines / options.series / kRounds);
  for (int round = 0; round < kRounds; ++round) {
    double sum = 0;
    for (size_t pass = 0; pass < passes; ++pass) sum += exporter.Send(datagrams, options.series);
    known.push_back(sum / static_cast<double>(passes));
  }
  std::sort(known.begin(), known.end());
  std::printf(
      "{\"series\": %zu, \"first_sight_ns\": %.1f, \"bytes\": %.1f, \"render_ns\": %.1f, "
      "\"line_ns\": %.1f, \"line_ns_best\": %.1f}\n",
      options.series, first_sight, bytes, render, known[kRounds / 2], known[0]);
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
