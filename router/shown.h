// Shown: a text of the configuration as part of a line: what cannot stand there as it is, because
// it has blanks, quotes, backslashes or control characters, stands in double quotes and escaped, as
// our YAML has it.
//
// Thread safety: a pure function. Tested by tests/unit/router/report_text_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace weir {

std::string Shown(std::string_view text);

}  // namespace weir
