#include "mapping/template.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Expanded(const Template& made, const std::vector<std::string_view>& captures) {
  std::string out;
  made.Expand(captures, &out);
  return out;
}

TEST_CASE("references in globs are read as the peer reads them", "[template]") {
  // One star, which took "b", in the name "a.b".
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"$1", "b"},
      {"${1}", "b"},
      {"x_${1}_y", "x_b_y"},
      {"$1_foo", ""},
      {"${1}_foo", "b_foo"},
      {"$1$1", ""},
      {"${1}${1}", "bb"},
      {"$1${1}", "{1}"},
      {"$1-$1", "b-b"},
      {"$0", "a.b"},
      {"${0}!", "a.b!"},
      {"$foo", ""},
      {"$2", ""},
      {"$ 1", "$ 1"},
      {"{$1}", "{b"},
      {"${1", "b"},
      {"$1}", "b"},
      {"$01", "b"},
      {"$", "$"},
      {"a$", "a$"},
      {"100%$1", "100%b"},
      {"50%", "50%"},
      {"$1%s", "b%s"},
      {"", ""},
      {"${}", "${}"},
      {"$99999999999999999999", ""},
      {"$-1", "$-1"},
  };
  for (const auto& [text, wanted] : kRows) {
    INFO(text);
    CHECK(Expanded(Template::ForGlob(text, 1), {"a.b", "b"}) == wanted);
  }
}

TEST_CASE("a reference that begins another one does not corrupt it", "[template]") {
  const std::vector<std::string_view> captures = {"all", "a", "b", "c", "d", "e",
                                                  "f",   "g", "h", "i", "j"};
  CHECK(Expanded(Template::ForGlob("$1.$10", 10), captures) == "a.j");
  CHECK(Expanded(Template::ForGlob("$10.$1", 10), captures) == "j.a");
  CHECK(Expanded(Template::ForGlob("${1}.${10}", 10), captures) == "a.j");
}

TEST_CASE("references in regular expressions are read as Go expands them", "[template]") {
  const std::map<std::string, int> names = {{"host", 2}};
  constexpr std::pair<std::string_view, std::string_view> kRows[] = {
      {"$1", "b"},    {"${2}_x", "c_x"},   {"$2_x", ""},   {"$$2", "$2"}, {"$0", "b.c"},
      {"$host", "c"}, {"${host}", "c"},    {"$hosts", ""}, {"$3", ""},    {"$01", ""},
      {"${1", "${1"}, {"$", "$"},          {"a$-", "a$-"}, {"$1}", "b}"}, {"${}", "${}"},
      {"$$$1", "$b"}, {"100%$1", "100%b"},
  };
  for (const auto& [text, wanted] : kRows) {
    INFO(text);
    CHECK(Expanded(Template::ForRegex(text, 2, names), {"b.c", "b", "c"}) == wanted);
  }
}

TEST_CASE("a template knows whether it is static, its shape and its dead references",
          "[template]") {
  const Template made = Template::ForGlob("a_${1}_$2_b$1", 1);
  CHECK_FALSE(made.is_static());
  CHECK(made.Shape() == "a_*_");
  CHECK(made.dead_references() == std::vector<std::string>{"$2_b$1"});
  const Template fixed = Template::ForGlob("plain", 3);
  CHECK(fixed.is_static());
  CHECK(fixed.literal() == "plain");
}

}  // namespace
}  // namespace weir
