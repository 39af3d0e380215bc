#include "common/token_set.h"

#include <utility>
#include <vector>

#include "common/config_text.h"
#include "common/same_bytes.h"
#include "common/secrets.h"

namespace weir {
namespace {

using Loaded = Result<std::shared_ptr<const TokenSet>>;

}  // namespace

Loaded TokenSet::Load(const std::string& path) {
  const auto text = ReadConfigFile(path);
  return text ? Read(*text, path) : text.error();
}

Loaded TokenSet::Read(std::string_view text, const std::string& name) {
  const auto secrets = ReadSecrets(text, name);
  if (!secrets) return secrets.error();
  auto set = std::make_shared<TokenSet>();
  for (const SecretLine& line : *secrets) {
    if (line.secret.find('.') != std::string::npos) {
      return Error{line.place +
                   ": a token with a dot, which no line can begin with; write it without, a token "
                   "ends at a line's first dot"};
    }
    set->tokens_.emplace(set->hash_.Of(line.secret), line.secret);
  }
  return std::shared_ptr<const TokenSet>(std::move(set));
}

bool TokenSet::Contains(std::string_view token) const {
  const auto found = tokens_.find(hash_.Of(token));
  return found != tokens_.end() && SameBytes(found->second, token);
}

}  // namespace weir
