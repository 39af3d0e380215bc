// KeySet: the keys that datagrams may be signed with; several, so that senders can change theirs
// one by one.
//
// Thread safety: immutable. Tested by tests/unit/common/signed_gate_test.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weir {

class KeySet {
 public:
  // Each costs an HMAC for a datagram that nobody signed.
  static constexpr size_t kMost = 16;

  // Of a file with one key a line (common/secrets.h), whose bytes are the key. Error: too many.
  static Result<std::shared_ptr<const KeySet>> Load(const std::string& path);
  // As Load, of a text that is called `name` in errors.
  static Result<std::shared_ptr<const KeySet>> Read(std::string_view text, const std::string& name);

  const std::vector<std::string>& keys() const { return keys_; }

 private:
  std::vector<std::string> keys_;
};

}  // namespace weir
