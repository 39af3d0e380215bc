#include "common/simple_line.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/parser.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

// A block of which nothing outside may be read, as a sanitizer notices.
class ExactBlock {
 public:
  explicit ExactBlock(std::string_view text) : size_(text.size()), bytes_(new char[size_]) {
    text.copy(bytes_.get(), size_);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  const size_t size_;
  const std::unique_ptr<char[]> bytes_;
};

struct Glanced {
  std::string_view line;
  bool simple;
  SimpleLine as;
};

std::vector<Glanced> GlanceAt(std::string_view block, Framing framing = Framing::kDatagram) {
  std::vector<Glanced> lines;
  LineGlance glance(block, framing, true);
  while (glance.more()) {
    Glanced& got = lines.emplace_back();
    got.simple = glance.TakeSimple(&got.as);
    got.line = got.simple ? got.as.line() : glance.Take();
  }
  return lines;
}

bool IsSimple(const std::string& line) {
  const ExactBlock block(line);
  const auto lines = GlanceAt(block.view());
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].line == line);
  return lines[0].simple;
}

std::vector<std::string_view> Cut(std::string_view block, Framing framing) {
  std::vector<std::string_view> lines;
  LineCutter cutter(block, framing);
  for (std::string_view line; cutter.Next(&line);) lines.push_back(line);
  return lines;
}

// What a memo would know a sample by.
using Key = std::tuple<std::string, std::string, SampleType>;

std::string Joined(const Sample& sample) {
  std::string fields;
  for (uint8_t i = 0; i < sample.label_field_count; ++i) {
    fields.append(sample.label_fields[i]).append(1, '\n');
  }
  return fields;
}

Key KeyOf(const Sample& sample) { return {std::string(sample.name), Joined(sample), sample.type}; }

std::vector<Sample> ReadAll(std::string_view line, const ParserOptions& options) {
  ParseCounters counters;
  LineReader reader(options, &counters);
  std::vector<Sample> samples;
  if (reader.Open(line) != LineVerdict::kSampled) return samples;
  for (Sample sample; reader.Next(&sample);) samples.push_back(sample);
  return samples;
}

TEST_CASE("a simple line is cut into name, value, type and tags", "[simple_line]") {
  const auto lines = GlanceAt("page.views:12|c\nlatency:320|ms|#env:prod,code:200\nload:0.25|g");
  REQUIRE(lines.size() == 3);
  for (const Glanced& line : lines) CHECK(line.simple);
  CHECK(lines[0].as.name() == "page.views");
  CHECK(lines[0].as.measurement().value == 12);
  CHECK(lines[0].as.sample_type() == SampleType::kCounter);
  CHECK(lines[0].as.tags().empty());
  CHECK(lines[1].as.name() == "latency");
  CHECK(lines[1].as.measurement().value == 0.32);
  CHECK(lines[1].as.tags() == "#env:prod,code:200");
  CHECK(lines[2].as.measurement().value == 0.25);
  CHECK(lines[2].as.sample_type() == SampleType::kGauge);
}

TEST_CASE("only a gauge is changed by a value with a sign, and only when that is wanted",
          "[simple_line]") {
  const auto lines = GlanceAt("a:+5|g\na:-5|g\na:5|g\na:+5|c\na:-5.5|ms");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].as.relative);
  CHECK(lines[1].as.relative);
  CHECK(lines[1].as.measurement().value == -5);
  CHECK_FALSE(lines[2].as.relative);
  CHECK_FALSE(lines[3].as.relative);
  CHECK_FALSE(lines[4].as.relative);
  SimpleLine line;
  LineGlance absolute("a:-5|g", Framing::kDatagram, false);
  REQUIRE(absolute.TakeSimple(&line));
  CHECK_FALSE(line.relative);
}

TEST_CASE("what is more than a simple line is left to the reader", "[simple_line]") {
  for (const std::string line : {"",
                                 "a",
                                 "|",
                                 ":|c",
                                 "a:|c",
                                 "a:1",
                                 "a:1|",
                                 "a:1|x",
                                 "a:1|s",
                                 "a:1|cc",
                                 "a:1|mss",
                                 "a:1|m",
                                 "a:1|c|",
                                 "a:1|c|@0.1",
                                 "a:1|c|x",
                                 "a:1|c|#x:y|@0.1",
                                 "a:1|c|@0.1|#x:y",
                                 "a:1|c|#x:y|",
                                 "a:1:2|c|c:container",
                                 "a:one|c",
                                 "a:1 |c",
                                 "a:1|c:2|c",
                                 "12345678|c",
                                 "1|c",
                                 "123456789012|c|#a:b"}) {
    INFO(line);
    CHECK_FALSE(IsSimple(line));
  }
}

TEST_CASE("a CR at a line's end belongs to no tag and no type", "[simple_line]") {
  const auto lines = GlanceAt("a:1|c|#x:y\r\na:1|c\r\n");
  REQUIRE(lines.size() == 3);
  CHECK_FALSE(lines[0].simple);
  CHECK(lines[0].line == "a:1|c|#x:y");
  CHECK_FALSE(lines[1].simple);
  CHECK(lines[1].line == "a:1|c");
}

TEST_CASE("a simple line may have any length and stand anywhere in a block", "[simple_line]") {
  for (size_t name = 1; name < 150; ++name) {
    for (const size_t tags : {0, 1, 30, 63, 64, 65, 130}) {
      std::string line = std::string(name, 'n') + ":17|g";
      if (tags > 0) line += "|#" + std::string(tags, 't');
      const ExactBlock alone(line);
      const ExactBlock among("x:1|c\n" + line + "\n" + line);
      for (const ExactBlock* block : {&alone, &among}) {
        for (const Glanced& got : GlanceAt(block->view())) {
          if (got.line == "x:1|c") continue;
          REQUIRE(got.line == line);
          REQUIRE(got.simple);
          REQUIRE(got.as.name().size() == name);
          REQUIRE(got.as.tags().size() == (tags > 0 ? tags + 1 : 0));
          REQUIRE(got.as.measurement().value == 17);
        }
      }
    }
  }
}

TEST_CASE("integers of any length are read", "[simple_line]") {
  std::string digits;
  double value = 0;
  for (int size = 1; size <= 15; ++size) {
    digits += static_cast<char>('0' + size % 10);
    value = value * 10 + size % 10;
    for (const std::string name : {"a", "a.name.of.some.length"}) {
      const std::string line = name + ":" + digits + "|c";
      const auto lines = GlanceAt(line);
      REQUIRE(lines[0].simple);
      CHECK(lines[0].as.measurement().value == value);
      CHECK(lines[0].as.name() == name);
    }
  }
}

// Pieces of lines, so that a good part of what is made of them is valid.
std::string RandomBlock(std::mt19937* random) {
  static const std::vector<std::string> kPieces = {"a",
                                                   "b",
                                                   "name",
                                                   ":",
                                                   ":",
                                                   "|",
                                                   "|c",
                                                   "|g",
                                                   "|ms",
                                                   "|h",
                                                   "|s",
                                                   "1",
                                                   "22",
                                                   "3.5",
                                                   "-4",
                                                   "+5",
                                                   "\n",
                                                   "\n",
                                                   "#",
                                                   "|#x:y",
                                                   "|#x",
                                                   "|@0.5",
                                                   "_e{1,1}",
                                                   ",",
                                                   "[",
                                                   "\xC3\xA9",
                                                   "\xFF",
                                                   "\r",
                                                   "nan",
                                                   "12345678",
                                                   "|#x:y",
                                                   "some.long.name.of.a.series",
                                                   ":7|c",
                                                   "a:1|c\n",
                                                   "b:2|ms|#x:y\n"};
  std::string block;
  for (size_t left = (*random)() % 24; left > 0; --left) {
    block += kPieces[(*random)() % kPieces.size()];
  }
  return block;
}

TEST_CASE("whatever comes, a glance cuts the lines that the cutter cuts", "[simple_line]") {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const ExactBlock block(RandomBlock(&random));
    for (const Framing framing : {Framing::kDatagram, Framing::kStream}) {
      const auto cut = Cut(block.view(), framing);
      const auto glanced = GlanceAt(block.view(), framing);
      REQUIRE(glanced.size() == cut.size());
      for (size_t line = 0; line < cut.size(); ++line) REQUIRE(glanced[line].line == cut[line]);
    }
  }
}

TEST_CASE("a guess at a sample that was read before is what the reader reads", "[simple_line]") {
  for (const bool dogstatsd : {true, false}) {
    ParserOptions options;
    options.dogstatsd = dogstatsd;
    std::mt19937 random(2);
    std::set<Key> seen;
    int confirmed = 0;
    for (int i = 0; i < 60'000; ++i) {
      const ExactBlock block(RandomBlock(&random));
      for (const Glanced& got : GlanceAt(block.view())) {
        const std::vector<Sample> samples = ReadAll(got.line, options);
        Sample guess;
        if (got.simple) {
          got.as.CopyTo(&guess);
          if (seen.contains(KeyOf(guess))) {
            INFO(got.line);
            ++confirmed;
            // Events are named by a '_' at the start; see the next test.
            REQUIRE(samples.size() == 1);
            REQUIRE(KeyOf(samples[0]) == KeyOf(guess));
            const double value = samples[0].value;
            REQUIRE((value == guess.value || (value != value && guess.value != guess.value)));
            REQUIRE(samples[0].weight == guess.weight);
            REQUIRE(samples[0].relative == guess.relative);
            REQUIRE(samples[0].first_of_line);
          }
        }
        for (const Sample& sample : samples) seen.insert(KeyOf(sample));
      }
    }
    CHECK(confirmed > 1'000);
  }
}

TEST_CASE("a line that may be an event is no simple line", "[simple_line]") {
  CHECK_FALSE(IsSimple("_e{3,1}:123|c"));
  CHECK_FALSE(IsSimple("_sc:1|c"));
}

}  // namespace
}  // namespace weir
