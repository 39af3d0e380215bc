#include "common/log.h"

#include <poll.h>
#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

#include "common/log_text.h"

namespace weir {
namespace {

// PIPE_BUF of Linux: a write up to this size into a pipe that polls as writable does not wait.
constexpr size_t kMaxLineBytes = 4096;
// What stands around the fields: time, level, braces and the end of the line.
constexpr size_t kFrameBytes = 96;

std::string_view LevelName(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "DEBUG";
    case spdlog::level::warn:
      return "WARN";
    case spdlog::level::err:
      return "ERROR";
    default:
      return "INFO";
  }
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// RFC 3339 in local time with milliseconds.
std::string FormatTime(spdlog::log_clock::time_point time) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto since_epoch = duration_cast<milliseconds>(time.time_since_epoch()).count();
  const time_t seconds = since_epoch / 1000;
  tm local;
  localtime_r(&seconds, &local);
  char text[64];
  const size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &local);
  const auto zone_minutes = static_cast<int>(local.tm_gmtoff / 60);
  char rest[32];
  if (zone_minutes == 0) {
    std::snprintf(rest, sizeof(rest), ".%03dZ", static_cast<int>(since_epoch % 1000));
  } else {
    std::snprintf(rest, sizeof(rest), ".%03d%c%02d:%02d", static_cast<int>(since_epoch % 1000),
                  zone_minutes < 0 ? '-' : '+', std::abs(zone_minutes) / 60,
                  std::abs(zone_minutes) % 60);
  }
  return std::string(text, length) + rest;
}

void Append(std::string_view text, spdlog::memory_buf_t& out) {
  out.append(text.data(), text.data() + text.size());
}

// Puts time and level around a payload that LogText wrote.
class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const bool json = format_ == LogFormat::kJson;
    Append(json ? "{\"time\":\"" : "time=", out);
    Append(FormatTime(message.time), out);
    Append(json ? "\",\"level\":\"" : " level=", out);
    Append(LevelName(message.level), out);
    Append(json ? "\"," : " ", out);
    Append(std::string_view(message.payload.data(), message.payload.size()), out);
    Append(json ? "}\n" : "\n", out);
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  const LogFormat format_;
};

// Writes a line when the descriptor has room for it, and never waits.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void Configure(const LogOptions& options) {
    const std::lock_guard lock(mutex_);
    format_ = options.format;
    fd_ = options.fd;
    formatter_ = std::make_unique<LineFormatter>(options.format);
  }

  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (unreported_ > 0 && !Write(LossReport(message.time))) return Lose();
    unreported_ = 0;
    if (!Write(message)) Lose();
  }
  void flush_() override {}

 private:
  spdlog::details::log_msg LossReport(spdlog::log_clock::time_point time) {
    LogText text(format_, kMaxLineBytes - kFrameBytes);
    text.Add("msg", "Log lines were lost because nobody read them");
    text.Add("lost", unreported_);
    report_ = text.text();
    return {time, {}, {}, spdlog::level::warn, report_};
  }

  void Lose() {
    ++unreported_;
    lost_.fetch_add(1, std::memory_order_relaxed);
  }

  bool Write(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    // A line that was cut in the middle (only a terminal or socket does that) is ended first.
    if (torn_) Append("\n", line);
    formatter_->format(message, line);
    size_t written = 0;
    while (written < line.size()) {
      pollfd descriptor{fd_, POLLOUT, 0};
      if (poll(&descriptor, 1, 0) != 1 || (descriptor.revents & POLLOUT) == 0) break;
      const ssize_t count = write(fd_, line.data() + written, line.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      written += static_cast<size_t>(count);
    }
    if (written > 0) torn_ = written < line.size();
    return written == line.size();
  }

  // All guarded by the mutex of base_sink, except lost_.
  LogFormat format_ = LogFormat::kLogfmt;
  int fd_ = STDERR_FILENO;
  bool torn_ = false;
  uint64_t unreported_ = 0;
  std::string report_;
  std::atomic<uint64_t> lost_ = 0;
};

struct Output {
  std::shared_ptr<DescriptorSink> sink = std::make_shared<DescriptorSink>();
  spdlog::logger logger{"weir", sink};
  std::atomic<LogFormat> format = LogFormat::kLogfmt;

  Output() {
    sink->Configure({});
    logger.set_level(spdlog::level::trace);
    // The default writes to stderr and may wait there.
    logger.set_error_handler([](const std::string&) {});
  }
};

// Never destroyed: threads may log until the process has ended.
Output& TheOutput() {
  static Output& output = *new Output;
  return output;
}

void WriteLine(LogLevel level, std::string_view message, LogFields fields, uint64_t skipped) {
  Output& output = TheOutput();
  LogText text(output.format.load(std::memory_order_relaxed), kMaxLineBytes - kFrameBytes);
  text.Add("msg", message);
  for (const LogField& field : fields) text.Add(field.key, field.value);
  if (skipped > 0) text.Add("skipped", skipped);
  output.logger.log(ToSpdlog(level), spdlog::string_view_t(text.text()));
}

}  // namespace

void ConfigureLog(const LogOptions& options) {
  Output& output = TheOutput();
  output.format.store(options.format, std::memory_order_relaxed);
  output.sink->Configure(options);
  log_internal::level.store(options.level, std::memory_order_relaxed);
}

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warn", LogLevel::kWarn},
                                                               {"error", LogLevel::kError}};
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  for (const auto& [name, level] : kLevels) {
    if (std::equal(text.begin(), text.end(), name.begin(), name.end(), same)) return level;
  }
  return std::nullopt;
}

void Log(LogLevel level, std::string_view message, LogFields fields) {
  if (LogEnabled(level)) WriteLine(level, message, fields, 0);
}

uint64_t LostLogLines() { return TheOutput().sink->lost(); }

void RateLimitedLog::Log(int64_t now_nanos, LogFields fields) {
  if (!LogEnabled(level_)) return;
  if (now_nanos >= interval_end_) {
    interval_end_ = now_nanos + interval_;
    lines_ = 0;
  }
  if (lines_ == max_lines_) {
    ++skipped_;
    return;
  }
  ++lines_;
  WriteLine(level_, message_, fields, std::exchange(skipped_, 0));
}

void RateLimitedLog::ReportSkipped(int64_t now_nanos) {
  if (skipped_ == 0 || now_nanos < interval_end_) return;
  WriteLine(level_, message_, {}, std::exchange(skipped_, 0));
}

}  // namespace weir
