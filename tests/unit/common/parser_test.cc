#include "common/parser.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/line.h"
#include "tests/support/catch.h"
#include "tests/support/line_answer.h"
#include "tests/support/line_cases.h"

namespace weir {
namespace {

std::vector<LineCase> PeerCases() {
  std::vector<LineCase> cases = ReadLineCases("vectors.txt");
  for (LineCase& more : ReadLineCases("rows.txt")) cases.push_back(std::move(more));
  return cases;
}

// A line that reads itself: all its samples, and what was counted.
struct Reading {
  explicit Reading(std::string_view line, const ParserOptions& options = {}) {
    LineReader reader(options, &counters);
    verdict = reader.Open(line);
    Sample sample;
    while (reader.Next(&sample)) samples.push_back(sample);
    again = reader.Next(&sample);
  }

  uint64_t errors(ParseError error) const { return counters.errors[static_cast<size_t>(error)]; }

  ParseCounters counters;
  LineVerdict verdict;
  std::vector<Sample> samples;
  bool again;
};

// Bytes with no room before or after them, so that a sanitizer sees a read outside.
class Boxed {
 public:
  explicit Boxed(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    text.copy(bytes_.get(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }
  bool Holds(std::string_view part) const {
    return part.data() >= bytes_.get() && part.data() + part.size() <= bytes_.get() + size_;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

TEST_CASE("lines come to what statsd_exporter makes of them, but for the listed deviations",
          "[parser]") {
  std::map<std::pair<std::string, std::string>, LineCase> deviations;
  for (const LineCase& row : ReadLineCases("deviations.txt")) {
    CAPTURE(row.text);
    CHECK(!row.reason.empty());
    CHECK(deviations.emplace(std::pair(row.text, row.dialects), row).second);
  }
  const std::vector<LineCase> cases = PeerCases();
  REQUIRE(cases.size() > 300);
  for (const LineCase& peer : cases) {
    CAPTURE(peer.text, peer.dialects);
    const std::string ours = Answer(peer.Options(), WithoutCr(peer.line));
    const auto deviation = deviations.extract(std::pair(peer.text, peer.dialects));
    if (deviation.empty()) {
      CHECK(ours == peer.answer);
    } else {
      CHECK(ours == deviation.mapped().answer);
      CHECK(ours != peer.answer);
    }
  }
  for (const auto& [key, row] : deviations) {
    FAIL_CHECK("deviation of a line that no table has: " << row.text);
  }
}

TEST_CASE("without sets their lines come to exactly what statsd_exporter makes of them",
          "[parser]") {
  size_t seen = 0;
  for (const LineCase& peer : PeerCases()) {
    if (peer.line.find("|s") == std::string::npos || peer.line[0] == '_') continue;
    CAPTURE(peer.text);
    ParserOptions options = peer.Options();
    options.sets = false;
    CHECK(Answer(options, peer.line) == peer.answer);
    ++seen;
  }
  CHECK(seen >= 8);
}

TEST_CASE("a line's verdict is given and counted", "[parser]") {
  const std::pair<std::string_view, LineVerdict> lines[] = {
      {"", LineVerdict::kEmpty},
      {"foo", LineVerdict::kMalformed},
      {"foo:1:2|x", LineVerdict::kMalformed},
      {"_e{1,1}:a|b", LineVerdict::kEvent},
      {"_sc|a|0", LineVerdict::kCheck},
      {"foo:1|c", LineVerdict::kSampled},
      {"foo:x|c", LineVerdict::kSampled},
      {"_foo:1|c", LineVerdict::kSampled},
  };
  for (const auto& [line, verdict] : lines) {
    CAPTURE(line);
    const Reading reading(line);
    CHECK(reading.verdict == verdict);
    for (size_t i = 0; i < kLineVerdictCount; ++i) {
      CHECK(reading.counters.lines[i] == (i == static_cast<size_t>(verdict) ? 1 : 0));
    }
    CHECK(reading.again == false);
  }
}

TEST_CASE("the first good sample of a line is marked, whatever was dropped before it", "[parser]") {
  const Reading reading("foo,bad:x|c:1|c:2|g");
  REQUIRE(reading.samples.size() == 2);
  CHECK(reading.samples[0].first_of_line);
  CHECK(reading.samples[0].type == SampleType::kCounter);
  CHECK(!reading.samples[1].first_of_line);
  CHECK(reading.samples[1].name == "foo,bad");
  CHECK(reading.counters.tag_errors == 0);
  CHECK(Reading("foo,bad:x|c:y|c").counters.tag_errors == 1);
}

TEST_CASE("a sampled observation is one sample with a weight", "[parser]") {
  const std::pair<std::string_view, uint64_t> rates[] = {
      {"0.3", 3},         {"0.7", 1},          {"0.15", 6}, {"0.07", 14},
      {"0.00001", 99999}, {"1e-9", 999999999}, {"1", 1},    {"0", 1},
  };
  for (const auto& [rate, weight] : rates) {
    CAPTURE(rate);
    const std::string line = "foo:5|ms|@" + std::string(rate);
    const Reading reading(line);
    REQUIRE(reading.samples.size() == 1);
    CHECK(reading.samples[0].weight == weight);
    CHECK(reading.samples[0].value == 0.005);
  }
}

TEST_CASE("an observation that stands for none is counted as void", "[parser]") {
  for (const std::string_view rate : {"2", "1.5", "-1", "nan", "inf", "1e-300", "1e-19"}) {
    CAPTURE(rate);
    const std::string line = "foo:5|h|#a:b,bad|@" + std::string(rate);
    const Reading reading(line);
    CHECK(reading.samples.empty());
    CHECK(reading.counters.void_samples == 1);
    CHECK(reading.counters.bad_samples == 0);
    CHECK(reading.counters.tags == 1);
    CHECK(reading.counters.tag_errors == 1);
  }
  CHECK(Reading("foo:5|g|@2").counters.void_samples == 0);
}

TEST_CASE("label fields are given as sent, at most four", "[parser]") {
  const Reading reading("foo:1|c|#a:b,,|@0.5|c:sha256:x|e:it|#c:d|new");
  REQUIRE(reading.samples.size() == 1);
  const Sample& sample = reading.samples[0];
  REQUIRE(sample.label_field_count == 3);
  CHECK(sample.label_fields[0] == "#a:b,,");
  CHECK(sample.label_fields[1] == "c:sha256:x");
  CHECK(sample.label_fields[2] == "#c:d");
  CHECK(reading.counters.ignored_fields == 2);
  CHECK(reading.counters.tag_errors == 0);

  CHECK(Reading("foo:1|c|#a:1|#b:2|#c:3|c:4").samples.size() == 1);
  const Reading five("foo:1|c|#a:1|#b:2|#c:3|c:4|#d:5");
  CHECK(five.samples.empty());
  CHECK(five.errors(ParseError::kMalformedComponent) == 1);
}

TEST_CASE("a container id can be ignored", "[parser]") {
  ParserOptions options;
  options.container_id = false;
  const Reading reading("foo:1|c|#a:b|c:id", options);
  REQUIRE(reading.samples.size() == 1);
  CHECK(reading.samples[0].label_field_count == 1);
  CHECK(reading.counters.ignored_fields == 1);
  CHECK(Reading("foo:1|c|#a:b|c:", options).errors(ParseError::kMalformedContainerId) == 1);
}

TEST_CASE("the sign of a gauge can be taken as part of its value", "[parser]") {
  CHECK(Reading("foo:-5|g").samples.at(0).relative);
  CHECK(Reading("foo:+5|g").samples.at(0).relative);
  CHECK(!Reading("foo:5|g").samples.at(0).relative);
  CHECK(!Reading("foo:-5|c").samples.at(0).relative);
  ParserOptions options;
  options.relative_gauges = false;
  const Reading reading("foo:-5|g", options);
  CHECK(!reading.samples.at(0).relative);
  CHECK(reading.samples.at(0).value == -5);
}

TEST_CASE("a line is read the same wherever its parts fall in the blocks it is looked at in",
          "[parser]") {
  const std::string_view tails[] = {
      ":1|c",
      ":12345678|ms",
      ":123456789|g",
      ":-1.5|g|#a:b,c:d",
      ":1|c|#env:prod,region:eu-west-1,code:200,some:more,and:still,a:few",
      ":7|ms|@0.5|#t:v|c:sha256:0123456789abcdef0123456789abcdef|T1656581400",
      ":1|c:2|g|@0.1:3|ms|T1:x|c:4|h|c:abc",
      ":0.5:120:3000:17:4.25:1e3:99:123456:0.001:3:4:5:6:7:8:9|d|#env:prod,a,b",
      ":1:2:x|c",
      "",
      ":",
      ":1",
      ":1|",
      ":1|c|",
      ":1|c|#a|",
      ":1|c:",
      ":bob:x|s",
  };
  for (const std::string_view tail : tails) {
    std::string expected;
    for (size_t size = 1; size < 200; ++size) {
      const std::string name(size, '~');
      const Boxed line(name + std::string(tail));
      std::string answer = Answer({}, line.view());
      for (size_t at = answer.find(name); at != std::string::npos; at = answer.find(name, at)) {
        answer.replace(at, size, "N");
        at += 1;
      }
      if (size == 1) expected = answer;
      CAPTURE(tail, size);
      REQUIRE(answer == expected);
    }
  }
}

TEST_CASE("whatever the bytes, a line ends, is counted, and gives views into itself", "[parser]") {
  std::mt19937 random(20240607);
  const std::vector<LineCase> seeds = PeerCases();
  constexpr std::string_view kAlphabet = ":|#@,=[]cgmshdT+-._0123456789en\xC3\xA9\xFF\x00\n";
  const auto pick = [&random](size_t limit) { return random() % limit; };
  ParseCounters counters;
  LineReader reader({}, &counters);
  MetricName name;
  uint64_t given = 0;
  constexpr uint64_t kLines = 60'000;
  for (uint64_t round = 0; round < kLines; ++round) {
    std::string text = seeds[pick(seeds.size())].line;
    for (size_t changes = pick(6); changes > 0; --changes) {
      const size_t at = pick(text.size() + 1);
      const std::string& other = seeds[pick(seeds.size())].line;
      switch (pick(4)) {
        case 0:
          text.insert(at, 1, kAlphabet[pick(kAlphabet.size())]);
          break;
        case 1:
          text.erase(at, pick(4));
          break;
        case 2:
          text.insert(at, other, pick(other.size() + 1));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random());
      }
    }
    const Boxed line(text);
    if (reader.Open(line.view()) != LineVerdict::kSampled) continue;
    Sample sample;
    size_t count = 0;
    while (reader.Next(&sample)) {
      REQUIRE(++count <= text.size());
      REQUIRE(!sample.name.empty());
      REQUIRE(line.Holds(sample.name));
      REQUIRE((sample.type != SampleType::kSet || line.Holds(sample.member)));
      REQUIRE(sample.weight >= 1);
      REQUIRE(sample.label_field_count <= Sample::kMaxLabelFields);
      ReadTags({}, sample.name, {sample.label_fields.data(), sample.label_field_count}, &name);
      for (const Tag& tag : name.tags) REQUIRE((!tag.key.empty() && line.Holds(tag.value)));
    }
    given += count;
  }
  uint64_t lines = 0;
  for (const uint64_t verdict : counters.lines) lines += verdict;
  CHECK(lines == kLines);
  CHECK(given > kLines / 10);
  CHECK(counters.samples == given + counters.bad_samples + counters.void_samples);
}

}  // namespace
}  // namespace weir
