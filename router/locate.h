// Locate: where names would go, for --locate and for scripts that plan.
//
// Thread safety: pure. Tested by tests/unit/router/locate_test.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/topology/config.h"
#include "mapping/mapper.h"

namespace weir {

// A line "NAME ADDRESS LABEL" for each name, while all downstreams are alive. A name is a metric's
// name, or a whole line (it has a '|'), whose tags then count as far as the key has them.
// `mapper`: of `key: mapped`, otherwise null.
std::string Locate(const RouterConfig& config, std::shared_ptr<const Mapper> mapper,
                   const std::vector<std::string>& names);

}  // namespace weir
