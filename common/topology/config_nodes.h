// `nodes: [{host, port, adminport}]`, as go-statsd-proxy and etsy's proxy.js write downstreams.
//
// Tested by tests/unit/common/topology/config_etsy_test.cc and config_go_test.cc.
#pragma once

#include "common/topology/config_draft.h"
#include "common/yaml_scalar.h"

namespace weir {

// Adds them, each probed as a StatsD server on its adminport.
// `is_any_case`: keys match in any case of letters, as in Go's JSON.
void ReadNodes(const Field& field, bool is_any_case, ConfigDraft* draft);

// `node` with its keys in lower case, nested maps excluded.
YamlNode InLowerCase(const YamlNode& node);

}  // namespace weir
