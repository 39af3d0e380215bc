// Lines: a block cut by LineCutter and by LineGlance is cut alike, and what a glance takes for a
// simple line is what a reader makes of it, or nothing the reader takes at all.
#include "common/line.h"

#include <string>
#include <vector>

#include "common/key.h"
#include "common/parser.h"
#include "common/simple_line.h"
#include "common/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

// A simple line that is good has one sample, and that one is the reader's.
void CompareWithReader(const SimpleLine& simple, const ParserOptions& options) {
  ParseCounters counters;
  LineReader reader(options, &counters);
  Sample sample;
  Sample guess;
  simple.CopyTo(&guess);
  if (reader.Open(simple.line()) != LineVerdict::kSampled || !reader.Next(&sample)) return;
  // The memo only vouches for a guess whose name, type and fields a reader has given out so.
  const bool same_text =
      sample.name == guess.name && sample.type == guess.type &&
      sample.label_field_count == guess.label_field_count &&
      (guess.label_field_count == 0 || sample.label_fields[0] == guess.label_fields[0]);
  if (!same_text) return;
  FUZZ_CHECK(sample.relative == guess.relative);
  FUZZ_CHECK(sample.weight == guess.weight);
  FUZZ_CHECK(sample.value == guess.value ||
             (sample.value != sample.value && guess.value != guess.value));
  FUZZ_CHECK(!reader.Next(&sample));
}

void Cut(std::string_view block, Framing framing) {
  const ParserOptions options;
  std::vector<std::string_view> whole;
  LineCutter cutter(block, framing);
  for (std::string_view line; cutter.Next(&line);) whole.push_back(line);

  LineGlance glance(block, framing, options.relative_gauges);
  size_t lines = 0;
  while (glance.more()) {
    FUZZ_CHECK(lines < whole.size());
    SimpleLine simple;
    if (glance.TakeSimple(&simple)) {
      FUZZ_CHECK(simple.line() == whole[lines]);
      FUZZ_CHECK(simple.name_size + simple.tags_size < simple.size);
      CompareWithReader(simple, options);
    } else {
      FUZZ_CHECK(glance.Take() == whole[lines]);
    }
    ++lines;
  }
  FUZZ_CHECK(lines == whole.size());
}

void ReadKeys(std::string_view line) {
  for (const KeyMode mode : {KeyMode::kName, KeyMode::kSeries}) {
    KeyReader reader(Placement::kSlots, NameEnd::kFirst, mode);
    const std::string once(reader.KeyOf(line));
    FUZZ_CHECK(once == reader.KeyOf(line));
  }
  for (const NameEnd end : {NameEnd::kFirst, NameEnd::kLast}) {
    FUZZ_CHECK(KeyReader(Placement::kStatsrelay, end, KeyMode::kName).KeyOf(line).size() <=
               line.size());
  }
  if (!IsValidUtf8(line)) return;
  if (const auto title = EventTitle(line)) FUZZ_CHECK(!title->empty());
  if (const auto name = CheckName(line)) FUZZ_CHECK(!name->empty());
}

}  // namespace

FUZZ(line) {
  // Its own memory, so that AddressSanitizer sees who reads beyond it.
  const std::vector<char> copy(input.begin(), input.end());
  const std::string_view block(copy.data(), copy.size());
  Cut(block, Framing::kDatagram);
  Cut(block, Framing::kStream);
  LineCutter cutter(block, Framing::kDatagram);
  for (std::string_view line; cutter.Next(&line);) ReadKeys(line);
}

}  // namespace weir
