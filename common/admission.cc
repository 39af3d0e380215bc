#include "common/admission.h"

namespace weir {

std::array<bool, kRejectionCount> RejectsOf(const Admission& admission) {
  std::array<bool, kRejectionCount> rejects{};
  rejects[static_cast<size_t>(Rejection::kSource)] = admission.sources != nullptr;
  return rejects;
}

}  // namespace weir
