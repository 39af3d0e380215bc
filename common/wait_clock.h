// WaitClock: the clock by which one thread waits for another, until WaitClock::now() + patience.
//
// One that nobody sets: a system clock that is set back would hold up, by as much, whoever waits.
#pragma once

#include <chrono>

namespace weir {

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer of Debian 12's compiler does not know the wait that a steady clock uses.
using WaitClock = std::chrono::system_clock;
#else
using WaitClock = std::chrono::steady_clock;
#endif

}  // namespace weir
