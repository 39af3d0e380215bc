#include "exporter/label_text.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

std::string Rendered(const std::vector<Label>& labels) {
  std::string text;
  AppendLabels(labels, &text);
  return text;
}

std::vector<Label> ReadBack(std::string_view text) {
  std::vector<Label> labels;
  for (LabelReader reader(text); reader.Next();) {
    labels.push_back({std::string(reader.name()), std::string(reader.value())});
  }
  return labels;
}

TEST_CASE("labels are joined by commas, without braces", "[labels]") {
  CHECK(Rendered({}) == "");
  CHECK(Rendered({{"a", "b"}}) == "a=\"b\"");
  CHECK(Rendered({{"a", "b"}, {"c", ""}}) == "a=\"b\",c=\"\"");
}

TEST_CASE("backslash, LF and quote are escaped, all else stands raw", "[labels]") {
  CHECK(Rendered({{"a", "\\"}}) == "a=\"\\\\\"");
  CHECK(Rendered({{"a", "\n"}}) == "a=\"\\n\"");
  CHECK(Rendered({{"a", "\""}}) == "a=\"\\\"\"");
  const std::string raw = std::string("\r\t\x01\x7f,=}{\xc3\xa9 ") + '\0';
  CHECK(Rendered({{"a", raw}}) == "a=\"" + raw + "\"");
}

TEST_CASE("label text reads back as the labels it was made of", "[labels]") {
  const std::vector<std::string> values = {
      "",        "plain", "\\",      "\\\\",         "\\n",  "\n",
      "\"",      "a\"b",  "\",x=\"", "ends with \\", "=,{}", std::string("nul\0nul", 7),
      "\xc3\xa9"};
  std::vector<Label> all;
  for (const std::string& first : values) {
    for (const std::string& second : values) {
      const std::vector<Label> labels = {{"first", first}, {"second", second}};
      CHECK(ReadBack(Rendered(labels)) == labels);
    }
    all.push_back({"a" + std::to_string(all.size()), first});
  }
  CHECK(ReadBack(Rendered(all)) == all);
  CHECK(ReadBack("").empty());
}

}  // namespace
}  // namespace weir
