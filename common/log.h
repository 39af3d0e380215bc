// The log: one line per event on stderr, as logfmt or JSON, with the keys of Go's slog handlers.
//
//   time=2026-01-31T12:00:00.123+01:00 level=INFO msg=Listening protocol=udp address=[::]:9125
//   {"time":"2026-01-31T12:00:00.123+01:00","level":"INFO","msg":"Listening","protocol":"udp",...}
//
// A stderr that nobody reads never stops a thread. Lines are written by the thread that logs, with
// no thread and no queue between: a line is at most 4096 bytes (PIPE_BUF), the descriptor is polled
// first, and when it has no room the line is dropped and counted; the next line that fits is
// preceded by a warning with lost=<n>. Only a second process that fills the same pipe between poll
// and write could make a write wait. Texts that would make a line longer are cut and end in "...".
//
// Thread safety: every function may be called from any thread; lines never interleave.
// Cost: a level that is off costs one relaxed load; a line about 3 us on the calling thread.
// How texts are quoted: common/log_text.h.
// Tested by tests/unit/common/log_test.cc.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace weir {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : uint8_t { kLogfmt, kJson };

struct LogOptions {
  // Lines below it are not written. Default info.
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
  // Where lines go; not owned. Default stderr.
  int fd = STDERR_FILENO;
};

// Takes effect for the lines that follow. Without a call the defaults hold.
void ConfigureLog(const LogOptions& options);

// "debug", "info", "warn", "error" in any case of letters.
std::optional<LogLevel> ParseLogLevel(std::string_view text);

// A value of a field. Texts are views and must live until the Log call returns. A duration is
// written as FormatDuration does, in JSON as a number of nanoseconds (as slog does).
class LogValue {
 public:
  using Variant =
      std::variant<std::string_view, int64_t, uint64_t, double, bool, std::chrono::nanoseconds>;

  LogValue(std::string_view value) : value_(value) {}
  LogValue(const char* value) : value_(std::string_view(value)) {}
  LogValue(const std::string& value) : value_(std::string_view(value)) {}
  LogValue(bool value) : value_(value) {}
  LogValue(double value) : value_(value) {}
  LogValue(std::signed_integral auto value) : value_(int64_t{value}) {}
  LogValue(std::unsigned_integral auto value) : value_(uint64_t{value}) {}
  template <class Rep, class Period>
  LogValue(std::chrono::duration<Rep, Period> value)
      : value_(std::chrono::duration_cast<std::chrono::nanoseconds>(value)) {}

  const Variant& value() const { return value_; }

 private:
  Variant value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

using LogFields = std::initializer_list<LogField>;

// LogInfo("Listening", {{"protocol", "udp"}, {"address", text}});
void Log(LogLevel level, std::string_view message, LogFields fields = {});
void LogDebug(std::string_view message, LogFields fields = {});
void LogInfo(std::string_view message, LogFields fields = {});
void LogWarn(std::string_view message, LogFields fields = {});
void LogError(std::string_view message, LogFields fields = {});

// Lines dropped since the start because the descriptor had no room.
uint64_t LostLogLines();

namespace log_internal {
inline std::atomic<LogLevel> level = LogLevel::kInfo;
}

// For callers that would have to build something before they can log it.
inline bool LogEnabled(LogLevel level) {
  return level >= log_internal::level.load(std::memory_order_relaxed);
}

// One message that a client can cause without bound: lets through at most `max_lines` lines in each
// interval. The first line after that tells how many were held back, as skipped=<n>.
//
// Thread safety: none; each thread has its own. The caller passes the time it has read anyway
// (Clock::NowNanos of common/clock.h), so that no clock is read for a line.
class RateLimitedLog {
 public:
  // `message` is a view and must live as long as this does (a literal).
  RateLimitedLog(LogLevel level, std::string_view message, uint32_t max_lines,
                 std::chrono::nanoseconds interval)
      : level_(level), message_(message), max_lines_(max_lines), interval_(interval.count()) {}

  void Log(int64_t now_nanos, LogFields fields = {});

  // Tells of the lines held back in an interval that has ended. To be called on a tick, so that
  // the count does not wait for another line.
  void ReportSkipped(int64_t now_nanos);

 private:
  const LogLevel level_;
  const std::string_view message_;
  const uint32_t max_lines_;
  const int64_t interval_;
  int64_t interval_end_ = INT64_MIN;
  uint32_t lines_ = 0;    // written in this interval
  uint64_t skipped_ = 0;  // since the last line that told of it
};

inline void LogDebug(std::string_view message, LogFields fields) {
  if (LogEnabled(LogLevel::kDebug)) Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, LogFields fields) {
  if (LogEnabled(LogLevel::kInfo)) Log(LogLevel::kInfo, message, fields);
}
inline void LogWarn(std::string_view message, LogFields fields) {
  if (LogEnabled(LogLevel::kWarn)) Log(LogLevel::kWarn, message, fields);
}
inline void LogError(std::string_view message, LogFields fields) {
  if (LogEnabled(LogLevel::kError)) Log(LogLevel::kError, message, fields);
}

}  // namespace weir
