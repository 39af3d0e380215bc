// weir-load: sends StatsD over UDP at a given rate and says exactly what it sent.
//
// A line is `app.service<0-49>.endpoint<i>.<requests|inflight|latency>:<1-500>|<c|g|ms>`, i below
// the number of series, a third of the series of each type. The first lines name every series once,
// in order; from then on the series is drawn at random. A series belongs to one source socket, so
// its values arrive in the order in which they were sent. What was sent is printed as one JSON
// object;
// --sums writes a row for each series, for comparing with a scrape.
#include <netdb.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kDatagramsPerCall = 64;
constexpr size_t kMaxDatagram = 65507;
constexpr int kServices = 50;
constexpr int kMaxValue = 500;
constexpr int64_t kNanosPerSecond = 1'000'000'000;
// A sender that was held up longer than this starts a new schedule instead of catching up in a
// burst.
constexpr int64_t kMaxLagNanos = 20'000'000;
constexpr std::string_view kTags = "|#env:prod,region:eu-west-1,code:200";
constexpr std::array<std::string_view, 3> kTypes = {"c", "g", "ms"};
constexpr std::array<std::string_view, 3> kNames = {"requests", "inflight", "latency"};

constexpr const char* kHelp = R"(usage: weir-load --target=HOST:PORT [OPTIONS]

Sends StatsD lines over UDP and prints what it sent as one JSON object.

  --target=HOST:PORT       where to; an IPv6 address in brackets
  --lines=N                how many lines in all (default 300000)
  --series=N               how many series; the first N lines name each once (default 1000)
  --lines-per-datagram=N   lines in a datagram (default 30)
  --rate=N                 lines a second; 0 = as fast as possible (default 0)
  --sockets=N              source sockets, each with a share of the series (default 1)
  --seed=N                 of the series and values drawn; same seed, same lines (default 1)
  --tags                   append three DogStatsD tags to every line
  --sums=FILE              write `name type count sum last`, tab-separated, for every series
  --help
)";

struct Options {
  std::string host;
  std::string port;
  uint64_t lines = 300'000;
  uint64_t series = 1000;
  uint64_t lines_per_datagram = 30;
  uint64_t rate = 0;
  uint64_t sockets = 1;
  uint64_t seed = 1;
  bool tags = false;
  std::string sums;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "weir-load: %s\n", what.c_str());
  std::exit(1);
}

uint64_t ParseNumber(std::string_view name, std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Die("--" + std::string(name) + ": not a whole number: " + std::string(text));
  }
  return number;
}

void ParseTarget(std::string_view text, Options* options) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) Die("--target: not HOST:PORT: " + std::string(text));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  options->host = host;
  options->port = text.substr(colon + 1);
}

struct NumberFlag {
  std::string_view name;
  uint64_t Options::*field;
};

constexpr std::array<NumberFlag, 6> kNumberFlags = {
    NumberFlag{"lines", &Options::lines},
    {"series", &Options::series},
    {"lines-per-datagram", &Options::lines_per_datagram},
    {"rate", &Options::rate},
    {"sockets", &Options::sockets},
    {"seed", &Options::seed}};

void ParseFlag(std::string_view name, std::string_view value, Options* options) {
  for (const NumberFlag& flag : kNumberFlags) {
    if (flag.name == name) {
      options->*flag.field = ParseNumber(name, value);
      return;
    }
  }
  if (name == "target") {
    ParseTarget(value, options);
  } else if (name == "sums") {
    options->sums = value;
  } else {
    Die("unknown flag --" + std::string(name) + "; see --help");
  }
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    if (argument == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    } else if (argument == "--tags") {
      options.tags = true;
    } else if (argument.starts_with("--") && equals != std::string_view::npos) {
      ParseFlag(argument.substr(2, equals - 2), argument.substr(equals + 1), &options);
    } else {
      Die("not --FLAG=VALUE: " + std::string(argument) + "; see --help");
    }
  }
  if (options.host.empty()) Die("--target is missing; see --help");
  if (options.series == 0 || options.lines_per_datagram == 0 || options.sockets == 0) {
    Die("--series, --lines-per-datagram and --sockets must be at least 1");
  }
  return options;
}

// xorshift64*: good enough to spread series and values, and the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 1) {}
  uint64_t Below(uint64_t bound) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return ((state_ * 0x2545F4914F6CDD1D) >> 32) * bound >> 32;
  }

 private:
  uint64_t state_;
};

struct Series {
  std::string name;
  uint64_t count = 0;
  uint64_t sum = 0;
  uint64_t last = 0;
};

std::vector<Series> MakeSeries(uint64_t count) {
  std::vector<Series> series(count);
  for (uint64_t i = 0; i < count; ++i) {
    series[i].name = "app.service" + std::to_string(i % kServices) + ".endpoint" +
                     std::to_string(i) + "." + std::string(kNames[i % kNames.size()]);
  }
  return series;
}

int64_t NowNanos() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanosPerSecond + now.tv_nsec;
}

// Sleeps so that, over time, `rate` lines a second pass.
class Pace {
 public:
  explicit Pace(uint64_t rate) : rate_(rate), next_(NowNanos()) {}
  void Passed(uint64_t lines) {
    if (rate_ == 0) return;
    next_ += static_cast<int64_t>(lines * kNanosPerSecond / rate_);
    const int64_t now = NowNanos();
    if (now - next_ > kMaxLagNanos) next_ = now;
    const timespec until = {next_ / kNanosPerSecond, next_ % kNanosPerSecond};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
  }

 private:
  const uint64_t rate_;
  int64_t next_;
};

int Connect(const Options& options) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(options.host.c_str(), options.port.c_str(), &hints, &found);
  if (error != 0) Die("cannot resolve " + options.host + ": " + gai_strerror(error));
  const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
    Die("cannot reach " + options.host + ":" + options.port + ": " + std::strerror(errno));
  }
  freeaddrinfo(found);
  return fd;
}

// One source socket: fills datagrams with whole lines and sends them 64 at a time.
class Source {
 public:
  Source(int fd, uint64_t lines_per_datagram, Pace* pace)
      : fd_(fd), lines_per_datagram_(lines_per_datagram), pace_(pace) {}
  ~Source() { close(fd_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // The datagram that takes the next line.
  std::string* NextLine() {
    if (lines_in_datagram_ == lines_per_datagram_) EndDatagram();
    std::string* datagram = &batch_[full_];
    if (lines_in_datagram_ != 0) datagram->push_back('\n');
    ++lines_in_datagram_;
    return datagram;
  }

  void Flush() {
    if (lines_in_datagram_ != 0) EndDatagram();
    SendBatch();
  }

  uint64_t datagrams() const { return datagrams_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void EndDatagram() {
    if (batch_[full_].size() > kMaxDatagram) Die("a datagram would be longer than 65507 bytes");
    lines_in_batch_ += lines_in_datagram_;
    lines_in_datagram_ = 0;
    if (++full_ == kDatagramsPerCall) SendBatch();
  }

  void SendBatch() {
    std::array<iovec, kDatagramsPerCall> slices;
    std::array<mmsghdr, kDatagramsPerCall> messages = {};
    for (unsigned i = 0; i < full_; ++i) {
      slices[i] = {batch_[i].data(), batch_[i].size()};
      messages[i].msg_hdr.msg_iov = &slices[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      bytes_ += batch_[i].size();
    }
    for (unsigned sent = 0; sent < full_;) {
      const int taken = sendmmsg(fd_, messages.data() + sent, full_ - sent, 0);
      if (taken < 0 && errno != EINTR) Die(std::string("cannot send: ") + std::strerror(errno));
      if (taken > 0) sent += static_cast<unsigned>(taken);
    }
    for (unsigned i = 0; i < full_; ++i) batch_[i].clear();
    datagrams_ += full_;
    full_ = 0;
    pace_->Passed(lines_in_batch_);
    lines_in_batch_ = 0;
  }

  const int fd_;
  const uint64_t lines_per_datagram_;
  Pace* const pace_;
  std::array<std::string, kDatagramsPerCall> batch_;
  unsigned full_ = 0;
  uint64_t lines_in_datagram_ = 0;
  uint64_t lines_in_batch_ = 0;
  uint64_t datagrams_ = 0;
  uint64_t bytes_ = 0;
};

void AppendLine(const Series& series, std::string_view type, uint64_t value, bool tags,
                std::string* out) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out->append(series.name);
  out->push_back(':');
  out->append(digits, static_cast<size_t>(end - digits));
  out->push_back('|');
  out->append(type);
  if (tags) out->append(kTags);
}

void WriteSums(const std::string& path, const std::vector<Series>& series) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) Die("cannot write " + path + ": " + std::strerror(errno));
  for (size_t i = 0; i < series.size(); ++i) {
    if (series[i].count == 0) continue;
    std::fprintf(file, "%s\t%s\t%lu\t%lu\t%lu\n", series[i].name.c_str(),
                 kTypes[i % kTypes.size()].data(), series[i].count, series[i].sum, series[i].last);
  }
  if (std::fclose(file) != 0) Die("cannot write " + path + ": " + std::strerror(errno));
}

struct Totals {
  uint64_t datagrams = 0;
  uint64_t bytes = 0;
  double seconds = 0;
};

Totals Send(const Options& options, std::vector<Series>* series) {
  Pace pace(options.rate);
  std::vector<std::unique_ptr<Source>> sources;
  for (uint64_t i = 0; i < options.sockets; ++i) {
    sources.push_back(
        std::make_unique<Source>(Connect(options), options.lines_per_datagram, &pace));
  }
  Random random(options.seed);
  const int64_t start = NowNanos();
  for (uint64_t line = 0; line < options.lines; ++line) {
    const uint64_t i = line < series->size() ? line : random.Below(series->size());
    const uint64_t value = 1 + random.Below(kMaxValue);
    Series& one = (*series)[i];
    AppendLine(one, kTypes[i % kTypes.size()], value, options.tags,
               sources[i % sources.size()]->NextLine());
    ++one.count;
    one.sum += value;
    one.last = value;
  }
  Totals totals;
  for (const auto& source : sources) {
    source->Flush();
    totals.datagrams += source->datagrams();
    totals.bytes += source->bytes();
  }
  totals.seconds = static_cast<double>(NowNanos() - start) / kNanosPerSecond;
  return totals;
}

void PrintTotals(const Options& options, const std::vector<Series>& series, const Totals& totals) {
  std::array<uint64_t, kTypes.size()> lines_of = {};
  uint64_t touched = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    lines_of[i % kTypes.size()] += series[i].count;
    touched += series[i].count != 0;
  }
  std::printf(
      "{\"lines\": %lu, \"datagrams\": %lu, \"bytes\": %lu, \"series\": %lu, \"counter_lines\": "
      "%lu, "
      "\"gauge_lines\": %lu, \"timer_lines\": %lu, \"seconds\": %.3f, \"seed\": %lu}\n",
      options.lines, totals.datagrams, totals.bytes, touched, lines_of[0], lines_of[1], lines_of[2],
      totals.seconds, options.seed);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  std::vector<Series> series = MakeSeries(options.series);
  const Totals totals = Send(options, &series);
  if (!options.sums.empty()) WriteSums(options.sums, series);
  PrintTotals(options, series, totals);
  return 0;
}
