// What every program of ours does to its own process at the start.
//
// Thread safety: for the main thread, before others run.
#pragma once

namespace weir {

// Raises the soft limit on file descriptors to the hard one, as Go programs do: the usual soft
// limit of 1,024 is for programs that use select().
void RaiseDescriptorLimit();

}  // namespace weir
