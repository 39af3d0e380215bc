#include "exporter/refused_names.h"

#include <algorithm>

namespace weir {

void RefusedNames::Add(std::string_view family, Refusal refusal, int64_t now_nanos) {
  family = family.substr(0, kMostBytes);
  size_t at = 0;
  while (at < size_ && names_[at].family != family) ++at;
  if (at == size_ && size_ < kMost) ++size_;
  at = std::min(at, kMost - 1);
  std::rotate(names_.begin(), names_.begin() + at, names_.begin() + at + 1);
  names_[0].family = family;
  names_[0].refusal = refusal;
  names_[0].when_nanos = now_nanos;
}

}  // namespace weir
