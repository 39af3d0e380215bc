#include "common/admission.h"

namespace weir {

std::array<bool, kRejectionCount> RejectsOf(const Admission& admission) {
  std::array<bool, kRejectionCount> rejects{};
  rejects[static_cast<size_t>(Rejection::kSource)] = admission.sources != nullptr;
  for (const Rejection reason : {Rejection::kMissingToken, Rejection::kUnknownToken}) {
    rejects[static_cast<size_t>(reason)] = admission.tokens != nullptr;
  }
  for (const Rejection reason :
       {Rejection::kTooShort, Rejection::kBadSignature, Rejection::kTooOld, Rejection::kTooNew,
        Rejection::kReplayed, Rejection::kMemoryFull}) {
    rejects[static_cast<size_t>(reason)] = admission.keys != nullptr;
  }
  for (const Rejection reason : {Rejection::kHandshakeFailed, Rejection::kHandshakeTimeout,
                                 Rejection::kNoCertificate, Rejection::kBadCertificate}) {
    rejects[static_cast<size_t>(reason)] = admission.tls != nullptr;
  }
  return rejects;
}

}  // namespace weir
