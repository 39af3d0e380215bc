// Simple lines: name:value|type and name:value|type|#tags, which nearly all lines are, cut out of a
// block of received bytes in one pass.
//
// A simple line is a guess that costs a quarter of reading a line in full: only its value and its
// type are looked at. That its name is not empty and holds no ':', that its bytes are UTF-8, that
// its name carries no tags when tags follow, and that tags are wanted is not known. Who has seen a
// sample of this name, type and tags before, given out by a LineReader, knows that it is so; who
// has not gives the line to one.
//
// Thread safety: a LineGlance belongs to one thread. Lifetimes: lines are views of the block, which
// must outlive them. Nothing is copied, and nothing outside the block is read.
// Tested by tests/unit/common/simple_line_test.cc.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/line.h"
#include "common/line_type.h"
#include "common/number.h"
#include "common/sample.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

struct SimpleLine {
  const char* text;
  uint32_t size;  // without its LF
  uint32_t name_size;
  uint32_t tags_size;  // with their '#', at the line's end; 0: there are none
  LineType type;
  bool relative;
  double number;  // as it stands there, not in base units yet

  std::string_view line() const { return {text, size}; }
  std::string_view name() const { return {text, name_size}; }
  std::string_view tags() const { return {text + size - tags_size, tags_size}; }
  SampleType sample_type() const { return kLineTypeTraits[static_cast<size_t>(type)].type; }
  Measurement measurement() const {
    const double value = type == LineType::kMillis ? number / 1000 : number;
    return {value, 1, sample_type(), relative};
  }

  // The sample that a LineReader gives out, if it takes the line for what it seems to be.
  void CopyTo(Sample* sample) const {
    static_cast<Measurement&>(*sample) = measurement();
    sample->name = name();
    sample->label_field_count = tags_size > 0;
    sample->label_fields[0] = tags();
    sample->first_of_line = true;
  }
};

// The '|', the LF and the end of a block of bytes, one after the other.
class LineEnds {
 public:
  // Those at or after `at`.
  LineEnds(const char* begin, const char* at, const char* end)
      : begin_(begin), window_(at), end_(end), bits_(InWindow(begin, at, end)) {}

  // The next one. REQUIRES: the block's end was not given out.
  const char* Next() {
    while (bits_ == 0) [[unlikely]] {
        window_ += kWindow;
        bits_ = InWindow(begin_, window_, end_);
      }
    const char* const found = window_ + std::countr_zero(bits_);
    bits_ &= bits_ - 1;
    return found;
  }

 private:
  static constexpr size_t kWindow = 64;
  static constexpr size_t kChunk = 16;

  // By bit: which of the 64 bytes from `at` is one.
  static uint64_t InWindow(const char* begin, const char* at, const char* end) {
    if (end - at >= static_cast<ptrdiff_t>(kWindow)) [[likely]]
      return InWhole(at);
    return InLast(begin, at, end);
  }

  // The same for less than 64 bytes. They are looked at together with those before them.
  static uint64_t InLast(const char* begin, const char* at, const char* end);

  static uint64_t InWhole(const char* at) {
    return InChunk(at) | InChunk(at + 16) << 16 | InChunk(at + 32) << 32 | InChunk(at + 48) << 48;
  }

#if defined(__SSE2__)
  static uint64_t InChunk(const char* at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('|')),
                                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    return static_cast<uint32_t>(_mm_movemask_epi8(ends));
  }
#else
  static uint64_t InChunk(const char* at) {
    uint64_t ends = 0;
    for (size_t i = 0; i < kChunk; ++i) ends |= uint64_t{at[i] == '|' || at[i] == '\n'} << i;
    return ends;
  }
#endif

  const char* const begin_;
  const char* window_;
  const char* const end_;
  uint64_t bits_;
};

// Walks over the lines of a block, as LineCutter does.
class LineGlance {
 public:
  // `relative_gauges`: as in ParserOptions.
  LineGlance(std::string_view block, Framing framing, bool relative_gauges)
      : begin_(block.data()),
        at_(block.data()),
        end_(block.data() + block.size()),
        more_(framing == Framing::kDatagram || !block.empty()),
        stream_(framing == Framing::kStream),
        relative_gauges_(relative_gauges) {}

  bool more() const { return more_; }

  // Takes the next line if it is a simple one. REQUIRES: more().
  [[gnu::always_inline]] bool TakeSimple(SimpleLine* line) {
    LineEnds ends(begin_, at_, end_);
    const char* const value_end = ends.Next();
    if (value_end == end_ || *value_end != '|' || *at_ == '_') return false;
    const char* const type_end = ends.Next();
    const char* line_end = type_end;
    uint32_t tags_size = 0;
    if (type_end != end_ && *type_end == '|') {
      line_end = ends.Next();
      tags_size = static_cast<uint32_t>(line_end - type_end - 1);
      const bool is_last = line_end == end_ || *line_end == '\n';
      if (tags_size == 0 || type_end[1] != '#' || !is_last || line_end[-1] == '\r') return false;
    }
    const Value value = ReadValue(value_end);
    if (value.text == nullptr) return false;
    const LineType type = ReadLineType(value_end + 1, type_end);
    if (type == LineType::kIllegal || type == LineType::kSet) return false;
    line->text = at_;
    line->size = static_cast<uint32_t>(line_end - at_);
    line->name_size = static_cast<uint32_t>(value.text - 1 - at_);
    line->tags_size = tags_size;
    line->type = type;
    line->relative = value.has_sign && type == LineType::kGauge && relative_gauges_;
    line->number = value.number;
    Leave(line_end);
    return true;
  }

  // Takes the next line, whatever it is. REQUIRES: more().
  std::string_view Take() {
    const auto left = static_cast<size_t>(end_ - at_);
    const void* const lf = left == 0 ? nullptr : std::memchr(at_, '\n', left);
    const char* const line_end = lf == nullptr ? end_ : static_cast<const char*>(lf);
    const std::string_view line = WithoutCr({at_, static_cast<size_t>(line_end - at_)});
    Leave(line_end);
    return line;
  }

 private:
  struct Value {
    const char* text;  // null: there is none
    double number;
    bool has_sign;
  };

  // The number that ends at `end`, with a ':' before it.
  Value ReadValue(const char* end) const {
    if (end - begin_ >= 8) [[likely]] {
      const LastDigits digits(end);
      const size_t count = digits.Count();
      const char* const text = end - count;
      if (text[-1] == ':' && count > 0) [[likely]] {
        return {text, static_cast<double>(digits.Number(count)), false};
      }
    }
    return ReadUnusual(at_, end);
  }
  static Value ReadUnusual(const char* line, const char* end);

  void Leave(const char* line_end) {
    more_ = line_end != end_;
    at_ = line_end + (more_ ? 1 : 0);
    if (stream_ && at_ == end_) more_ = false;
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  bool more_;
  const bool stream_;
  const bool relative_gauges_;
};

}  // namespace weir
