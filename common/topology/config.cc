#include "common/topology/config.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/config_text.h"
#include "common/diagnostics.h"
#include "common/topology/config_draft.h"
#include "common/topology/config_form.h"

namespace weir {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool ReadForm(std::string_view text, ConfigDraft* draft, Diagnostics* diagnostics) {
  if (!IsConfigText(text, diagnostics)) return false;
  switch (FormOf(text)) {
    case ConfigForm::kHulu:
      return ReadHuluConfig(text, draft, diagnostics);
    case ConfigForm::kGo:
      return ReadGoConfig(text, draft, diagnostics);
    case ConfigForm::kEtsy:
      return ReadEtsyConfig(text, draft, diagnostics);
    case ConfigForm::kYaml:
      break;
  }
  return ReadYamlConfig(text, draft, diagnostics);
}

}  // namespace

Result<RouterConfig> LoadRouterConfig(const std::string& path, const ConfigOptions& options,
                                      std::vector<std::string>* warnings) {
  if (path.empty()) return ReadRouterConfig("", "flags", options, warnings);
  const auto text = ReadConfigFile(path);
  if (!text) return text.error();
  return ReadRouterConfig(*text, path, options, warnings);
}

Result<RouterConfig> ReadRouterConfig(std::string_view text, const std::string& name,
                                      const ConfigOptions& options,
                                      std::vector<std::string>* warnings) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Diagnostics diagnostics(name, options.strict);
  ConfigDraft draft;
  const bool is_readable = ReadForm(text, &draft, &diagnostics);
  ApplyOverrides(options.overrides, &draft, &diagnostics);
  if (is_readable) CheckDraft(&draft, &diagnostics);
  std::ranges::move(diagnostics.warnings(), std::back_inserter(*warnings));
  if (diagnostics.error_count() == 0) return std::move(draft.config);
  std::string all;
  for (const std::string& error : diagnostics.errors()) {
    all.append(all.empty() ? "" : "\n").append(error);
  }
  return Error{all};
}

}  // namespace weir
