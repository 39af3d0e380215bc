// Allocations: how often this thread has allocated, for tests of what costs no memory.
//
// Only in the program of the exporter's and the common tests, where
// tests/unit/exporter/allocations_test.cc replaces the operators.
#pragma once

#include <cstdint>

namespace weir {

uint64_t Allocations();

}  // namespace weir
