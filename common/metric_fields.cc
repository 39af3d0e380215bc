#include "common/metric_fields.h"

#include <strings.h>

#include <optional>

#include "common/url_query.h"
#include "common/utf8.h"

namespace weir {
namespace {

// As Go's decoder.
constexpr size_t kMostDepth = 10'000;

constexpr std::string_view kNames[kFieldNameCount] = {"value", "tags", "sampleRate", "n",
                                                      "dur",   "time", "shift"};

std::optional<FieldName> FindName(std::string_view text) {
  for (size_t i = 0; i < kFieldNameCount; ++i) {
    if (kNames[i].size() == text.size() &&
        strncasecmp(kNames[i].data(), text.data(), text.size()) == 0) {
      return static_cast<FieldName>(i);
    }
  }
  return std::nullopt;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendCodePoint(uint32_t point, std::string* text) {
  const auto add = [text](uint32_t byte) { *text += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | point >> 6);
    add(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
    add(0x80 | (point & 0x3F));
  }
}

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  bool ReadWhole(MetricFields* fields) {
    SkipSpace();
    if (!(Peek() == 'n' ? Word("null") : ReadObject(fields))) return false;
    SkipSpace();
    return at_ == end_;
  }

 private:
  // NUL at the end; a NUL in the text is no JSON anyway.
  char Peek() const { return at_ < end_ ? *at_ : '\0'; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }
  bool Word(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool ReadObject(MetricFields* fields);
  bool ReadField(MetricField* field);
  bool SkipValue();
  bool SkipScalar();
  bool SkipName();
  bool ReadNumber(std::string* text);
  bool ReadString(std::string* text);
  bool ReadEscape(std::string* text);
  bool ReadUnit(uint32_t* unit);

  const char* at_;
  const char* const end_;
  std::string scratch_;
};

bool JsonReader::ReadObject(MetricFields* fields) {
  if (!Take('{')) return false;
  SkipSpace();
  if (Take('}')) return true;
  for (;;) {
    SkipSpace();
    if (!ReadString(&scratch_)) return false;
    SkipSpace();
    if (!Take(':')) return false;
    SkipSpace();
    const std::optional<FieldName> name = FindName(scratch_);
    if (!(name ? ReadField(&(*fields)[*name]) : SkipValue())) return false;
    SkipSpace();
    if (Take('}')) return true;
    if (!Take(',')) return false;
  }
}

bool JsonReader::ReadField(MetricField* field) {
  const char first = Peek();
  if (first == 'n') return Word("null");
  if (first == '"') {
    field->kind = MetricField::Kind::kString;
    return ReadString(&field->text);
  }
  if (first == '-' || IsDigit(first)) {
    field->kind = MetricField::Kind::kNumber;
    return ReadNumber(&field->text);
  }
  field->kind = MetricField::Kind::kOther;
  return SkipValue();
}

// By a list of what is open rather than by recursion: a client says how deep it goes, and the stack
// of a web server's thread holds some hundred levels.
bool JsonReader::SkipValue() {
  std::string open;  // the ends of the objects and arrays around
  for (;;) {
    if (open.size() >= kMostDepth) return false;
    const char first = Peek();
    if (first == '{' || first == '[') {
      ++at_;
      open += first == '{' ? '}' : ']';
      SkipSpace();
      if (Peek() != open.back()) {
        if (first == '{' && !SkipName()) return false;
        continue;
      }
    } else if (!SkipScalar()) {
      return false;
    }
    for (SkipSpace(); !open.empty() && Take(open.back()); SkipSpace()) open.pop_back();
    if (open.empty()) return true;
    if (!Take(',')) return false;
    SkipSpace();
    if (open.back() == '}' && !SkipName()) return false;
  }
}

bool JsonReader::SkipScalar() {
  switch (Peek()) {
    case '"':
      return ReadString(&scratch_);
    case 't':
      return Word("true");
    case 'f':
      return Word("false");
    case 'n':
      return Word("null");
    default:
      return ReadNumber(&scratch_);
  }
}

// With the colon behind it.
bool JsonReader::SkipName() {
  if (!ReadString(&scratch_)) return false;
  SkipSpace();
  if (!Take(':')) return false;
  SkipSpace();
  return true;
}

bool JsonReader::ReadNumber(std::string* text) {
  const char* const begin = at_;
  Take('-');
  if (!IsDigit(Peek())) return false;
  if (!Take('0')) {
    while (IsDigit(Peek())) ++at_;
  }
  if (Take('.')) {
    if (!IsDigit(Peek())) return false;
    while (IsDigit(Peek())) ++at_;
  }
  if (Take('e') || Take('E')) {
    if (!Take('+')) Take('-');
    if (!IsDigit(Peek())) return false;
    while (IsDigit(Peek())) ++at_;
  }
  text->assign(begin, at_);
  return true;
}

bool JsonReader::ReadString(std::string* text) {
  text->clear();
  if (!Take('"')) return false;
  for (;;) {
    const char* const begin = at_;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= ' ') {
      ++at_;
    }
    text->append(begin, at_);
    if (Take('"')) return true;
    if (!Take('\\') || !ReadEscape(text)) return false;
  }
}

bool JsonReader::ReadEscape(std::string* text) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = Peek();
  ++at_;
  if (const size_t which = kEscapes.find(c); which != kEscapes.npos) {
    *text += kMeanings[which];
    return true;
  }
  uint32_t point = 0;
  if (c != 'u' || !ReadUnit(&point)) return false;
  if (point >= 0xD800 && point < 0xE000) {
    // Half a pair stands for what cannot be shown; what follows it stands for itself.
    const char* const behind = at_;
    uint32_t low = 0;
    const bool pair = point < 0xDC00 && Take('\\') && Take('u') && ReadUnit(&low) &&
                      low >= 0xDC00 && low < 0xE000;
    if (!pair) at_ = behind;
    point = pair ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
  }
  AppendCodePoint(point, text);
  return true;
}

bool JsonReader::ReadUnit(uint32_t* unit) {
  *unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = Peek();
    const char lower = static_cast<char>(c | 0x20);
    uint32_t digit = 0;
    if (IsDigit(c)) {
      digit = static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      digit = static_cast<uint32_t>(lower - 'a' + 10);
    } else {
      return false;
    }
    *unit = *unit << 4 | digit;
    ++at_;
  }
  return true;
}

bool IsUtf8(std::string_view text) { return IsAscii(text) || IsValidUtf8(text); }

}  // namespace

bool ReadJsonFields(std::string_view body, MetricFields* fields) {
  return IsUtf8(body) && JsonReader(body).ReadWhole(fields);
}

bool ReadFormFields(std::string_view body, MetricFields* fields) {
  return VisitUrlQuery(body, [fields](std::string key, std::string value) {
    if (!IsUtf8(value)) return false;
    if (const std::optional<FieldName> name = FindName(key)) {
      (*fields)[*name] = {MetricField::Kind::kString, std::move(value)};
    }
    return true;
  });
}

bool LooksLikeForm(std::string_view body) {
  const size_t equals = body.find('=');
  return equals != body.npos && FindName(body.substr(0, equals)).has_value();
}

}  // namespace weir
