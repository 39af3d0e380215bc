// In which of the four forms a configuration file is written, told by its content.
//
//   begins with `{`, perhaps behind `module.exports =`, parentheses or comments:
//     with a key `nodes`: go-statsd-proxy's when it also has `managementport` (in any case of
//       letters), etsy's proxy.js otherwise (which reads plain JSON, too)
//     without it: our YAML in one pair of braces when it has one of our keys, otherwise etsy's
//   otherwise: hulu's when lines of `key=value` are more than lines of `key: value`
//   otherwise: our YAML, an empty file included
//
// Thread safety: pure functions. Tested by tests/unit/common/topology/config_form_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

enum class ConfigForm : uint8_t { kYaml, kHulu, kGo, kEtsy };

// `text` has no byte order mark. A broken text has a form, too: that of what it seems to be.
ConfigForm FormOf(std::string_view text);

}  // namespace weir
