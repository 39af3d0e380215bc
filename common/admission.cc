#include "common/admission.h"

namespace weir {

std::array<bool, kRejectionCount> RejectsOf(const Admission& admission) {
  std::array<bool, kRejectionCount> rejects{};
  rejects[static_cast<size_t>(Rejection::kSource)] = admission.sources != nullptr;
  for (const Rejection reason : {Rejection::kMissingToken, Rejection::kUnknownToken}) {
    rejects[static_cast<size_t>(reason)] = admission.tokens != nullptr;
  }
  return rejects;
}

}  // namespace weir
