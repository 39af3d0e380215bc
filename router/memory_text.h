// MemoryText: the twelve lines of go-statsd-proxy's `memstats`, with what Linux and its C library
// tell about this process.
//
// "bytes obtained from system" stands there twice, as in the peer: first what is resident of the
// whole process, then what the heap had. "in idle spans" is what the heap keeps without using it.
// What the C library does not count is 0: calls, objects, sums over time, memory given back; and
// pointer lookups, which Go does not count either.
//
// Thread safety: any thread; takes each arena's lock for some microseconds.
// Tested by tests/unit/router/memory_text_test.cc.
#pragma once

#include <string>

namespace weir {

std::string MemoryText();

}  // namespace weir
