#include "common/yaml.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

// A node in one line: scalars in quotes unless plain, keys in the order read.
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

struct Parsed {
  std::string shown;  // "nothing" without a root
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

Parsed Parse(std::string_view text, bool strict = false) {
  Diagnostics diagnostics("f", strict);
  const YamlNodePtr root = ParseYaml(text, &diagnostics);
  return {root == nullptr ? "nothing" : Shown(*root), diagnostics.errors(), diagnostics.warnings()};
}

using Lines = std::vector<std::string>;

TEST_CASE("files without content are no error", "[yaml]") {
  CHECK(Parse("").shown == "nothing");
  CHECK(Parse("# only a comment\n").shown == "nothing");
  CHECK(Parse("---").errors.empty());
  CHECK(Parse("mappings:").shown == "{mappings: null}");
}

TEST_CASE("of a key given twice the last one counts, with a warning", "[yaml]") {
  const Parsed parsed = Parse("a: 1\nb: 2\na: 3\n");
  CHECK(parsed.shown == "{a: 3, b: 2}");
  CHECK(parsed.warnings ==
        Lines{"f:3:1: key `a` is given twice, first in line 1; the last one counts"});
  CHECK(Parse("a: 1\na: 3\n", true).errors.size() == 1);
}

TEST_CASE("a key without a value is null, not a text", "[yaml]") {
  CHECK(Parse("{a: , b: ~, c: null, d: '', e: 'null'}").shown ==
        "{a: null, b: null, c: null, d: '', e: 'null'}");
}

TEST_CASE("merge keys merge, and the map's own keys win", "[yaml]") {
  CHECK(Parse("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: {q: 4, <<: *x}\n").shown ==
        "{a: {p: 1, q: 2}, b: {q: 3, p: 1}, c: {q: 4, p: 1}}");
  CHECK(Parse("a: &x {p: 1}\nb: &y {p: 2, r: 5}\nc: {<<: [*x, *y]}\n").shown ==
        "{a: {p: 1}, b: {p: 2, r: 5}, c: {p: 1, r: 5}}");
  CHECK(Parse("a: {'<<': 1}").shown == "{a: {<<: 1}}");
  CHECK(Parse("a: {<<: 1}").errors ==
        Lines{"f:1:9: `<<` needs a map or a list of maps, such as `<<: *name`"});
}

TEST_CASE("only the first document is read", "[yaml]") {
  CHECK(Parse("a: 1\n---\nb: 2\n").shown == "{a: 1}");
  CHECK(Parse("---\na: 1\n...\n").shown == "{a: 1}");
}

TEST_CASE("a byte order mark, CRLF and a missing last newline are fine", "[yaml]") {
  CHECK(Parse("\xEF\xBB\xBF"
              "a: 1\r\nb:\r\n  - x y\r\n  - z")
            .shown == "{a: 1, b: [x y, z]}");
}

TEST_CASE("quoted and tagged scalars are told from plain ones", "[yaml]") {
  CHECK(Parse("[1, '1', \"1\", !!str 1]").shown == "[1, '1', '1', '1']");
}

TEST_CASE("an unquoted text that starts with a star says to quote it", "[yaml]") {
  CHECK(Parse("mappings:\n- match: *.signup.*\n  name: x\n").errors ==
        Lines{"f:2:10: `*.signup.*` is read as a YAML alias; quote a text that starts with *"});
  CHECK(Parse("- *\n").errors.at(0).find("quote a text") != std::string::npos);
}

TEST_CASE("an anchor is called by letters, digits, _ and -", "[yaml]") {
  CHECK(Parse("a: &b.c\n").errors ==
        Lines{"f:1:4: `&b.c` is read as a YAML anchor; quote a text that starts with &"});
  CHECK(Parse("a: &b-C_1 x\nb: *b-C_1\n").errors.empty());
}

TEST_CASE("an unknown escape says how to write it", "[yaml]") {
  const Lines errors = Parse("mappings:\n- match: \"test\\.(\\w+)\"\n").errors;
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].starts_with("f:2:"));
  CHECK(errors[0].find("use single quotes") != std::string::npos);
}

TEST_CASE("other broken YAML is reported with its place and its line", "[yaml]") {
  CHECK(Parse("a: b: c").errors.at(0).starts_with("f:1:"));
  CHECK(Parse("a: [1, 2").errors.at(0).starts_with("f:1:"));
  CHECK(Parse("a: %x").errors.at(0).find("put it in quotes") != std::string::npos);
  CHECK(Parse("[a]: 1").errors == Lines{"f:1:1: a key must be a plain text, not a list or a map"});
}

TEST_CASE("a quote left open is an error, with and without a last newline", "[yaml]") {
  for (std::string_view text : {"a: \"b", "a: \"b\n", "a: 'b\n", "a: \"b\n\n# x\n"}) {
    INFO(text);
    const Lines errors = Parse(text).errors;
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("illegal EOF in scalar") != std::string::npos);
  }
  CHECK(Parse("a: |\n  x\n  y\n").shown == "{a: 'x\ny\n'}");
}

TEST_CASE("bytes that are no text are refused", "[yaml]") {
  CHECK(Parse("a: \xE9t\xE9\n").errors ==
        Lines{"f:1:4: byte 233 is not UTF-8; a configuration file is UTF-8 text"});
  CHECK(Parse(std::string("a: 1\nb\0", 7)).errors ==
        Lines{"f:2:2: byte 0 is a control character; a configuration file is UTF-8 text"});
  CHECK(Parse("a: 1\n\x04 b: 2").errors.size() == 1);
}

TEST_CASE("an alias inside its own anchor and deep nesting are errors, not crashes", "[yaml]") {
  CHECK(Parse("a: &x [*x]").errors ==
        Lines{"f:1:8: this alias stands inside the value it refers to"});
  CHECK(Parse(std::string(100000, '[')).errors.size() == 1);
}

TEST_CASE("aliases of aliases do not multiply", "[yaml]") {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  Diagnostics diagnostics("f", false);
  const YamlNodePtr root = ParseYaml(text, &diagnostics);
  REQUIRE(root != nullptr);
  CHECK(root->entries.size() == 60);
}

}  // namespace
}  // namespace weir
