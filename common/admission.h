// Admission: whose datagrams, connections and lines a listener takes. Everybody's, unless something
// is given.
//
// Thread safety: values; what they point to is immutable, or replaced whole.
// Tested by tests/unit/common/datagram_listener_test.cc and stream_listener_test.cc.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace weir {

template <class T>
class Replaceable;
class KeySet;
class SourceList;
class TlsContext;
class TokenSet;

struct Admission {
  std::shared_ptr<const SourceList> sources;            // null: from every address
  std::shared_ptr<const Replaceable<TokenSet>> tokens;  // null: lines have none
  // Datagrams are signed with one of them, and stamped up to max_skew before or after now; null:
  // they are not signed.
  std::shared_ptr<const Replaceable<KeySet>> keys;
  std::chrono::seconds max_skew{0};
  // Connections speak TLS, by what is in force when they are accepted, and have shaken hands within
  // the time; null: plain text.
  std::shared_ptr<const Replaceable<TlsContext>> tls;
  std::chrono::milliseconds handshake_timeout{10'000};
};

// Why a listener did not let something in.
enum class Rejection : uint8_t {
  kSource,        // a datagram or a connection from an address that is not allowed
  kMissingToken,  // a line
  kUnknownToken,  // a line
  // Of datagrams that are to be signed:
  kTooShort,  // to be one
  kBadSignature,
  kTooOld,
  kTooNew,
  kReplayed,
  kMemoryFull,  // no room to remember that it was taken
  // Of connections that are to speak TLS:
  kHandshakeFailed,   // no TLS, or nothing in common
  kHandshakeTimeout,  // not done in time, or given up for newer ones
  kNoCertificate,     // of the client
  kBadCertificate,    // of the client: not by our CA, expired, or without an allowed name
};
constexpr size_t kRejectionCount = 13;

// As it stands in the label `reason`.
constexpr std::string_view Name(Rejection rejection) {
  constexpr std::string_view kNames[kRejectionCount] = {
      "source",         "missing_token",    "unknown_token",     "too_short",
      "bad_signature",  "too_old",          "too_new",           "replayed",
      "memory_full",    "handshake_failed", "handshake_timeout", "no_certificate",
      "bad_certificate"};
  return kNames[static_cast<size_t>(rejection)];
}

// Which of them there can be, by Rejection.
std::array<bool, kRejectionCount> RejectsOf(const Admission& admission);

}  // namespace weir
