// Names as Prometheus allows them: [a-zA-Z_][a-zA-Z0-9_]*, for families and for labels.
//
// A StatsD name becomes a family name, and a tag key a label name, by one escaping. It works on
// code points: letters, digits and `_` stay; a run of `-` becomes one `_`; every other code point
// becomes one `_` each; a leading digit gets a `_` before it. Different inputs may meet in one name
// (`a.b`, `a-b`, `a_b`), and an empty input stays empty.
//
// Thread safety: pure functions.
// Tested by tests/unit/mapping/names_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Appends the escaped form of `text` to `*out`. A text that is legal already costs one scan and one
// copy. Bytes that are not UTF-8 become one `_` each.
void EscapeName(std::string_view text, std::string* out);

// Whether `text` can stand on the page as it is. The colon, legal in Prometheus for recording rules
// only, is not.
bool IsLegalName(std::string_view text);

// As IsLegalName, and not beginning with `__`, which Prometheus keeps for itself.
bool IsLegalLabelName(std::string_view text);

}  // namespace weir
