// The parser, under any combination of dialects: what it counts adds up, what it gives out is sound
// and lies within the line, and a sample's tags are those its tally says.
#include "common/parser.h"

#include <cmath>
#include <string>
#include <vector>

#include "common/tags.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

bool Within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void CheckSample(const Sample& sample, std::string_view line, const ParserOptions& options) {
  FUZZ_CHECK(!sample.name.empty());
  FUZZ_CHECK(Within(sample.name, line));
  FUZZ_CHECK(sample.weight >= 1);
  FUZZ_CHECK(sample.type == SampleType::kObserver || sample.weight == 1);
  FUZZ_CHECK(!sample.relative || sample.type == SampleType::kGauge);
  if (sample.type == SampleType::kSet) {
    FUZZ_CHECK(options.sets && !sample.member.empty() && Within(sample.member, line));
  }
  FUZZ_CHECK(sample.label_field_count <= Sample::kMaxLabelFields);
  const auto fields = std::span(sample.label_fields).first(sample.label_field_count);
  for (const std::string_view field : fields) FUZZ_CHECK(Within(field, line));

  MetricName name;
  ReadTags(options, sample.name, fields, &name);
  const TagTally of_name = TallyNameTags(options, sample.name);
  const TagTally of_fields = TallyFieldTags(fields);
  FUZZ_CHECK(name.tags.size() == of_name.tags + of_fields.tags);
  FUZZ_CHECK(name.name_tag_errors == of_name.errors);
  FUZZ_CHECK(name.field_tag_errors == of_fields.errors);
  for (const Tag& tag : name.tags) {
    FUZZ_CHECK(!tag.key.empty());
    FUZZ_CHECK(Within(tag.key, line) || tag.key == "container_id");
    FUZZ_CHECK(Within(tag.value, line));
  }
}

}  // namespace

FUZZ(parser) {
  Choices choices(&input);
  ParserOptions options;
  // Zero bits are the defaults, so that a plain line is a good beginning of a corpus.
  for (bool* option : {&options.dogstatsd, &options.influxdb, &options.librato, &options.signalfx,
                       &options.container_id, &options.sets, &options.relative_gauges}) {
    *option = !choices.Bit();
  }
  const std::vector<char> copy(input.begin(), input.end());
  const std::string_view line(copy.data(), copy.size());
  ParseCounters counters;
  LineReader reader(options, &counters);
  const LineVerdict verdict = reader.Open(line);
  uint64_t given = 0;
  Sample sample{};
  while (reader.Next(&sample)) {
    FUZZ_CHECK(sample.first_of_line == (given == 0));
    ++given;
    CheckSample(sample, line, options);
  }
  FUZZ_CHECK(verdict == LineVerdict::kSampled || given == 0);
  FUZZ_CHECK(counters.samples == given + counters.bad_samples + counters.void_samples);
  FUZZ_CHECK(counters.samples <= line.size());
  uint64_t verdicts = 0;
  for (const uint64_t count : counters.lines) verdicts += count;
  FUZZ_CHECK(verdicts == 1);
}

}  // namespace weir
