// Intake: the sockets by which lines come in, as both programs open them at the start.
//
// Errors begin with the name by which the operator knows the address (a flag or a key). Each kind
// that was opened is logged. Thread safety: for the main thread, before others run.
// Tested by tests/integration/test_transports.py and test_router_transports.py.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "common/adopted_sockets.h"
#include "common/guard.h"
#include "common/result.h"
#include "common/socket.h"

namespace weir {

struct IntakeAddresses {
  std::vector<std::string> udp;  // host:port each; empty texts are no listeners
  std::string tcp;               // host:port
  std::string unixgram;          // paths; "@name" is an abstract socket
  std::string unix_stream;
  std::string signed_udp = {};  // host:port; needs a guard
};

struct IntakeOptions {
  IntakeAddresses addresses;
  IntakeAddresses names;  // what errors call them; of `udp` the first
  mode_t unix_mode = 0755;
  int read_buffer = 0;                // of datagram sockets, in bytes
  int threads = 1;                    // that will read; UDP and TCP ports get a socket for each
  AdoptedSockets* adopted = nullptr;  // taken first, as many as were passed; null: none
  const Guard* guard = nullptr;       // whom they will take; null: everybody
};

// By listener the sockets: one for each thread, or a single one; of adopted ones any number.
Result<std::vector<std::vector<BoundSocket>>> OpenIntake(const IntakeOptions& options);

}  // namespace weir
