#include "mapping/regex.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

Regex MustCompile(std::string_view pattern) {
  auto regex = Regex::Compile(pattern);
  INFO(pattern);
  REQUIRE(regex);
  return *std::move(regex);
}

std::vector<std::string> Captured(std::string_view pattern, std::string_view text) {
  Captures captures;
  if (!MustCompile(pattern).Match(text, &captures)) return {"no match"};
  return {captures.begin(), captures.end()};
}

using Texts = std::vector<std::string>;

TEST_CASE("an expression is searched for anywhere and captures its groups", "[regex]") {
  CHECK(Captured("foo", "xfoobar") == Texts{"foo"});
  CHECK(Captured(R"((.*)\.(.*))", "a.b.c") == Texts{"a.b.c", "a.b", "c"});
  CHECK(Captured("(a)|(b)", "b") == Texts{"b", "", "b"});
  CHECK(Captured("^a$", "ab") == Texts{"no match"});
  CHECK(Captured("", "x") == Texts{""});
}

TEST_CASE("both spellings of a named group are understood", "[regex]") {
  CHECK(MustCompile("(?P<host>a)").group_names().count("host") == 1);
  CHECK(MustCompile(R"(\(?[(?<]*(?<host>a))").group_names().count("host") == 1);
  CHECK(Captured(R"([(?<x>]+)", "(x>") == Texts{"(x>"});
}

TEST_CASE("a broken expression is refused, quoting what is broken", "[regex]") {
  const auto error = [](std::string_view pattern) {
    return Regex::Compile(pattern).error().message;
  };
  CHECK(error("(?=a)b") ==
        "match `(?=a)b`: invalid perl operator: (?= (`(?=`); the syntax is RE2's");
  CHECK(error("(a").starts_with("match `(a`: missing )"));
  CHECK(error("a{2000}").find("2000") != std::string::npos);
}

TEST_CASE("a large expression is taken", "[regex]") {
  CHECK(Captured(R"((\pL{1,50}|b){1,5}\.b)", "a.b") == Texts{"a.b", "a"});
}

TEST_CASE("the set finds all matching expressions in order", "[regex]") {
  RegexSet set;
  CHECK(set.empty());
  set.Add(MustCompile("b"), 3);
  set.Add(MustCompile("^a"), 5);
  set.Add(MustCompile("c$"), 8);
  set.Finish();
  std::vector<int> found = {1, 2};
  set.Find("abx", &found);
  CHECK(found == std::vector<int>{3, 5});
  set.Find("xyz", &found);
  CHECK(found.empty());
}

TEST_CASE("a set beyond its memory budget offers every expression", "[regex]") {
  RegexSet set;
  std::vector<int> all;
  for (int i = 0; i < 300; ++i) {
    set.Add(MustCompile("(x.{400}y.{400}z" + std::to_string(i) + "){2}"), static_cast<uint32_t>(i));
    all.push_back(i);
  }
  set.Finish();
  std::vector<int> found;
  set.Find("x", &found);
  CHECK(found == all);
}

}  // namespace
}  // namespace weir
