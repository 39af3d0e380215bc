#include "common/topology/config_scalars.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "common/address.h"
#include "common/byte_size.h"
#include "common/duration.h"

namespace weir {
namespace {

constexpr double kMostSeconds = 86400;

// Decimal, the whole text.
std::optional<double> ParseDecimal(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool IsHost(std::string_view host) {
  return std::none_of(host.begin(), host.end(), [](char c) {
    return c == ' ' || c == '\t' || c == '/' || c == ',' || c == '=' || c == '"' || c == '\'';
  });
}

}  // namespace

std::optional<std::string_view> TextOf(const Field& field, std::string_view wanted) {
  if (IsNull(field)) return std::nullopt;
  if (field.node.kind == YamlNode::Kind::kScalar) return field.node.text;
  ReportWrongValue(field, wanted);
  return std::nullopt;
}

void ReadText(const Field& field, std::string* out) {
  if (const auto text = TextOf(field, "a text")) *out = *text;
}

void ReadTexts(const Field& field, std::vector<std::string>* out) {
  if (IsNull(field)) return;
  out->clear();
  const auto add = [&](const Field& item) {
    std::string text;
    ReadText(item, &text);
    if (!text.empty()) out->push_back(std::move(text));
  };
  if (field.node.kind != YamlNode::Kind::kSequence) return add(field);
  for (const YamlNodePtr& item : field.node.items) add({field.key, *item, field.diagnostics});
}

void ReadFileMode(const Field& field, uint32_t* out) {
  constexpr std::string_view kWanted = "a file's permissions in octal, such as 755 or 770";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  uint32_t mode = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, mode, 8);
  if (error != std::errc{} || stop != end || mode > 0777) return ReportWrongValue(field, kWanted);
  *out = mode;
}

std::optional<double> ReadNumber(const Field& field, std::string_view wanted) {
  const auto text = TextOf(field, wanted);
  if (!text) return std::nullopt;
  const auto number = ParseDecimal(*text);
  if (!number) ReportWrongValue(field, wanted);
  return number;
}

void ReadPort(const Field& field, std::optional<uint16_t>* out) {
  uint16_t port = 0;
  ReadInteger<uint16_t>(field, 1, 65535, &port);
  if (port != 0) *out = port;
}

std::optional<double> ReadPositive(const Field& field, std::string_view unit) {
  const std::string wanted = "a number of " + std::string(unit) + " above 0";
  const auto number = ReadNumber(field, wanted);
  if (number && !(*number > 0)) {
    ReportWrongValue(field, wanted);
    return std::nullopt;
  }
  return number;
}

std::chrono::nanoseconds Seconds(double seconds) {
  const double nanos = std::min(seconds, kMostSeconds) * 1e9 + 0.5;
  return std::chrono::nanoseconds(std::max<int64_t>(static_cast<int64_t>(nanos), 1));
}

void ReadDuration(const Field& field, std::chrono::nanoseconds* out) {
  constexpr std::string_view kWanted =
      "a duration above zero with its unit, such as 500ms, 2s or 1m30s";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  const auto duration = ParseDuration(*text, DurationSyntax::kGo);
  if (!duration || duration->count() <= 0) return ReportWrongValue(field, kWanted);
  *out = *duration;
}

void ReadSize(const Field& field, uint64_t* out) {
  constexpr std::string_view kWanted = "a size in bytes, such as 65536, 64KiB or 16MiB";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  const auto size = ParseByteSize(*text);
  if (!size) return ReportWrongValue(field, kWanted);
  *out = *size;
}

void ReadListen(const Field& field, std::string* out) {
  constexpr std::string_view kWanted =
      "an address to listen on, such as \":8125\", \"127.0.0.1:8125\" or \"[::1]:8125\"";
  const auto text = TextOf(field, kWanted);
  if (!text) return;
  if (!text->empty() && !IsListenAddress(*text)) return ReportWrongValue(field, kWanted);
  *out = *text;
}

bool IsListenAddress(std::string_view text) {
  const auto address = ParseListenAddress(text);
  return address && IsHost(address->host);
}

bool IsTarget(std::string_view text) {
  const auto address = ParseListenAddress(text);
  return address && !address->host.empty() && IsHost(address->host) && address->port != 0;
}

}  // namespace weir
