#include "mapping/glob_trie.h"

#include <re2/re2.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Order = GlobTrie::Order;

constexpr uint8_t kAllKinds = 7;

bool AcceptAll(uint32_t) { return true; }

Glob MustParse(std::string_view pattern) {
  auto glob = Glob::Parse(pattern);
  INFO(pattern);
  REQUIRE(glob);
  return *std::move(glob);
}

// A glob as a regular expression: each star as little as possible, and never a dot.
std::unique_ptr<RE2> AsRegex(std::string_view pattern) {
  std::string regex;
  for (char c : pattern) {
    if (c == '*') {
      regex += "([^.]*?)";
    } else {
      regex += RE2::QuoteMeta(re2::StringPiece(&c, 1));
    }
  }
  return std::make_unique<RE2>(regex);
}

// The rules twice: as the trie, and as the list of expressions it must agree with.
class Rules {
 public:
  void Add(const std::string& pattern) {
    globs_.push_back(MustParse(pattern));
    regexes_.push_back(AsRegex(pattern));
    trie_.Add(globs_.back(), static_cast<uint32_t>(globs_.size() - 1), kAllKinds);
  }

  // What the expressions say: the first that matches.
  uint32_t FirstByRegex(const std::string& name) const {
    for (uint32_t rule = 0; rule < regexes_.size(); ++rule) {
      if (RE2::FullMatch(name, *regexes_[rule])) return rule;
    }
    return GlobTrie::kNoRule;
  }

  uint32_t First(std::string_view name, Order order = Order::kFile) const {
    return trie_.Find(name, EventKind::kCounter, order, AcceptAll);
  }

  // What glob and expression capture.
  void CheckCaptures(const std::string& name, uint32_t rule) const {
    Captures captures;
    REQUIRE(globs_[rule].Match(name, &captures));
    const RE2& regex = *regexes_[rule];
    std::vector<re2::StringPiece> wanted(regex.NumberOfCapturingGroups() + 1);
    REQUIRE(regex.Match(name, 0, name.size(), RE2::ANCHOR_BOTH, wanted.data(),
                        static_cast<int>(wanted.size())));
    REQUIRE(captures.size() == wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      CHECK(captures[i] == std::string_view(wanted[i].data(), wanted[i].size()));
    }
  }

  bool Matches(uint32_t rule, const std::string& name) const {
    return RE2::FullMatch(name, *regexes_[rule]);
  }

  // Compares the trie with the expressions for one name.
  void Check(const std::string& name) const {
    const uint32_t wanted = FirstByRegex(name);
    const uint32_t found = First(name);
    const uint32_t specific = First(name, Order::kSpecific);
    if (found != wanted || (specific == GlobTrie::kNoRule) != (wanted == GlobTrie::kNoRule)) {
      CAPTURE(name, wanted, found, specific);
      FAIL("the trie and the expressions disagree");
    }
    if (specific != GlobTrie::kNoRule && !Matches(specific, name))
      FAIL("a rule that does not match");
    if (found != GlobTrie::kNoRule) CheckCaptures(name, found);
  }

 private:
  std::vector<Glob> globs_;
  std::vector<std::unique_ptr<RE2>> regexes_;
  GlobTrie trie_;
};

// All texts of up to `size` bytes out of `alphabet`.
std::vector<std::string> AllTexts(std::string_view alphabet, size_t size) {
  std::vector<std::string> texts = {""};
  for (size_t begin = 0, length = 1; length <= size; ++length) {
    const size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (char c : alphabet) texts.push_back(texts[begin] + c);
    }
  }
  return texts;
}

std::vector<std::string> AllGlobs(std::string_view alphabet, size_t size) {
  std::vector<std::string> globs;
  for (const std::string& text : AllTexts(alphabet, size)) {
    if (Glob::Parse(text)) globs.push_back(text);
  }
  return globs;
}

TEST_CASE("each small glob alone agrees with its expression on all small names", "[glob_trie]") {
  const std::vector<std::string> names = AllTexts("ab.*", 5);
  const std::vector<std::string> patterns = AllGlobs("ab.*", 5);
  REQUIRE(patterns.size() > 300);
  for (const std::string& pattern : patterns) {
    INFO(pattern);
    Rules rules;
    rules.Add(pattern);
    for (const std::string& name : names) rules.Check(name);
  }
}

TEST_CASE("each pair of small globs agrees with its expressions on all small names",
          "[glob_trie]") {
  const std::vector<std::string> names = AllTexts("ab.", 4);
  const std::vector<std::string> patterns = AllGlobs("a.*", 4);
  for (const std::string& first : patterns) {
    for (const std::string& second : patterns) {
      CAPTURE(first, second);
      Rules rules;
      rules.Add(first);
      rules.Add(second);
      for (const std::string& name : names) rules.Check(name);
    }
  }
}

class RandomTexts {
 public:
  explicit RandomTexts(uint32_t seed) : random_(seed) {}

  size_t Below(size_t end) { return random_() % end; }

  std::string Segment() {
    static constexpr std::string_view kWords[] = {"app", "db", "web-1", "foo_bar", "a", "b", "x9"};
    return std::string(kWords[Below(std::size(kWords))]);
  }

  std::string Name() {
    std::string name = Segment();
    for (size_t more = Below(6); more > 0; --more) name += "." + (Below(8) == 0 ? "" : Segment());
    return name;
  }

  std::string Pattern() {
    std::string pattern = PatternSegment();
    for (size_t more = Below(6); more > 0; --more) pattern += "." + PatternSegment();
    return pattern;
  }

 private:
  std::string PatternSegment() {
    const std::string word = Segment();
    switch (Below(6)) {
      case 0:
        return "*";
      case 1:
        return word.substr(0, 1 + Below(word.size())) + "*";
      case 2:
        return "*" + word.substr(Below(word.size()));
      case 3:
        return "*" + word.substr(0, 1) + "*";
      default:
        return word;
    }
  }

  std::mt19937 random_;
};

TEST_CASE("large random sets of globs agree with their expressions", "[glob_trie]") {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    RandomTexts texts(seed);
    Rules rules;
    for (int i = 0; i < 400; ++i) rules.Add(texts.Pattern());
    for (int i = 0; i < 300; ++i) rules.Check(texts.Name());
  }
}

TEST_CASE("a rule is taken only for its kinds and when it is accepted", "[glob_trie]") {
  GlobTrie trie;
  trie.Add(MustParse("a.*"), 0, 1 << static_cast<int>(EventKind::kGauge));
  trie.Add(MustParse("a.*"), 1, kAllKinds);
  trie.Add(MustParse("a.b"), 2, kAllKinds);
  CHECK(trie.Find("a.b", EventKind::kGauge, Order::kFile, AcceptAll) == 0);
  CHECK(trie.Find("a.b", EventKind::kCounter, Order::kFile, AcceptAll) == 1);
  CHECK(trie.Find("a.b", EventKind::kCounter, Order::kSpecific, AcceptAll) == 2);
  const auto not_one = [](uint32_t rule) { return rule != 1; };
  CHECK(trie.Find("a.b", EventKind::kCounter, Order::kFile, not_one) == 2);
  CHECK(trie.Find("a.c", EventKind::kCounter, Order::kFile, not_one) == GlobTrie::kNoRule);
}

TEST_CASE("the specific order prefers a literal, then the most text, then a star, and goes back",
          "[glob_trie]") {
  Rules rules;
  rules.Add("a.*.c");     // 0
  rules.Add("a.f*.c");    // 1
  rules.Add("a.foo*.c");  // 2
  rules.Add("a.food.d");  // 3
  rules.Add("*.food.e");  // 4
  CHECK(rules.First("a.food.c", Order::kSpecific) == 2);
  CHECK(rules.First("a.fun.c", Order::kSpecific) == 1);
  CHECK(rules.First("a.x.c", Order::kSpecific) == 0);
  CHECK(rules.First("a.food.d", Order::kSpecific) == 3);
  CHECK(rules.First("a.food.e", Order::kSpecific) == 4);
  CHECK(rules.First("a.food.f", Order::kSpecific) == GlobTrie::kNoRule);
}

TEST_CASE("globs with a star or a literal at every place are walked without blowing up",
          "[glob_trie]") {
  GlobTrie trie;
  constexpr uint32_t kSegments = 12;
  for (uint32_t rule = 0; rule < (1u << kSegments); ++rule) {
    std::string pattern = "end";
    for (uint32_t i = 0; i < kSegments; ++i) pattern.insert(0, (rule >> i) & 1 ? "a." : "*.");
    trie.Add(MustParse(pattern), rule, kAllKinds);
  }
  std::string name;
  for (uint32_t i = 0; i < kSegments; ++i) name += "a.";
  uint32_t asked = 0;
  const auto counts = [&](uint32_t) {
    ++asked;
    return false;
  };
  CHECK(trie.Find(name + "end", EventKind::kCounter, Order::kFile, counts) == GlobTrie::kNoRule);
  CHECK(asked == 1u << kSegments);  // each rule once
  CHECK(trie.Find(name + "other", EventKind::kCounter, Order::kFile, counts) == GlobTrie::kNoRule);
  CHECK(asked == 1u << kSegments);
}

TEST_CASE("rules with more than 63 segments are told apart", "[glob_trie]") {
  const auto repeated = [](size_t segments) {
    std::string text = "a";
    for (size_t i = 1; i < segments; ++i) text += ".a";
    return text;
  };
  Rules rules;
  rules.Add(repeated(64) + ".*");
  rules.Add(repeated(70));
  CHECK(rules.First(repeated(65)) == 0);
  CHECK(rules.First(repeated(70)) == 1);
  CHECK(rules.First(repeated(63)) == GlobTrie::kNoRule);
  CHECK(rules.First(repeated(66)) == GlobTrie::kNoRule);
  CHECK(rules.First(repeated(5000)) == GlobTrie::kNoRule);
}

}  // namespace
}  // namespace weir
