// Secret files: one secret a line, for tokens, keys and what signs JSON Web Tokens.
//
// Blanks around a secret do not count, nor do empty lines and lines that begin with '#'.
// Errors name file, line and column and what is wrong, never the secret. Thread safety: a free
// function. Tested by tests/unit/common/secrets_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace weir {

struct SecretLine {
  std::string secret;
  std::string place;  // "file:line:column"
};

// The secrets of a text that is called `name` in errors; at least one.
Result<std::vector<SecretLine>> ReadSecrets(std::string_view text, const std::string& name);

}  // namespace weir
