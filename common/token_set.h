// TokenSet: the tokens that lines may begin with.
//
// A lookup takes as long for a token that is nearly right as for one that is not: tokens are found
// by a hash under a secret of this process, and then compared as a whole.
//
// Thread safety: immutable. Tested by tests/unit/common/token_set_test.cc.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "common/hash.h"
#include "common/result.h"

namespace weir {

class TokenSet {
 public:
  // Of a file with one token a line (common/secrets.h). Error: a token with a dot in it, which
  // no line could begin with.
  static Result<std::shared_ptr<const TokenSet>> Load(const std::string& path);
  // As Load, of a text that is called `name` in errors.
  static Result<std::shared_ptr<const TokenSet>> Read(std::string_view text,
                                                      const std::string& name);

  bool Contains(std::string_view token) const;
  size_t size() const { return tokens_.size(); }

 private:
  struct KeyHash {
    size_t operator()(const Hash128& key) const { return key.low; }
  };

  SecretHash hash_;
  absl::flat_hash_map<Hash128, std::string, KeyHash> tokens_;
};

}  // namespace weir
