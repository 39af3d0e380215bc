#include "mapping/regex.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr int64_t kMuchMemory = 64 << 20;

RE2::Options QuietOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

RE2::Options LargeOptions() {
  RE2::Options options = QuietOptions();
  options.set_max_mem(kMuchMemory);
  return options;
}

re2::StringPiece ToPiece(std::string_view text) { return {text.data(), text.size()}; }

// RE2 writes named groups `(?P<name>` only.
std::string WithPythonGroups(std::string_view pattern) {
  std::string changed;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    changed.push_back(pattern[i]);
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      changed.push_back(pattern[++i]);
    } else if (pattern[i] == '[') {
      in_class = true;
    } else if (pattern[i] == ']') {
      in_class = false;
    } else if (!in_class && pattern.substr(i).starts_with("(?<")) {
      changed.append("?P");
      ++i;
    }
  }
  return changed;
}

}  // namespace

Regex::Regex(std::unique_ptr<re2::RE2> compiled) : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::Compile(std::string_view pattern) {
  const std::string written = WithPythonGroups(pattern);
  auto compiled = std::make_unique<RE2>(written, QuietOptions());
  // Go has no such limit. Only these get more: what matching may cache grows with the limit.
  if (compiled->error_code() == RE2::ErrorPatternTooLarge) {
    compiled = std::make_unique<RE2>(written, LargeOptions());
  }
  if (compiled->ok()) return Regex(std::move(compiled));
  std::string said = "match `" + std::string(pattern) + "`: " + compiled->error();
  if (compiled->error_arg().size() < pattern.size()) {
    said += " (`" + compiled->error_arg() + "`)";
  }
  return Error{said + "; the syntax is RE2's"};
}

bool Regex::Match(std::string_view text, Captures* captures) const {
  absl::InlinedVector<re2::StringPiece, 16> found(groups() + 1);
  const auto count = static_cast<int>(found.size());
  if (!compiled_->Match(ToPiece(text), 0, text.size(), RE2::UNANCHORED, found.data(), count)) {
    return false;
  }
  captures->clear();
  for (const re2::StringPiece& piece : found) captures->emplace_back(piece.data(), piece.size());
  return true;
}

size_t Regex::groups() const { return static_cast<size_t>(compiled_->NumberOfCapturingGroups()); }
std::map<std::string, int> Regex::group_names() const { return compiled_->NamedCapturingGroups(); }
const std::string& Regex::pattern() const { return compiled_->pattern(); }

struct RegexSet::Compiled {
  RE2::Set set{LargeOptions(), RE2::UNANCHORED};
  bool is_usable = false;
};

RegexSet::RegexSet() : compiled_(std::make_unique<Compiled>()) {}
RegexSet::~RegexSet() = default;

void RegexSet::Add(const Regex& regex, uint32_t rule) {
  std::string error;
  const int number = compiled_->set.Add(regex.pattern(), &error);
  WEIR_CHECK(number == static_cast<int>(rules_.size()));  // it has compiled alone already
  rules_.push_back(rule);
}

void RegexSet::Finish() { compiled_->is_usable = compiled_->set.Compile(); }

void RegexSet::Find(std::string_view text, std::vector<int>* rules) const {
  RE2::Set::ErrorInfo error{RE2::Set::kNoError};
  const bool has_matched =
      compiled_->is_usable && compiled_->set.Match(ToPiece(text), rules, &error);
  if (!compiled_->is_usable || (!has_matched && error.kind != RE2::Set::kNoError)) {
    rules->resize(rules_.size());
    std::iota(rules->begin(), rules->end(), 0);
  } else if (!has_matched) {
    rules->clear();
  }
  for (int& found : *rules) found = static_cast<int>(rules_[static_cast<size_t>(found)]);
  std::sort(rules->begin(), rules->end());
}

}  // namespace weir
