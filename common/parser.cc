#include "common/parser.h"

#include "common/line.h"
#include "common/number.h"
#include "common/utf8.h"

namespace weir {
namespace {

// Whether what stands there in a line may be given to ParseShortInteger.
bool IsShortInteger(size_t begin, size_t end) { return end - begin - 1 < 8 && end >= 8; }

bool IsSign(char c) { return c == '+' || c == '-'; }

}  // namespace

LineVerdict LineReader::Conclude(LineVerdict verdict) {
  ++counters_->lines[static_cast<size_t>(verdict)];
  return verdict;
}

LineVerdict LineReader::Refuse(ParseError error) {
  more_ = false;
  ++counters_->errors[static_cast<size_t>(error)];
  if (error != ParseError::kMalformedLine) counters_->tag_errors += NameTally().errors;
  return Conclude(LineVerdict::kMalformed);
}

LineVerdict LineReader::Open(std::string_view line) {
  line_ = line;
  more_ = false;
  any_good_ = false;
  name_tally_.reset();
  if (line.empty()) return Conclude(LineVerdict::kEmpty);
  if (!delimiters_.Open(line) && !IsValidUtf8(line)) return Refuse(ParseError::kMalformedLine);
  if (line[0] == '_') [[unlikely]] {
    if (EventTitle(line)) return Conclude(LineVerdict::kEvent);
    if (CheckName(line)) return Conclude(LineVerdict::kCheck);
  }
  size_t colon;
  size_t bar;
  if (!delimiters_.IsSimple(&colon, &bar) || colon == 0) return OpenAny();
  type_ = ReadType(bar + 1, line.size());
  if (type_ == Type::kIllegal) return OpenAny();
  name_size_ = colon;
  next_ = colon + 1;
  return OpenSimple(bar, line.size());
}

LineVerdict LineReader::OpenSimple(size_t value_end, size_t tags_begin) {
  shape_ = Shape::kSimple;
  values_end_ = value_end;
  tags_begin_ = tags_begin;
  more_ = true;
  return Conclude(LineVerdict::kSampled);
}

// The long way, for lines that are more than name:value|type.
LineVerdict LineReader::OpenAny() {
  const size_t colon = delimiters_.FindFirstColon();
  if (colon == 0 || colon == line_.size()) return Refuse(ParseError::kMalformedLine);
  name_size_ = colon;
  next_ = colon + 1;
  delimiters_.LeaveBehind(next_);
  const size_t value_end = delimiters_.Find(next_, Delimiters::kBarOrColon);
  const size_t bar = delimiters_.Find(value_end, Delimiters::kBar);
  if (bar == line_.size()) return Refuse(ParseError::kNotEnoughPartsAfterColon);
  if (value_end == bar) {
    const size_t type_end = delimiters_.Find(bar + 1, Delimiters::kBar);
    if (HasOnlyTags(bar, type_end)) return OpenSimple(bar, type_end + 1);
  }
  const bool tagged = HasTagField(bar);
  if (tagged && MayHaveTags(Slice(0, name_size_)) && NameTally().tags > 0) {
    return Refuse(ParseError::kMixedTaggingStyles);
  }
  more_ = true;
  if (value_end != bar) return OpenPacked(bar);
  shape_ = Shape::kAny;
  colon_mask_ = tagged ? Delimiters::kBar : Delimiters::kBarOrColon;
  return Conclude(LineVerdict::kSampled);
}

// Whether the line is name:value|type|#tags, the name without any; then type_ is known.
bool LineReader::HasOnlyTags(size_t bar, size_t type_end) {
  const size_t tags_begin = type_end + 1;
  if (tags_begin >= line_.size() || line_[tags_begin] != '#' || !options_.dogstatsd) return false;
  type_ = ReadType(bar + 1, type_end);
  return type_ != Type::kIllegal &&
         delimiters_.Find(tags_begin, Delimiters::kBar) == line_.size() &&
         !MayHaveTags(Slice(0, name_size_));
}

// Whether a `|#` stands at `bar` or after it.
bool LineReader::HasTagField(size_t bar) {
  while (bar + 1 < line_.size()) {
    if (line_[bar + 1] == '#') return true;
    bar = delimiters_.Find(bar + 1, Delimiters::kBar);
  }
  return false;
}

LineVerdict LineReader::OpenPacked(size_t values_end) {
  shape_ = Shape::kAny;
  colon_mask_ = Delimiters::kBar;
  const size_t type_end = delimiters_.Find(values_end + 1, Delimiters::kBar);
  type_ = ReadType(values_end + 1, type_end);
  switch (type_) {
    case Type::kSet:
      return Conclude(LineVerdict::kSampled);  // one member, whatever it holds
    case Type::kCounter:
    case Type::kGauge:
      if (!AreNumbers(next_, values_end)) {
        return Refuse(ParseError::kInvalidExtendedAggregateType);
      }
      break;
    case Type::kPlainObserver:
    case Type::kMillis:
      break;
    case Type::kIllegal:
      return Refuse(ParseError::kInvalidExtendedAggregateType);
  }
  shape_ = Shape::kPacked;
  values_end_ = values_end;
  has_fields_ = type_end < line_.size();
  if (has_fields_) ReadFields(type_end + 1);
  return Conclude(LineVerdict::kSampled);
}

bool LineReader::AreNumbers(size_t begin, size_t end) {
  for (;;) {
    const size_t stop = delimiters_.Find(begin, Delimiters::kBarOrColon);
    double value;
    if (!ReadNumber(begin, stop, &value)) return false;
    if (stop == end) return true;
    begin = stop + 1;
  }
}

bool LineReader::Advance(Sample* sample) {
  uint32_t integer;
  if (shape_ == Shape::kSimple && type_ != Type::kSet && IsShortInteger(next_, values_end_) &&
      ParseShortInteger(line_.data() + values_end_, values_end_ - next_, &integer)) [[likely]] {
    ++counters_->samples;
    more_ = false;
    sample->relative = false;
    sample->first_of_line = true;
    sample->weight = 1;
    sample->label_field_count = 0;
    if (tags_begin_ < line_.size()) {
      sample->label_fields[0] = Slice(tags_begin_, line_.size());
      sample->label_field_count = 1;
    }
    Fill(sample, type_, integer);
    return true;
  }
  return AdvanceAny(sample);
}

bool LineReader::AdvanceAny(Sample* sample) {
  do {
    ++counters_->samples;
    if (ReadOne(sample)) {
      sample->first_of_line = !any_good_;
      any_good_ = true;
      return true;
    }
  } while (more_);
  if (!any_good_) counters_->tag_errors += NameTally().errors;
  return false;
}

bool LineReader::ReadOne(Sample* sample) {
  switch (shape_) {
    case Shape::kSimple:
      more_ = false;
      has_fields_ = tags_begin_ < line_.size();
      if (has_fields_) {
        fields_.Clear();
        fields_.AddLabel(Slice(tags_begin_, line_.size()));
      }
      return Interpret(sample, type_, next_, values_end_);
    case Shape::kPacked:
      return ReadElement(sample);
    case Shape::kAny:
      break;
  }
  return ReadSample(sample);
}

void LineReader::Fill(Sample* sample, Type type, double value) const {
  const LineTypeTraits& traits = kLineTypeTraits[static_cast<size_t>(type)];
  sample->type = traits.type;
  sample->value = value / traits.unit;
  sample->name = Slice(0, name_size_);
}

bool LineReader::ReadSample(Sample* sample) {
  const size_t begin = next_;
  const size_t value_end = delimiters_.Find(begin, colon_mask_);
  if (value_end == line_.size() || line_[value_end] == ':') {
    Leave(value_end);
    return Drop(ParseError::kMalformedComponent);
  }
  const size_t type_end = delimiters_.Find(value_end + 1, colon_mask_);
  const Type type = ReadType(value_end + 1, type_end);
  has_fields_ = type_end < line_.size() && line_[type_end] == '|';
  Leave(has_fields_ ? ReadFields(type_end + 1) : type_end);
  return Interpret(sample, type, begin, value_end);
}

bool LineReader::ReadElement(Sample* sample) {
  const size_t begin = next_;
  const size_t end = delimiters_.Find(begin, Delimiters::kBarOrColon);
  more_ = end < values_end_;
  next_ = end + 1;
  return Interpret(sample, type_, begin, end);
}

// Puts the reader behind a sample that ends at `end`.
void LineReader::Leave(size_t end) {
  more_ = end < line_.size();
  next_ = end + 1;
}

LineReader::Type LineReader::ReadType(size_t begin, size_t end) const {
  const Type type = ReadLineType(line_.data() + begin, line_.data() + end);
  return type == Type::kSet && !options_.sets ? Type::kIllegal : type;
}

bool LineReader::ReadNumber(size_t begin, size_t end, double* value) const {
  uint32_t integer;
  if (IsShortInteger(begin, end) && ParseShortInteger(line_.data() + end, end - begin, &integer)) {
    *value = integer;
    return true;
  }
  return ParseNumber(Slice(begin, end), value);
}

// Reads the fields from `begin` on, returns where they end.
size_t LineReader::ReadFields(size_t begin) {
  fields_.Clear();
  for (;;) {
    const size_t end = FindFieldEnd(begin);
    fields_.Add(options_, Slice(begin, end));
    if (end == line_.size() || line_[end] == ':') return end;
    begin = end + 1;
  }
}

// On lines of several samples a ':' belongs to the field it stands in, since ids of containers hold
// some, but ends one that is empty or starts with '@' or 'T'.
size_t LineReader::FindFieldEnd(size_t begin) {
  const char first = begin < line_.size() ? line_[begin] : '|';
  const bool may_hold_colon = first != ':' && first != '@' && first != 'T';
  return delimiters_.Find(begin, may_hold_colon ? Delimiters::kBar : colon_mask_);
}

bool LineReader::Interpret(Sample* sample, Type type, size_t begin, size_t end) {
  double value = 0;
  if (type == Type::kSet) {
    if (begin == end) return Drop(ParseError::kMalformedValue);
    sample->member = Slice(begin, end);
  } else if (!ReadNumber(begin, end, &value)) {
    return Drop(ParseError::kMalformedValue);
  }
  sample->weight = 1;
  sample->label_field_count = 0;
  if (has_fields_ && !ApplyFields(sample, type, &value)) return false;
  if (type == Type::kIllegal) {
    CountLostTags(true);
    return Drop(ParseError::kIllegalEvent);
  }
  sample->relative = type == Type::kGauge && options_.relative_gauges && IsSign(line_[begin]);
  Fill(sample, type, value);
  return true;
}

bool LineReader::ApplyFields(Sample* sample, Type type, double* value) {
  counters_->errors[static_cast<size_t>(ParseError::kInvalidSampleFactor)] += fields_.bad_rates();
  if (const auto error = fields_.error()) {
    CountLostTags(false);
    return Drop(*error);
  }
  counters_->ignored_fields += fields_.ignored();
  if (type == Type::kCounter) *value /= fields_.divisor();
  if (type == Type::kPlainObserver || type == Type::kMillis) {
    sample->weight = fields_.Weight();
    if (sample->weight == 0) {
      CountLostTags(true);
      ++counters_->void_samples;
      return false;
    }
  }
  fields_.CopyLabels(sample);
  return true;
}

bool LineReader::Drop(ParseError error) {
  ++counters_->errors[static_cast<size_t>(error)];
  ++counters_->bad_samples;
  return false;
}

// Counts the tags of a sample that is about to be dropped, and whether it had any at all if it got
// as far as that.
void LineReader::CountLostTags(bool labelled) {
  const TagTally fields = has_fields_ ? fields_.Tally() : TagTally();
  counters_->tag_errors += fields.errors;
  if (labelled && NameTally().tags + fields.tags > 0) ++counters_->tags;
}

const TagTally& LineReader::NameTally() {
  if (!name_tally_) name_tally_ = TallyNameTags(options_, Slice(0, name_size_));
  return *name_tally_;
}

}  // namespace weir
