#include "common/key_set.h"

#include <utility>

#include "common/config_text.h"
#include "common/secrets.h"

namespace weir {

using Loaded = Result<std::shared_ptr<const KeySet>>;

Loaded KeySet::Load(const std::string& path) {
  const auto text = ReadConfigFile(path);
  return text ? Read(*text, path) : text.error();
}

Loaded KeySet::Read(std::string_view text, const std::string& name) {
  const auto secrets = ReadSecrets(text, name);
  if (!secrets) return secrets.error();
  if (secrets->size() > kMost) {
    return Error{(*secrets)[kMost].place + ": more than " + std::to_string(kMost) +
                 " keys, which would all be tried; take out those that nobody signs with"};
  }
  auto set = std::make_shared<KeySet>();
  for (const SecretLine& line : *secrets) set->keys_.push_back(line.secret);
  return std::shared_ptr<const KeySet>(std::move(set));
}

}  // namespace weir
