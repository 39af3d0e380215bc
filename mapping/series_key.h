// SeriesKey: how a series that rules made is called where keys are hashed (`key: mapped`): 16
// hexadecimal digits, XXH3-64 of the family, then for each label, sorted by name, LF name LF value.
//
// Routers place lines by it (router/mapped_key.h), and exporters find out by it whose a series is
// (exporter/sample_key.h).
// Thread safety: a pure function. Tested by tests/unit/router/mapped_key_test.cc.
#pragma once

#include <array>

#include "mapping/mapper.h"

namespace weir {

using SeriesKey = std::array<char, 16>;

// REQUIRES: the resolution is of a series: neither dropped nor without a name.
SeriesKey SeriesKeyOf(const Resolution& resolution);

}  // namespace weir
