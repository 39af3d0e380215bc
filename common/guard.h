// Guard: who may send lines, by what the operator says; the same flags in both programs.
//
// Thread safety: for the main thread. What it gives to listeners outlives it.
// Tested by tests/unit/common/guard_test.cc and tests/integration/test_guard.py.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/admission.h"
#include "common/flags.h"
#include "common/result.h"
#include "common/socket.h"

namespace weir {

struct GuardOptions {
  std::vector<std::string> allow;  // LISTENER=NETWORK[,NETWORK...] each; empty: everybody
};

// Adds the flags, bound to `options`, whose values so far are the defaults.
void AddGuardFlags(FlagSet* flags, GuardOptions* options);

class Guard {
 public:
  // Error: begins with the flag.
  static Result<std::unique_ptr<Guard>> Create(const GuardOptions& options);

  // Whom the listeners of a transport take.
  Admission For(Transport transport) const;

 private:
  Guard() = default;

  Result<Done> Allow(const std::string& rule);

  std::map<Transport, std::shared_ptr<SourceList>> sources_;
};

}  // namespace weir
