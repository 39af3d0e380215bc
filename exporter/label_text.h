// Label text: the labels of a series as every text page shows them, `a="b",c="d"`.
//
// Rendered and escaped once, at the first sight of a series, and copied into each page as it is.
// Backslash, LF and the double quote are escaped in values; all other bytes stand raw.
//
// Thread safety: as plain values.
// Tested by tests/unit/exporter/label_text_test.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mapping/label.h"

namespace weir {

// Appends the label text of `labels`, without braces. REQUIRES: sorted by name, names legal.
void AppendLabels(std::span<const Label> labels, std::string* out);

// Reads label text back, label by label:
//   for (LabelReader reader(text); reader.Next();) Use(reader.name(), reader.value());
class LabelReader {
 public:
  // `text` is what AppendLabels made, and outlives the reader.
  explicit LabelReader(std::string_view text) : rest_(text) {}

  // Goes to the next label; false when there is none.
  bool Next();

  // Of the current label, until the next Next(). The value is raw again.
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }

 private:
  size_t UnescapeValue();

  std::string_view rest_;
  std::string_view name_;
  std::string_view value_;
  std::string unescaped_;
};

}  // namespace weir
