// What HTTP clients send: paths, JSON, forms, batches. Whatever it is, at most one line comes of a
// metric, with nothing smuggled in, and a batch's account adds up.
#include <string>

#include "common/gzip.h"
#include "common/intake_batch.h"
#include "common/intake_route.h"
#include "common/line_judge.h"
#include "common/metric_call.h"
#include "common/parser.h"
#include "common/url_query.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

// The line is one, ends in LF, and a reader finds the name that was asked for and no second sample.
void CheckLine(std::string_view lines, std::string_view name) {
  if (lines.empty()) return;  // nothing was to be sent
  FUZZ_CHECK(lines.back() == '\n');
  lines.remove_suffix(1);
  FUZZ_CHECK(lines.find_first_of("\r\n") == lines.npos);
  FUZZ_CHECK(lines.starts_with(name));
  ParseCounters counters;
  LineReader reader({}, &counters);
  Sample sample;
  if (reader.Open(lines) != LineVerdict::kSampled) return;
  size_t samples = 0;
  while (reader.Next(&sample)) ++samples;
  FUZZ_CHECK(samples <= 1);
}

void TakeMetric(std::string_view key, std::string_view body) {
  const auto name = CleanName(key);
  if (!name) return;
  FUZZ_CHECK(!name->empty() && name->find_first_of(":|\n\r") == name->npos);
  for (const BodyForm form : {BodyForm::kJson, BodyForm::kForm}) {
    MetricFields fields;
    const bool good =
        form == BodyForm::kJson ? ReadJsonFields(body, &fields) : ReadFormFields(body, &fields);
    if (!good) continue;
    for (const CallType type : {CallType::kCount, CallType::kIncr, CallType::kGauge,
                                CallType::kTiming, CallType::kSet, CallType::kUniq}) {
      std::string lines;
      const auto wrong = AppendMetric(type, *name, form, fields, &lines);
      FUZZ_CHECK(!wrong || lines.empty());
      CheckLine(lines, *name);
    }
  }
}

void TakeLines(std::string_view body) {
  static const LineJudge judge = ParsingJudge({});
  TokenGrant grant;
  grant.prefixes = {"a", "own."};
  for (const TokenGrant* one : {static_cast<const TokenGrant*>(nullptr), &std::as_const(grant)}) {
    const Batch batch = TakeBatch(std::string(body), "pre.", one, judge);
    size_t refused = 0;
    for (const auto& [reason, count] : batch.reasons) refused += count;
    FUZZ_CHECK(refused == batch.refused);
    FUZZ_CHECK(batch.lines.empty() || batch.lines.back() == '\n');
    FUZZ_CHECK(batch.Json().starts_with("{\"taken\":" + std::to_string(batch.taken)));
  }
}

}  // namespace

// The first line is a path and a query, the rest a body.
FUZZ(http_body) {
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string_view path = input.substr(0, end);
  const std::string_view body = input.substr(std::min(end + 1, input.size()));
  std::string key = "key";
  for (const char* method : {"GET", "POST", "OPTIONS", ""}) {
    const IntakeRoute route = FindIntakeRoute(method, path);
    if (route.kind == IntakeRoute::Kind::kMetric) key = route.key;
  }
  if (const auto parameters = ReadUrlQuery(path)) FUZZ_CHECK(parameters->size() <= path.size() + 1);
  LooksLikeForm(body);
  TakeMetric(key, body);
  TakeLines(body);
}

}  // namespace weir
