#include "common/topology/object_literal.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// A node in one line: scalars in quotes unless plain.
std::string Shown(const YamlNode& node) {
  std::string text;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "null";
    case YamlNode::Kind::kScalar:
      return node.is_plain ? node.text : "'" + node.text + "'";
    case YamlNode::Kind::kSequence:
      for (const YamlNodePtr& item : node.items) text += (text.empty() ? "" : ", ") + Shown(*item);
      return "[" + text + "]";
    case YamlNode::Kind::kMap:
      for (const YamlEntry& entry : node.entries) {
        text += (text.empty() ? "" : ", ") + entry.key + ": " + Shown(*entry.value);
      }
      return "{" + text + "}";
  }
  return text;
}

std::pair<std::string, std::vector<std::string>> Parse(std::string_view text) {
  Diagnostics diagnostics("f", true);
  const YamlNodePtr root = ParseObjectLiteral(text, &diagnostics);
  return {Shown(*root), diagnostics.errors()};
}

TEST_CASE("objects, lists and every kind of value are read", "[literal]") {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"{}", "{}"},
      {"{a: 1, 'b': '2', \"c\": \"3\", `d`: `4`, 5: [], $e_1: {}}",
       "{a: 1, b: '2', c: '3', d: '4', 5: [], $e_1: {}}"},
      {"{a: [1, 'x', [null, undefined], {b: true,},],}", "{a: [1, 'x', [null, null], {b: true}]}"},
      {"{a: -1, b: +2, c: .5, d: 1e3, e: 0x10, f: -0.25, g: 60 * 60 * 1000}",
       "{a: -1, b: 2, c: 0.5, d: 1000, e: 16, f: -0.25, g: 3600000}"},
      {"{a: 'it\\'s', b: \"\\\"\\\\\\/\\n\\t\\r\", c: '\\u00e9\\x41', d: 'a\\\nb', e: '//x /* */ "
       "#'}",
       "{a: 'it's', b: '\"\\/\n\t\r', c: '\xC3\xA9"
       "A', d: 'ab', e: '//x /* */ #'}"},
      {"{a: `two\nlines`}", "{a: 'two\nlines'}"},
      {"{h\xC3\xA9: 1}", "{h\xC3\xA9: 1}"},
      {"/**/{/**/a/**/:/**/1/**/}/**/", "{a: 1}"},
  };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    const auto [shown, errors] = Parse(text);
    CHECK(errors == std::vector<std::string>{});
    CHECK(shown == wanted);
  }
}

TEST_CASE("values know their places, counted in characters", "[literal]") {
  Diagnostics diagnostics("f", false);
  const YamlNodePtr root = ParseObjectLiteral("{\r\n  '\xC3\xA9': [\n\t7]}", &diagnostics);
  REQUIRE(root->entries.size() == 1);
  CHECK(root->entries[0].position == Position{2, 3});
  CHECK(root->entries[0].value->position == Position{2, 8});
  CHECK(root->entries[0].value->items.at(0)->position == Position{3, 2});
}

TEST_CASE("what may stand around an object begins one, other texts do not", "[literal]") {
  for (const std::string_view text :
       {"{", " \n{", "// x\n{", "/* { */ ({", "#!/usr/bin/node\n{", "module.exports={",
        "exports.a = {", "var a = {", "let a={", "const a = ({", "export default {",
        "'use strict'; module.exports = {"}) {
    CAPTURE(text);
    CHECK(BeginsAsObject(text));
  }
  for (const std::string_view text : {"", "a", "a: {", "a = {", "a={b}", "[{", "module.exports = [",
                                      "// {", "/* {", "'{'", "var {"}) {
    CAPTURE(text);
    CHECK(BeginsAsObject(text) == (text == "var {"));
  }
}

TEST_CASE("what was good is kept beside an error", "[literal]") {
  const std::vector<std::pair<std::string_view, std::pair<std::string_view, std::string_view>>>
      cases = {
          {"{a: f(1, 2), b: 2}", {"{b: 2}", "f:1:5: expected a value, not `f(1, 2), b: 2}`"}},
          {"{a: 1 b: 2}", {"{a: 1, b: 2}", "f:1:7: a comma is missing before `b: 2}`"}},
          {"{a: [1 2]}", {"{a: [1, 2]}", "f:1:8: a comma is missing before `2]}`"}},
          {"{a: [1}}", {"{a: [1]}", "f:1:7: expected `]`, not `}}`"}},
          {"{a: 08x, b: 2}", {"{b: 2}", "f:1:5: expected a number, not `08x, b: 2}`"}},
          {"{a: 1 * x, b: 2}", {"{b: 2}", "f:1:9: expected a number, not `x, b: 2}`"}},
          {"{a: 1 / 2, b: 2}", {"{b: 2}", "f:1:5: expressions such as `1 / 2, b: 2}` are not"}},
          {"{a: 'x' + y, b: 2}", {"{b: 2}", "f:1:5: expressions such as `'x' + y, b: 2}`"}},
          {"{a: 1, a: 2}", {"{a: 2}", "f:1:8: key `a` is given twice, first in line 1"}},
          {"{, a: 1}", {"{a: 1}", "f:1:2: expected a key such as `port: 8125`, not `, a: 1}`"}},
          {"{a: , b: 1}", {"{b: 1}", "f:1:5: expected a value, not `, b: 1}`"}},
          {"{[a]: 1, b: 1}", {"{b: 1}", "f:1:2: expected a key"}},
          {"a", {"null", "f:1:1: expected the `{` that begins the configuration, not `a`"}},
          {"", {"null", "f:1:1: expected the `{` that begins the configuration, not the end of"}},
      };
  for (const auto& [text, wanted] : cases) {
    CAPTURE(text);
    const auto [shown, errors] = Parse(text);
    CAPTURE(errors);
    CHECK(shown == wanted.first);
    REQUIRE_FALSE(errors.empty());
    CHECK(errors[0].starts_with(wanted.second));
  }
}

TEST_CASE("deep nesting is an error, not a crash", "[literal]") {
  const auto [shown, errors] = Parse("{a: " + std::string(100000, '['));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == "f:1:68: brackets are nested more than 64 deep");
}

}  // namespace
}  // namespace weir
