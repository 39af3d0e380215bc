// Admission: whose datagrams and connections a listener takes. Everybody's, unless something is
// given.
//
// Thread safety: values; what they point to is immutable.
// Tested by tests/unit/common/datagram_listener_test.cc and stream_listener_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weir {

class SourceList;

struct Admission {
  std::shared_ptr<const SourceList> sources;  // null: from every address
};

// Why a listener did not let something in.
enum class Rejection : uint8_t {
  kSource,  // a datagram or a connection from an address that is not allowed
};
constexpr size_t kRejectionCount = 1;

// As it stands in the label `reason`.
constexpr std::string_view Name(Rejection rejection) {
  constexpr std::string_view kNames[kRejectionCount] = {"source"};
  return kNames[static_cast<size_t>(rejection)];
}

// Which of them there can be, by Rejection.
std::array<bool, kRejectionCount> RejectsOf(const Admission& admission);

}  // namespace weir
