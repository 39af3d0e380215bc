#include "exporter/negotiation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

namespace weir {
namespace {

constexpr std::string_view kTextType = "text/plain";
constexpr std::string_view kOpenMetricsType = "application/openmetrics-text";
constexpr std::string_view kProtobufType = "application/vnd.google.protobuf";
constexpr std::string_view kFamilyMessage = "io.prometheus.client.MetricFamily";
constexpr std::array<std::string_view, 4> kEscapings = {"allow-utf-8", "underscores", "dots",
                                                        "values"};

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the part before `separator` off *rest.
std::string_view CutAt(char separator, std::string_view* rest) {
  const size_t end = rest->find(separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return Trim(part);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameToken(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

struct Entry {
  std::string_view value;       // `text/plain`, `gzip`, `*`
  std::string_view parameters;  // `version=0.0.4;q=0.5`
  double q = 1;

  // Empty when absent.
  std::string_view Parameter(std::string_view wanted) const {
    std::string_view rest = parameters;
    while (!rest.empty()) {
      std::string_view parameter = CutAt(';', &rest);
      if (SameToken(CutAt('=', &parameter), wanted)) return Unquote(Trim(parameter));
    }
    return {};
  }
};

std::optional<Entry> ParseEntry(std::string_view text) {
  Entry entry;
  entry.value = CutAt(';', &text);
  entry.parameters = text;
  if (entry.value.empty()) return std::nullopt;
  if (const std::string_view q = entry.Parameter("q"); !q.empty()) {
    const char* end = q.data() + q.size();
    const auto parsed = std::from_chars(q.data(), end, entry.q, std::chars_format::fixed);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(entry.q >= 0 && entry.q <= 1)) {
      return std::nullopt;
    }
  }
  return entry;
}

std::vector<Entry> ParseEntries(std::string_view header) {
  std::vector<Entry> entries;
  while (!header.empty()) {
    if (const auto entry = ParseEntry(CutAt(',', &header))) entries.push_back(*entry);
  }
  return entries;
}

int Wildcards(const Entry& entry) {
  return static_cast<int>(std::count(entry.value.begin(), entry.value.end(), '*'));
}

std::optional<Format> FormatOf(const Entry& entry, bool openmetrics_enabled) {
  const std::string_view version = entry.Parameter("version");
  if (SameToken(entry.value, kTextType) && (version.empty() || version == "0.0.4")) {
    return Format::kText;
  }
  if (openmetrics_enabled && SameToken(entry.value, kOpenMetricsType) &&
      (version.empty() || version == "1.0.0")) {
    return Format::kOpenMetrics;
  }
  if (SameToken(entry.value, kProtobufType) && entry.Parameter("proto") == kFamilyMessage &&
      entry.Parameter("encoding") == "delimited") {
    return Format::kProtobuf;
  }
  return std::nullopt;
}

std::string ContentType(Format format, std::string_view escaping) {
  std::string type;
  switch (format) {
    case Format::kText:
      type.append(kTextType).append("; version=0.0.4; charset=utf-8");
      break;
    case Format::kOpenMetrics:
      type.append(kOpenMetricsType).append("; version=1.0.0; charset=utf-8");
      break;
    case Format::kProtobuf:
      type.append(kProtobufType).append("; proto=").append(kFamilyMessage);
      type.append("; encoding=delimited");
      break;
  }
  return type.append("; escaping=").append(escaping);
}

bool PrefersGzip(std::string_view accept_encoding) {
  const std::vector<Entry> entries = ParseEntries(accept_encoding);
  const auto q_of = [&](std::string_view coding) {
    double q = -1;
    for (const Entry& entry : entries) {
      if (SameToken(entry.value, coding)) return entry.q;
      if (entry.value == "*") q = entry.q;
    }
    return q;
  };
  const double gzip = q_of("gzip");
  return gzip > 0 && gzip > q_of("identity");
}

}  // namespace

Negotiated Negotiate(std::string_view accept, std::string_view accept_encoding,
                     bool openmetrics_enabled) {
  std::vector<Entry> entries = ParseEntries(accept);
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.q != b.q ? a.q > b.q : Wildcards(a) < Wildcards(b);
  });
  Negotiated negotiated;
  std::string_view escaping = "underscores";
  for (const Entry& entry : entries) {
    const std::string_view asked = entry.Parameter("escaping");
    if (std::find(kEscapings.begin(), kEscapings.end(), asked) != kEscapings.end()) {
      escaping = asked;
    }
    const auto format = FormatOf(entry, openmetrics_enabled);
    if (format && entry.q > 0) {
      negotiated.format = *format;
      break;
    }
  }
  negotiated.gzip = PrefersGzip(accept_encoding);
  negotiated.content_type = ContentType(negotiated.format, escaping);
  return negotiated;
}

}  // namespace weir
