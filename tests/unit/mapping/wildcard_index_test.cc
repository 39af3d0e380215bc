#include "mapping/wildcard_index.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::vector<std::string> AllTexts(std::string_view alphabet, size_t size) {
  std::vector<std::string> texts = {""};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == size) break;
    for (char c : alphabet) texts.push_back(texts[i] + c);
  }
  return texts;
}

TEST_CASE("the index finds exactly the patterns that match alone", "[wildcard_index]") {
  const std::vector<std::string> patterns = AllTexts("ab*", 4);
  WildcardIndex index;
  for (uint32_t id = 0; id < patterns.size(); ++id) REQUIRE(index.Add(patterns[id]) == id);
  for (const std::string& text : AllTexts("ab", 6)) {
    WildcardIndex::Ids found;
    index.Find(text, &found);
    std::sort(found.begin(), found.end());
    WildcardIndex::Ids wanted;
    for (uint32_t id = 0; id < patterns.size(); ++id) {
      if (Wildcard(patterns[id]).Matches(text)) wanted.push_back(id);
    }
    INFO(text);
    REQUIRE(found == wanted);
  }
}

TEST_CASE("equal patterns have one id", "[wildcard_index]") {
  WildcardIndex index;
  CHECK(index.Add("a*") == 0);
  CHECK(index.Add("*a") == 1);
  CHECK(index.Add("a*") == 0);
  CHECK(index.size() == 2);
}

}  // namespace
}  // namespace weir
