// Globs: the trie finds the rule that a plain comparison of every glob finds.
#include "mapping/glob.h"

#include <string>
#include <string_view>
#include <vector>

#include "mapping/glob_trie.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

// Whether `text` is `pattern`, in which a star stands for any text without dots. Written to be
// plain: table[j] is whether the first i of the pattern fit the first j of the text.
bool Fits(std::string_view pattern, std::string_view text) {
  std::vector<char> row(text.size() + 1, 0);
  row[0] = 1;
  for (const char c : pattern) {
    if (c == '*') {
      for (size_t j = 0; j < text.size(); ++j) row[j + 1] |= row[j] && text[j] != '.';
      continue;
    }
    for (size_t j = text.size(); j > 0; --j) row[j] = row[j - 1] && text[j - 1] == c;
    row[0] = 0;
  }
  return row[text.size()];
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == text.npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

// Lines: the first half are globs, the others names.
FUZZ(glob) {
  if (input.size() > 2000) return;
  const std::vector<std::string_view> lines = LinesOf(input);
  GlobTrie trie;
  std::vector<std::pair<std::string_view, Glob>> globs;
  for (size_t i = 0; i < (lines.size() + 1) / 2; ++i) {
    auto glob = Glob::Parse(lines[i]);
    if (!glob) {
      FUZZ_CHECK(!glob.error().message.empty());
      continue;
    }
    trie.Add(*glob, static_cast<uint32_t>(globs.size()), 7);
    globs.emplace_back(lines[i], std::move(*glob));
  }
  std::vector<std::string> names(lines.begin(), lines.end());
  for (const auto& [pattern, glob] : globs) {
    std::string name(pattern);
    for (char& c : name) c = c == '*' ? 'x' : c;
    names.push_back(std::move(name));
  }
  for (const std::string& name : names) {
    uint32_t first = GlobTrie::kNoRule;
    for (uint32_t rule = 0; rule < globs.size(); ++rule) {
      Captures captures;
      const bool matches = globs[rule].second.Match(name, &captures);
      FUZZ_CHECK(matches == Fits(globs[rule].first, name));
      if (matches && first == GlobTrie::kNoRule) first = rule;
      if (matches) FUZZ_CHECK(captures.size() == globs[rule].second.stars() + 1);
    }
    const auto all = [](uint32_t) { return true; };
    FUZZ_CHECK(trie.Find(name, EventKind::kGauge, GlobTrie::Order::kFile, all) == first);
    const uint32_t specific = trie.Find(name, EventKind::kGauge, GlobTrie::Order::kSpecific, all);
    FUZZ_CHECK((specific == GlobTrie::kNoRule) == (first == GlobTrie::kNoRule));
    if (specific != GlobTrie::kNoRule) FUZZ_CHECK(Fits(globs[specific].first, name));
  }
}

}  // namespace weir
