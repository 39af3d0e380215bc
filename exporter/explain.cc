#include "exporter/explain.h"

#include <limits>
#include <span>

#include "common/check.h"
#include "common/duration.h"
#include "common/hash.h"
#include "common/line.h"
#include "common/number_text.h"
#include "common/parser.h"
#include "common/tags.h"
#include "exporter/admit_sample.h"
#include "exporter/explain_words.h"
#include "exporter/label_text.h"
#include "exporter/sample_lines.h"
#include "exporter/series_table.h"

namespace weir {
namespace {

// The table sees one moment only.
constexpr int64_t kNow = 0;

std::string NumberOf(double value) {
  std::string text;
  AppendNumber(value, &text);
  return text;
}

std::string Printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out.append("\\x").append({kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out += c;
    }
  }
  return out;
}

class Explanation {
 public:
  explicit Explanation(const ExplainOptions& options)
      : options_(options),
        table_({.set_window = options.set_window}),
        reader_(options.parser, &counters_) {
    for (const std::string& name : options.reserved_names) table_.Reserve(name);
  }

  void AddLine(std::string_view line);
  std::string Finish();

 private:
  void Say(std::string_view key, std::string_view what) {
    text_.append(key).append(": ").append(what).append("\n");
  }
  void SayOfSample(std::string_view what, std::string_view value) {
    Say(subject_ + " " + std::string(what), value);
  }
  // Says why something came to nothing, and keeps it for the end.
  void Lose(std::string_view key, const std::string& why);
  void SayVerdict(LineVerdict verdict, const ParseCounters& before);
  void SayBadSamples(const ParseCounters& before, uint64_t bad);
  void SayOfFields(const ParseCounters& before);
  void AddSample(const Sample& sample);
  void SayParts(const Sample& sample);
  void SayRule();
  void SaySeries();
  Refusal Apply(const Sample& sample);

  const ExplainOptions& options_;
  SeriesTable table_;
  ParseCounters counters_;
  LineReader reader_;
  MetricName name_;
  Resolution resolution_;
  std::string subject_;              // "sample 2"
  std::vector<std::string> losses_;  // why there may be no series
  std::string text_;
};

void Explanation::AddLine(std::string_view line) {
  Say("line", Printable(line));
  const ParseCounters at_open = counters_;
  const LineVerdict verdict = reader_.Open(line);
  SayVerdict(verdict, at_open);
  if (verdict != LineVerdict::kSampled) return;
  Sample sample;
  for (bool good = true; good;) {
    const ParseCounters before = counters_;
    good = reader_.Next(&sample);
    const uint64_t tried = counters_.samples - before.samples;
    const uint64_t bad = good ? tried - 1 : tried;
    const uint64_t number = before.samples - at_open.samples + 1;
    subject_ = (bad > 1 ? "samples " : "sample ") + std::to_string(number);
    if (bad > 1) subject_ += "-" + std::to_string(number + bad - 1);
    if (bad > 0) SayBadSamples(before, bad);
    if (good) subject_ = "sample " + std::to_string(number + bad);
    if (good) AddSample(sample);
  }
  SayOfFields(at_open);
}

void Explanation::Lose(std::string_view key, const std::string& why) {
  Say(key, why);
  losses_.push_back(why);
}

void Explanation::SayVerdict(LineVerdict verdict, const ParseCounters& before) {
  Say("verdict", WordOf(verdict));
  if (verdict == LineVerdict::kSampled) return;
  if (verdict != LineVerdict::kMalformed) return losses_.push_back(WhyNothing(verdict));
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    if (counters_.errors[i] == before.errors[i]) continue;
    Lose("refused", WordsOf(static_cast<ParseError>(i), options_.parser));
  }
}

void Explanation::SayBadSamples(const ParseCounters& before, uint64_t bad) {
  const auto lose = [&](uint64_t times, const std::string& words) {
    if (times == 0) return;
    const std::string count = bad > 1 ? std::to_string(times) + " of them, " : "";
    Lose(subject_ + " refused", count + words);
  };
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    const auto error = static_cast<ParseError>(i);
    if (error == ParseError::kInvalidSampleFactor) continue;  // costs no sample
    lose(counters_.errors[i] - before.errors[i], WordsOf(error, options_.parser));
  }
  lose(counters_.void_samples - before.void_samples, WordsOfVoidRate());
}

void Explanation::SayOfFields(const ParseCounters& before) {
  constexpr auto kRate = static_cast<size_t>(ParseError::kInvalidSampleFactor);
  if (counters_.errors[kRate] != before.errors[kRate]) {
    Say("ignored", WordsOf(ParseError::kInvalidSampleFactor, options_.parser));
  }
  if (counters_.ignored_fields != before.ignored_fields) {
    Say("ignored", "fields that are unknown or not wanted");
  }
}

void Explanation::AddSample(const Sample& sample) {
  ReadTags(options_.parser, sample.name,
           std::span(sample.label_fields).first(sample.label_field_count), &name_);
  SayParts(sample);
  options_.mapper->Resolve(name_.name, EventKindOf(sample.type), name_.tags, &resolution_);
  SayRule();
  if (resolution_.verdict == Resolution::Verdict::kDropped) {
    return Lose(subject_ + " dropped", WordsOfDrop(*resolution_.rule));
  }
  if (resolution_.verdict != Resolution::Verdict::kEmptyName) SaySeries();
  const Refusal refusal = Apply(sample);
  if (refusal == Refusal::kNone) return SayOfSample("result", "applied");
  Lose(subject_ + " refused", WordsOf(refusal, resolution_));
}

void Explanation::SayParts(const Sample& sample) {
  std::string what(WordOf(sample.type));
  if (sample.type == SampleType::kSet) {
    what += ", member " + Printable(sample.member);
  } else {
    what += ", value " + NumberOf(sample.value);
  }
  if (sample.weight != 1) what += ", weight " + std::to_string(sample.weight);
  if (sample.relative) what += ", relative";
  Say(subject_, what);
  SayOfSample("name", Printable(name_.name));
  for (const Tag& tag : name_.tags) {
    SayOfSample("tag", Printable(tag.key) + "=" + Printable(tag.value));
  }
  const uint32_t errors =
      name_.field_tag_errors + (sample.first_of_line ? name_.name_tag_errors : 0);
  if (errors > 0) SayOfSample("skipped tags", WordsOfTagErrors(errors));
}

void Explanation::SayRule() {
  const Rule* const rule = resolution_.rule;
  if (rule == nullptr) return SayOfSample("rule", "no rule matched");
  SayOfSample("rule", PlaceOf(*rule) + " matched, match: " + Printable(rule->match));
}

void Explanation::SaySeries() {
  const SeriesPolicy& policy = resolution_.policy;
  SayOfSample("family", resolution_.family + " (" + std::string(TypeName(policy.type)) + ")");
  for (const Label& label : resolution_.labels) {
    std::string text;
    AppendLabels(std::span(&label, 1), &text);
    SayOfSample("label", Printable(text));
  }
  if (policy.scale != 1) SayOfSample("scale", NumberOf(policy.scale));
  if (policy.ttl.count() > 0) SayOfSample("ttl", FormatDuration(policy.ttl));
}

Refusal Explanation::Apply(const Sample& sample) {
  SeriesHandle handle;
  const Refusal refusal = AdmitSample(resolution_, sample, {}, &table_, &handle);
  if (refusal != Refusal::kNone) return refusal;
  const uint64_t member_hash =
      sample.type == SampleType::kSet ? ProcessHash().Of64(sample.member) : 0;
  return table_.Apply(handle.series, PlanOf(resolution_, &table_), sample, member_hash, kNow);
}

std::string Explanation::Finish() {
  std::string page;
  RenderCursor cursor;
  FamilySpans spans;
  while (!cursor.done) {
    table_.RenderSlice(Exposition::For(Format::kText), kNow, std::numeric_limits<size_t>::max(),
                       std::chrono::hours(1), &cursor, &page, &spans);
  }
  if (!page.empty()) return text_ + "\n" + page;
  for (const std::string& why : losses_) Say("no series", why);
  return text_;
}

}  // namespace

std::string Explain(std::string_view line, const ExplainOptions& options) {
  WEIR_CHECK(options.mapper != nullptr);
  Explanation explanation(options);
  // As a datagram nothing is one empty line; as a stream a LF at the end is no line of its own.
  LineCutter cutter(line, line.empty() ? Framing::kDatagram : Framing::kStream);
  for (std::string_view one; cutter.Next(&one);) explanation.AddLine(one);
  return explanation.Finish();
}

}  // namespace weir
