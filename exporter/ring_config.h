// LoadRing: the router's configuration as an exporter reads it (--ring.config-file), to find
// out which series are its own.
//
// Any form that a router reads will do (common/topology/config.h). Of it count `placement`, `key`,
// `downstreams`, `health_check`, `on_down` and `panic_threshold`; what only routers do is ignored.
//
// Thread safety: reads files, otherwise a pure function.
// Tested by tests/unit/exporter/ring_config_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/topology/config.h"
#include "exporter/options.h"

namespace weir {

// The file of options.ring_config_file. Beside what a router refuses, it is an error when no
// downstream is labelled options.ring_self; when an exporter could not find out that one of them is
// dead, which routers learn from refusals too; when options.ring_grace is over before a death is
// noticed; and when keys are made of tags or rules that this exporter reads otherwise.
// Appends warnings, also when it fails. REQUIRES: options.has_ring().
Result<RouterConfig> LoadRing(const ExporterOptions& options, std::vector<std::string>* warnings);

// The index of the downstream with this label. REQUIRES: there is one.
size_t IndexOf(const RouterConfig& config, const std::string& label);

}  // namespace weir
