#include "common/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The log writes into a pipe while one of these lives.
class LogPipe {
 public:
  explicit LogPipe(LogOptions options = {}) {
    REQUIRE(pipe2(ends_, O_CLOEXEC) == 0);
    fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    options.fd = ends_[1];
    ConfigureLog(options);
  }
  ~LogPipe() {
    ConfigureLog({});
    close(ends_[0]);
    close(ends_[1]);
  }

  std::string Read() {
    std::string all;
    char buffer[4096];
    for (ssize_t count; (count = read(ends_[0], buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<size_t>(count));
    }
    return all;
  }

  // What stands behind "time=... " on the only line.
  std::string ReadLine() {
    const std::string line = Read();
    const size_t space = line.find(' ');
    if (line.empty() || line.back() != '\n' || space == std::string::npos)
      return "no line: " + line;
    return line.substr(space + 1, line.size() - space - 2);
  }

 private:
  int ends_[2];
};

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t start = 0;
  for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    lines.push_back(text.substr(start, end - start));
  }
  return lines;
}

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) ++count;
  return count;
}

}  // namespace

TEST_CASE("a line has time, level, message and fields as slog writes them", "[log]") {
  LogPipe pipe;
  LogInfo("Listening", {{"protocol", "udp"}, {"address", std::string("[::]:9125")}});
  const std::string line = pipe.Read();
  CHECK(std::regex_match(
      line, std::regex(R"(time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) level=INFO )"
                       R"(msg=Listening protocol=udp address=\[::\]:9125\n)")));
}

TEST_CASE("values of every type have their own form", "[log]") {
  LogPipe pipe;
  LogWarn("Values", {{"int", -5},
                     {"size", size_t{18'446'744'073'709'551'615u}},
                     {"ratio", 0.1},
                     {"flag", true},
                     {"wait", milliseconds(1500)}});
  CHECK(pipe.ReadLine() ==
        "level=WARN msg=Values int=-5 size=18446744073709551615 ratio=0.1 flag=true wait=1.5s");
}

TEST_CASE("a logfmt text is quoted only when it must be", "[log]") {
  LogPipe pipe;
  const auto form = [&pipe](std::string_view value) {
    LogError("x", {{"k", value}});
    return pipe.ReadLine().substr(std::string_view("level=ERROR msg=x k=").size());
  };
  CHECK(form("plain/text:1|c") == "plain/text:1|c");
  CHECK(form("") == "\"\"");
  CHECK(form("a b") == "\"a b\"");
  CHECK(form("a=b") == "\"a=b\"");
  CHECK(form("say \"hi\"") == "\"say \\\"hi\\\"\"");
  CHECK(form("back\\slash") == "back\\slash");
  CHECK(form("back\\slash and space") == "\"back\\\\slash and space\"");
  CHECK(form("two\nlines\r\t\x01\x7F") == "\"two\\nlines\\r\\t\\x01\\x7f\"");
  CHECK(form("h\xC3\xA9llo") == "h\xC3\xA9llo");
  CHECK(form("bad\xFF\xC3") == "\"bad\\xff\\xc3\"");
  CHECK(form("\xED\xA0\x80") == "\"\\xed\\xa0\\x80\"");
  CHECK(form("\xC2\x9B"
             "31m") == "\"\\xc2\\x9b31m\"");
  CHECK(form(std::string_view("nul\0byte", 8)) == "\"nul\\x00byte\"");
}

TEST_CASE("a JSON line holds the same keys and is valid whatever the values are", "[log]") {
  LogPipe pipe({.level = LogLevel::kDebug, .format = LogFormat::kJson});
  LogDebug("Odd \"value\"", {{"bytes", std::string_view("a\0\xFF\n\x1F\\", 6)},
                             {"count", 7},
                             {"ratio", std::numeric_limits<double>::quiet_NaN()},
                             {"wait", seconds(1)}});
  const nlohmann::json line = nlohmann::json::parse(pipe.Read());
  CHECK(line["level"] == "DEBUG");
  CHECK(line["msg"] == "Odd \"value\"");
  CHECK(line["bytes"] == std::string("a\0\xEF\xBF\xBD\n\x1F\\", 8));
  CHECK(line["count"] == 7);
  CHECK(line["ratio"] == "NaN");
  CHECK(line["wait"] == 1'000'000'000);
  CHECK(line.contains("time"));
}

TEST_CASE("a line never exceeds what a pipe takes at once and stays well-formed", "[log]") {
  const auto format = GENERATE(LogFormat::kLogfmt, LogFormat::kJson);
  LogPipe pipe({.format = format});
  const std::string huge(100'000, GENERATE('x', '\xFF', '"', ' '));
  LogInfo("Big", {{"first", 1}, {"line", huge}, {"left_out", huge}, {"also", 2}});
  const std::string line = pipe.Read();
  CHECK(line.size() <= 4096);
  CHECK(line.size() > 3500);
  CHECK(line.find("...\"") != std::string::npos);
  CHECK(line.find("left_out") == std::string::npos);
  CHECK(Count(line, "\n") == 1);
  if (format == LogFormat::kJson) CHECK(nlohmann::json::accept(line));
}

TEST_CASE("lines below the level are not written", "[log]") {
  LogPipe pipe({.level = LogLevel::kWarn});
  CHECK_FALSE(LogEnabled(LogLevel::kInfo));
  CHECK(LogEnabled(LogLevel::kWarn));
  LogDebug("no");
  LogInfo("no");
  Log(LogLevel::kInfo, "no");
  LogWarn("yes");
  LogError("yes");
  CHECK(Lines(pipe.Read()).size() == 2);
}

TEST_CASE("level names are read in any case", "[log]") {
  CHECK(ParseLogLevel("debug") == LogLevel::kDebug);
  CHECK(ParseLogLevel("INFO") == LogLevel::kInfo);
  CHECK(ParseLogLevel("Warn") == LogLevel::kWarn);
  CHECK(ParseLogLevel("error") == LogLevel::kError);
  for (const char* wrong : {"", "warning", "inf", "infox", "trace"}) {
    CHECK_FALSE(ParseLogLevel(wrong).has_value());
  }
}

TEST_CASE("a pipe that nobody reads loses lines, counts them and never blocks", "[log]") {
  LogPipe pipe;
  const uint64_t lost_before = LostLogLines();
  constexpr int kLines = 5'000;
  const std::string text(200, 'x');
  for (int i = 0; i < kLines; ++i) LogInfo("Flood", {{"text", text}});
  const uint64_t lost = LostLogLines() - lost_before;
  CHECK(lost > 0);
  CHECK(Count(pipe.Read(), "msg=Flood") == kLines - lost);

  LogInfo("After");
  const std::vector<std::string> lines = Lines(pipe.Read());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("level=WARN msg=\"Log lines were lost because nobody read them\" lost=" +
                      std::to_string(lost)) != std::string::npos);
  CHECK(lines[1].find("msg=After") != std::string::npos);
}

TEST_CASE("lines of several threads do not interleave", "[log]") {
  LogPipe pipe;
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kLines; ++i) LogInfo("Threads", {{"text", "abcdefghij"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines = Lines(pipe.Read());
  REQUIRE(lines.size() == kThreads * kLines);
  for (const std::string& line : lines) {
    CHECK(line.find(" level=INFO msg=Threads text=abcdefghij") == line.find(' '));
  }
}

TEST_CASE("a limited log lets a number of lines through and tells of the rest", "[log]") {
  LogPipe pipe({.level = LogLevel::kDebug});
  FakeClock clock;
  RateLimitedLog log(LogLevel::kDebug, "Bad line", 2, seconds(1));
  for (int i = 0; i < 5; ++i) log.Log(clock.NowNanos(), {{"n", i}});
  CHECK(Count(pipe.Read(), "msg=\"Bad line\" n=") == 2);

  SECTION("with the next line that is written") {
    clock.Advance(kNanosPerSecond);
    log.Log(clock.NowNanos(), {{"n", 9}});
    CHECK(pipe.ReadLine() == "level=DEBUG msg=\"Bad line\" n=9 skipped=3");
    log.Log(clock.NowNanos(), {{"n", 10}});
    CHECK(pipe.ReadLine() == "level=DEBUG msg=\"Bad line\" n=10");
  }
  SECTION("on a tick after the interval") {
    log.ReportSkipped(clock.NowNanos());
    CHECK(pipe.Read().empty());
    clock.Advance(kNanosPerSecond);
    log.ReportSkipped(clock.NowNanos());
    CHECK(pipe.ReadLine() == "level=DEBUG msg=\"Bad line\" skipped=3");
    log.ReportSkipped(clock.NowNanos());
    CHECK(pipe.Read().empty());
  }
}

TEST_CASE("a limited log below the level writes and counts nothing", "[log]") {
  LogPipe pipe;
  RateLimitedLog log(LogLevel::kDebug, "Line", 1, seconds(1));
  for (int i = 0; i < 5; ++i) log.Log(0);
  ConfigureLog({.level = LogLevel::kInfo});
  log.ReportSkipped(10 * kNanosPerSecond);
  CHECK(pipe.Read().empty());
}

}  // namespace weir
