// Murmur3: MurmurHash3_x86_32 (Austin Appleby, public domain), which uber's and lyft's statsrelay
// place names by. Text that strangers choose can make it collide: for placement only.
//
// Thread safety: pure. Tested by tests/unit/common/ring_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

uint32_t Murmur3(std::string_view text, uint32_t seed);

}  // namespace weir
