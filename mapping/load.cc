// Mapper::Load: from paths to a RuleSet.

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "common/config_text.h"
#include "common/diagnostics.h"
#include "common/yaml.h"
#include "mapping/compile.h"
#include "mapping/config.h"
#include "mapping/mapper.h"
#include "mapping/rule_set.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

bool IsMappingFileName(const fs::path& path) {
  const std::string extension = path.extension();
  return (extension == ".yml" || extension == ".yaml" || extension == ".conf") &&
         !path.filename().string().starts_with('.');
}

// The mapping files of a directory in name order. Kubernetes' `..data` is hidden, so is left out.
Result<std::vector<std::string>> FilesOf(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (IsMappingFileName(entry->path()) && !entry->is_directory(ignored))
      files.push_back(entry->path());
  }
  if (error) return Error{directory + ": cannot be read: " + error.message()};
  if (files.empty())
    return Error{directory + ": no *.yml, *.yaml or *.conf file in this directory"};
  std::sort(files.begin(), files.end());
  return files;
}

// Takes over what the first files leave unsaid; one file's rules never see another's defaults.
template <class T>
void TakeOver(const Setting<T>& from, Setting<T>* into) {
  if (!*into) *into = from;
}

void TakeOver(const DefaultsConfig& from, DefaultsConfig* into) {
  TakeOver(from.observer_type, &into->observer_type);
  TakeOver(from.ttl, &into->ttl);
  TakeOver(from.summary, &into->summary);
  TakeOver(from.histogram, &into->histogram);
  TakeOver(from.legacy_timer_type, &into->legacy_timer_type);
  TakeOver(from.legacy_buckets, &into->legacy_buckets);
  TakeOver(from.legacy_quantiles, &into->legacy_quantiles);
  TakeOver(from.glob_disable_ordering, &into->glob_disable_ordering);
}

class Loader {
 public:
  Loader(const LoadOptions& options, std::vector<std::string>* warnings)
      : options_(options), warnings_(*warnings) {}

  void AddPath(const std::string& path) {
    if (std::error_code ignored; !fs::is_directory(path, ignored)) return AddFile(path);
    const auto files = FilesOf(path);
    if (!files) return errors_.push_back(files.error().message);
    for (const std::string& file : *files) AddFile(file);
  }

  Result<std::unique_ptr<const RuleSet>> Finish() {
    if (!errors_.empty()) {
      std::string all;
      for (const std::string& error : errors_) all.append(all.empty() ? "" : "\n").append(error);
      return Error{all};
    }
    Diagnostics said_before("", false);  // each file's defaults have been checked with the file
    set_->unmapped =
        UnmappedPolicies(ResolveDefaults(unmapped_, options_.mapper.default_ttl, &said_before));
    if (unmapped_.glob_disable_ordering.value_or(false)) {
      set_->glob_order = GlobTrie::Order::kSpecific;
    }
    set_->regexes.Finish();
    return std::unique_ptr<const RuleSet>(std::move(set_));
  }

 private:
  void AddFile(const std::string& path) {
    const auto text = ReadConfigFile(path);
    if (!text) return errors_.push_back(text.error().message);
    Diagnostics diagnostics(path, options_.strict);
    const YamlNodePtr root = ParseYaml(*text, &diagnostics);
    const MappingConfig config = ReadMappingConfig(root.get(), &diagnostics);
    const Defaults defaults =
        ResolveDefaults(config.defaults, options_.mapper.default_ttl, &diagnostics);
    for (const RuleConfig& rule : config.rules) {
      AddRule(CompileRule(rule, defaults, &diagnostics));
    }
    TakeOver(config.defaults, &unmapped_);
    std::ranges::move(diagnostics.errors(), std::back_inserter(errors_));
    std::ranges::move(diagnostics.warnings(), std::back_inserter(warnings_));
  }

  void AddRule(std::unique_ptr<const Rule> rule) {
    if (rule == nullptr) return;
    const auto number = static_cast<uint32_t>(set_->rules.size());
    if (rule->glob) set_->globs.Add(*rule->glob, number, rule->kinds);
    if (rule->regex) set_->regexes.Add(*rule->regex, number);
    set_->families.Add(*rule, number);
    set_->rules.push_back(std::move(rule));
  }

  const LoadOptions& options_;
  std::vector<std::string>& warnings_;
  std::vector<std::string> errors_;
  std::unique_ptr<RuleSet> set_ = std::make_unique<RuleSet>();
  DefaultsConfig unmapped_;
};

}  // namespace

Result<std::shared_ptr<const Mapper>> Mapper::Load(const std::vector<std::string>& paths,
                                                   const LoadOptions& options,
                                                   std::vector<std::string>* warnings) {
  Loader loader(options, warnings);
  for (const std::string& path : paths) loader.AddPath(path);
  auto set = loader.Finish();
  if (!set) return set.error();
  return std::shared_ptr<const Mapper>(new Mapper(*std::move(set)));
}

}  // namespace weir
