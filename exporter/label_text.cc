#include "exporter/label_text.h"

#include <algorithm>

#include "common/check.h"

namespace weir {
namespace {

void AppendEscaped(std::string_view value, std::string* out) {
  for (const char c : value) {
    switch (c) {
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '"':
        out->append("\\\"");
        break;
      default:
        out->push_back(c);
    }
  }
}

}  // namespace

void AppendLabels(std::span<const Label> labels, std::string* out) {
  bool first = true;
  for (const Label& label : labels) {
    if (!first) out->push_back(',');
    first = false;
    out->append(label.name);
    out->append("=\"");
    AppendEscaped(label.value, out);
    out->push_back('"');
  }
}

bool LabelReader::Next() {
  if (rest_.empty()) return false;
  const size_t equals = rest_.find('=');
  WEIR_CHECK(equals != std::string_view::npos);
  name_ = rest_.substr(0, equals);
  rest_.remove_prefix(equals + 2);  // ="

  size_t closing = rest_.find('"');
  WEIR_CHECK(closing != std::string_view::npos);
  value_ = rest_.substr(0, closing);
  if (value_.find('\\') != std::string_view::npos) closing = UnescapeValue();
  rest_.remove_prefix(std::min(closing + 2, rest_.size()));  // ",
  return true;
}

// Returns where the value's closing quote is.
size_t LabelReader::UnescapeValue() {
  unescaped_.clear();
  size_t at = 0;
  for (; rest_[at] != '"'; ++at) {
    char c = rest_[at];
    if (c == '\\') {
      c = rest_[++at];
      if (c == 'n') c = '\n';
    }
    unescaped_.push_back(c);
  }
  value_ = unescaped_;
  return at;
}

}  // namespace weir
