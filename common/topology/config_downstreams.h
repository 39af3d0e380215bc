// The `downstreams` of our YAML: where each is, how it is probed, its share.
//
// Tested by tests/unit/common/topology/config_yaml_test.cc.
#pragma once

#include "common/topology/config_draft.h"
#include "common/yaml_scalar.h"

namespace weir {

// Adds the entries of the list to the draft. `health_check` must be read already: it says how those
// are probed that do not say it themselves.
void ReadDownstreams(const Field& field, ConfigDraft* draft);

// Adds the one at `address` without a probe.
void AddPlainDownstream(std::string_view address, Position position, ConfigDraft* draft);

}  // namespace weir
