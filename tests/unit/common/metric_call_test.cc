#include "common/metric_call.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

// The line without its LF, or what is wrong with the body.
std::string Line(std::string_view type, std::string_view name, const std::string& body,
                 BodyForm form = BodyForm::kJson) {
  MetricFields fields;
  const bool read =
      form == BodyForm::kJson ? ReadJsonFields(body, &fields) : ReadFormFields(body, &fields);
  INFO(body);
  REQUIRE(read);
  std::string lines = "before\n";
  const auto wrong = AppendMetric(ReadCallType(type), name, form, fields, &lines);
  REQUIRE(lines.starts_with("before\n"));
  lines.erase(0, 7);
  if (wrong) {
    CHECK(lines.empty());
    return std::string(*wrong);
  }
  if (lines.empty()) return "nothing";
  REQUIRE(lines.ends_with('\n'));
  lines.pop_back();
  return lines;
}

std::string Form(std::string_view type, const std::string& body) {
  return Line(type, "a", body, BodyForm::kForm);
}

TEST_CASE("each type of metric has its line") {
  CHECK(Line("count", "a.b", R"({"value":5,"tags":"env=prod"})") == "a.b,env=prod:5|c");
  CHECK(Line("gauge", "a", R"({"value":-7})") == "a:-7|g");
  CHECK(Line("timing", "a", R"({"value":320})") == "a:320|ms");
  CHECK(Line("set", "a", R"({"value":320})") == "a:320|s");
  CHECK(Line("set", "a", R"({"value":"bob"})") == "a:bob|s");
  CHECK(Line("uniq", "a", R"({"value":"bob"})") == "a:bob|s");
  CHECK(Line("incr", "a", R"({"value":5})") == "a:1|c");
}

TEST_CASE("a value that is not there is what its dialect makes of it") {
  CHECK(Line("count", "a", "{}") == "a:0|c");
  CHECK(Line("timing", "a", "{}") == "a:0|ms");
  CHECK(Line("set", "a", "{}") == "a:0|s");
  CHECK(Form("count", "") == "a:1|c");
  CHECK(Form("gauge", "") == "a:1|g");
  CHECK(Form("set", "") == "a:1|s");
  CHECK(Form("timing", "") == "Invalid time specified");
}

TEST_CASE("fields of the other dialects are taken where the usual one is missing") {
  CHECK(Form("count", "n=3") == "a:3|c");
  CHECK(Form("count", "n=3&value=4") == "a:4|c");
  CHECK(Form("timing", "time=3") == "a:3|ms");
  CHECK(Form("timing", "dur=3") == "a:3|ms");
  CHECK(Form("gauge", "shift=3") == "a:+3|g");
  CHECK(Form("gauge", "shift=-3") == "a:-3|g");
  CHECK(Form("gauge", "shift=3&value=4") == "a:4|g");
  CHECK(Line("gauge", "a", R"({"shift":3})") == "a:+3|g");
}

TEST_CASE("numbers are whole ones of 64 bits") {
  CHECK(Line("count", "a", R"({"value":-9223372036854775808})") == "a:-9223372036854775808|c");
  CHECK(Form("count", "value=%2B5") == "a:5|c");
  for (const char* value : {"1.5", "1e2", "9223372036854775808", "\"5\"", "true", "[]"}) {
    CHECK(Line("count", "a", "{\"value\":" + std::string(value) + "}") ==
          "Invalid value specified");
  }
  for (const char* value : {"", "x", "1x", "+-1", " 1", "0x1"}) {
    CHECK(Form("count", "value=" + std::string(value)) == "Invalid value specified");
  }
}

TEST_CASE("a rate below zero sends nothing, any other everything") {
  CHECK(Line("count", "a", R"({"sampleRate":-0.1})") == "nothing");
  CHECK(Line("timing", "a", R"({"sampleRate":0.1})") == "a:0|ms");
  CHECK(Line("count", "a", R"({"sampleRate":"1"})") == "Invalid sample rate specified");
  CHECK(Line("gauge", "a", R"({"sampleRate":-1})") == "a:0|g");
  CHECK(Form("count", "sampleRate=nan") == "Invalid sample rate specified");
}

TEST_CASE("one bad tag loses all tags, and tags that are no text the metric") {
  CHECK(Line("count", "a", R"({"tags":" a=b ,c = d"})") == "a,a=b,c = d:0|c");
  for (const char* tags : {"a", "a=", "=b", "a=b,", ",a=b", "a=b=c", "a= ", "a=b,,c=d"}) {
    INFO(tags);
    CHECK(Line("count", "a", "{\"tags\":\"" + std::string(tags) + "\"}") == "a:0|c");
  }
  CHECK(Line("count", "a", R"({"tags":5})") == "Invalid tags specified");
  CHECK(Line("count", "a", R"({"tags":["a=b"]})") == "Invalid tags specified");
}

TEST_CASE("nothing in a name, a tag or a member ends it early") {
  CHECK(*CleanName("a b:c|d\ne\r\t\x7f{f") == "a_b_c_d_e____f");
  CHECK(*CleanName("a.b-c/d%é,#") == "a.b-c/d%é,#");
  CHECK(*CleanName(std::string_view("a\0b", 3)) == "a_b");
  CHECK_FALSE(CleanName("").has_value());
  CHECK_FALSE(CleanName("\xff").has_value());
  CHECK(Line("count", "a", R"({"tags":"a=b:9|c\nx:1|c"})") == "a,a=b_9_c_x_1_c:0|c");
  CHECK(Line("set", "a", R"({"value":"x|s\ny:1|c"})") == "a:x_s_y_1_c|s");
  CHECK(Line("set", "a", R"({"value":""})") == "Invalid set value specified");
}

TEST_CASE("types are words in small letters") {
  CHECK(ReadCallType("timing") == CallType::kTiming);
  CHECK(ReadCallType("COUNT") == CallType::kUnknown);
  CHECK(ReadCallType("") == CallType::kUnknown);
}

}  // namespace
}  // namespace weir
