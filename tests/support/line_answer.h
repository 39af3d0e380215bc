// What the parser makes of a line, as text that can stand in a table of cases:
//   events | err[reason=count,...] samples=.. tagerr=.. tags=..
// Events: c, g, gR (relative), o, s (set); "name" value {labels} xN. A line that is a DogStatsD
// event or check is just that word. The counts are the whole reader's: what it counted and what its
// owner would add for good samples.
#pragma once

#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "common/parser.h"
#include "common/tags.h"

namespace weir {

inline std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kHex = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

inline std::string Shortest(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double size = std::abs(value);
  const bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value, format).ptr};
}

// A tag's key as a label name: what statsd_exporter's answers show.
inline std::string EscapedKey(std::string_view key) {
  std::string out;
  if (!key.empty() && key[0] >= '0' && key[0] <= '9') out += '_';
  char before = 0;
  for (const char c : key) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!continues && !(c == '-' && before == '-')) out += plain ? c : '_';
    before = c;
  }
  return out;
}

inline std::string EventText(const Sample& sample, const MetricName& name) {
  std::string out;
  switch (sample.type) {
    case SampleType::kCounter:
      out = "c ";
      break;
    case SampleType::kGauge:
      out = sample.relative ? "gR " : "g ";
      break;
    case SampleType::kObserver:
      out = "o ";
      break;
    case SampleType::kSet:
      out = "s ";
      break;
  }
  out += Quoted(name.name) + ' ';
  out += sample.type == SampleType::kSet ? Quoted(sample.member) : Shortest(sample.value);
  std::map<std::string, std::string_view> labels;
  for (const Tag& tag : name.tags) labels[EscapedKey(tag.key)] = tag.value;
  std::string list;
  for (const auto& [key, value] : labels) {
    list += (list.empty() ? "" : ",") + key + '=' + Quoted(value);
  }
  out += " {" + list + '}';
  if (sample.weight != 1) out += " x" + std::to_string(sample.weight);
  return out;
}

inline std::string CountsText(const ParseCounters& counters) {
  std::map<std::string_view, uint64_t> errors;
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    if (counters.errors[i] > 0) errors[Name(static_cast<ParseError>(i))] = counters.errors[i];
  }
  std::string list;
  for (const auto& [name, count] : errors) {
    list += (list.empty() ? "" : ",") + std::string(name) + '=' + std::to_string(count);
  }
  return "| err[" + list + "] samples=" + std::to_string(counters.samples) +
         " tagerr=" + std::to_string(counters.tag_errors) +
         " tags=" + std::to_string(counters.tags);
}

inline std::string Answer(const ParserOptions& options, std::string_view line) {
  ParseCounters counters;
  LineReader reader(options, &counters);
  const LineVerdict verdict = reader.Open(line);
  if (verdict == LineVerdict::kEvent) return "event";
  if (verdict == LineVerdict::kCheck) return "check";
  std::string events;
  Sample sample;
  MetricName name;
  while (reader.Next(&sample)) {
    ReadTags(options, sample.name, {sample.label_fields.data(), sample.label_field_count}, &name);
    counters.tag_errors += name.field_tag_errors;
    if (sample.first_of_line) counters.tag_errors += name.name_tag_errors;
    if (!name.tags.empty()) ++counters.tags;
    events += (events.empty() ? "" : "; ") + EventText(sample, name) + ' ';
  }
  return events + CountsText(counters);
}

}  // namespace weir
