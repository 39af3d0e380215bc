// The parser: from a line to its samples, or to the reason why there are none.
//
// All dialects of StatsD that statsd_exporter reads, with its reasons for refusing, its counts and
// its numbers; what differs is listed in docs/differences.md. A sample is cut, not interpreted: its
// tags stay raw bytes, because a series that is known is found by them (common/tags.h takes them
// apart when it is not).
//
// Shapes:
//   name:value|type[|field...]            type: c g ms h d s
//   name:value|type:value|type...         several samples, on lines without `|#`
//   name:value:value...|type[|field...]   packed values; for c and g only when all are numbers
// Fields:
//   @rate  #tags  c:container  T<time>    e:..., card:... and unknown ones are skipped, counted
//
// Threads: a LineReader and its counters belong to one thread. Lifetimes: a sample's views point
// into the line and are good as long as it is. Allocates nothing, except for a number with
// underscores.
//
// Tested by tests/unit/common/parser_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/delimiters.h"
#include "common/line_type.h"
#include "common/parse_counters.h"
#include "common/parser_options.h"
#include "common/sample.h"
#include "common/sample_fields.h"
#include "common/tags.h"

namespace weir {

class LineReader {
 public:
  LineReader(const ParserOptions& options, ParseCounters* counters)
      : options_(options), counters_(counters) {}

  // Turns to a line (without its LF or CRLF), which must outlive its samples. Counts the verdict.
  LineVerdict Open(std::string_view line);

  // The next good sample of a line; false when there is none. Bad ones were counted and skipped.
  bool Next(Sample* sample) { return more_ && Advance(sample); }

 private:
  using Type = LineType;

  // kSimple: name:value|type, at most one |#tags after it. kPacked: several values that share a
  // type and fields. kAny: the rest.
  enum class Shape : uint8_t { kSimple, kPacked, kAny };

  // Those marked inline are defined beside their only users, in parser.cc.
  inline LineVerdict Conclude(LineVerdict verdict);
  LineVerdict Refuse(ParseError error);
  LineVerdict OpenAny();
  inline LineVerdict OpenSimple(size_t value_end, size_t tags_begin);
  LineVerdict OpenPacked(size_t values_end);
  inline bool HasOnlyTags(size_t bar, size_t type_end);
  inline bool HasTagField(size_t bar);
  bool AreNumbers(size_t begin, size_t end);

  bool Advance(Sample* sample);
  bool AdvanceAny(Sample* sample);
  inline bool ReadOne(Sample* sample);
  inline bool ReadSample(Sample* sample);
  inline bool ReadElement(Sample* sample);
  inline void Leave(size_t end);
  inline Type ReadType(size_t begin, size_t end) const;
  inline bool ReadNumber(size_t begin, size_t end, double* value) const;
  size_t ReadFields(size_t begin);
  inline size_t FindFieldEnd(size_t begin);

  inline void Fill(Sample* sample, Type type, double value) const;
  bool Interpret(Sample* sample, Type type, size_t begin, size_t end);
  inline bool ApplyFields(Sample* sample, Type type, double* value);
  bool Drop(ParseError error);
  void CountLostTags(bool labelled);
  const TagTally& NameTally();
  std::string_view Slice(size_t begin, size_t end) const {
    return {line_.data() + begin, end - begin};
  }

  const ParserOptions options_;
  ParseCounters* const counters_;

  // The line.
  Delimiters delimiters_;
  std::string_view line_;
  size_t name_size_ = 0;
  std::optional<TagTally> name_tally_;  // taken at most once a line, and only when needed
  bool more_ = false;                   // there is a sample left, from next_ on
  bool any_good_ = false;
  size_t next_ = 0;

  // How its samples are cut.
  Shape shape_ = Shape::kAny;
  uint64_t colon_mask_ = Delimiters::kBar;  // kAny: whether a ':' ends a sample
  size_t values_end_ = 0;                   // kSimple, kPacked: the '|' after the values
  size_t tags_begin_ = 0;                   // kSimple: the '#'; the line's size without tags
  Type type_ = Type::kIllegal;              // kSimple, kPacked: of all its samples
  bool has_fields_ = false;                 // fields_ is of the present sample
  SampleFields fields_;
};

}  // namespace weir
