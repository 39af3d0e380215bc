#include "common/metric_fields.h"

#include <string>

#include "tests/support/allocations.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using Kind = MetricField::Kind;

MetricField Json(const std::string& body, FieldName name = FieldName::kValue) {
  MetricFields fields;
  INFO(body);
  REQUIRE(ReadJsonFields(body, &fields));
  return fields[name];
}

bool IsJson(std::string_view body) {
  MetricFields fields;
  return ReadJsonFields(body, &fields);
}

TEST_CASE("a JSON object gives its fields, a number as it stands there") {
  for (const char* number :
       {"0", "-0", "5", "-12", "1.5", "1e2", "1E-2", "0.5e+10", "9223372036854775808"}) {
    const MetricField field = Json("{\"value\":" + std::string(number) + "}");
    CHECK(field.kind == Kind::kNumber);
    CHECK(field.text == number);
  }
  CHECK(Json("{\"value\":\"text\"}").kind == Kind::kString);
  CHECK(Json("{\"value\":true}").kind == Kind::kOther);
  CHECK(Json("{\"value\":[1,{}]}").kind == Kind::kOther);
  CHECK(Json("{\"value\":null}").kind == Kind::kAbsent);
  CHECK(Json("{}").kind == Kind::kAbsent);
  CHECK(Json("null").kind == Kind::kAbsent);
}

TEST_CASE("names of fields are those in any case of letters, and the last one counts") {
  CHECK(Json("{\"VALUE\":1}").text == "1");
  CHECK(Json("{\"samplerate\":1}", FieldName::kSampleRate).text == "1");
  CHECK(Json("{\"v\\u0061lue\":1}").text == "1");
  CHECK(Json("{\"value\":1,\"Value\":2}").text == "2");
  CHECK(Json("{\"value\":1,\"value\":null}").text == "1");
  CHECK(Json("{\"valu\":1,\"values\":2,\"\":3}").kind == Kind::kAbsent);
}

TEST_CASE("escapes in texts are what they stand for") {
  CHECK(Json(R"({"value":"a\"\\\/\b\f\n\r\t"})").text == "a\"\\/\b\f\n\r\t");
  CHECK(Json(R"({"value":"\u0041\u00e9\u20AC\ud83d\ude00"})").text == "Aé€😀");
  CHECK(Json(R"({"value":"\ud83d"})").text == "\xEF\xBF\xBD");
  CHECK(Json(R"({"value":"\ud83dA\ude00"})").text ==
        "\xEF\xBF\xBD"
        "A\xEF\xBF\xBD");
  CHECK(Json(R"({"value":"\u0000"})").text == std::string(1, '\0'));
  CHECK(Json("{\"value\":\"é😀\"}").text == "é😀");
}

TEST_CASE("what is no JSON object is refused") {
  for (const std::string_view body : {"",
                                      " ",
                                      "[]",
                                      "5",
                                      "\"x\"",
                                      "true",
                                      "nul",
                                      "{",
                                      "{\"value\"",
                                      "{\"value\":",
                                      "{\"value\":1",
                                      "{\"value\":1,}",
                                      "{,}",
                                      "{\"value\" 1}",
                                      "{value:1}",
                                      "{'value':1}",
                                      "{\"value\":01}",
                                      "{\"value\":+1}",
                                      "{\"value\":.5}",
                                      "{\"value\":1.}",
                                      "{\"value\":1e}",
                                      "{\"value\":-}",
                                      "{\"value\":tru}",
                                      "{\"value\":nan}",
                                      "{\"value\":\"x}",
                                      "{\"value\":\"\\x\"}",
                                      "{\"value\":\"\\u12\"}",
                                      "{\"value\":\"a\nb\"}",
                                      "{\"value\":1}x",
                                      "{\"value\":1}{}",
                                      "{\"x\":[1,]}",
                                      "{\"x\":[}",
                                      "{\"x\":{\"y\"}}",
                                      "\xef\xbb\xbf{}",
                                      "{\"x\":\"\xff\"}"}) {
    INFO(body);
    CHECK_FALSE(IsJson(body));
  }
  CHECK_FALSE(IsJson(std::string_view("{}\0", 3)));
  CHECK_FALSE(IsJson(std::string_view("{\"x\":\"\0\"}", 9)));
  CHECK_FALSE(IsJson("{\"value\":\"\\"));
}

TEST_CASE("white space may stand between all parts") {
  CHECK(Json(" \t\r\n{ \"x\" : [ 1 , { \"y\" : null } ] , \"value\" : 5 } \n").text == "5");
}

TEST_CASE("depth costs a client its request and not the stack") {
  const auto nested = [](size_t depth) {
    return "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(IsJson(nested(9'000)));
  CHECK_FALSE(IsJson(nested(11'000)));
  CHECK_FALSE(IsJson(std::string(1'000'000, '[')));
}

TEST_CASE("a form gives texts") {
  MetricFields fields;
  REQUIRE(ReadFormFields("value=5&tags=a%3Db%2Cc&x=y&&Shift=%2B3&dur", &fields));
  CHECK(fields[FieldName::kValue].kind == Kind::kString);
  CHECK(fields[FieldName::kValue].text == "5");
  CHECK(fields[FieldName::kTags].text == "a=b,c");
  CHECK(fields[FieldName::kShift].text == "+3");
  CHECK(fields[FieldName::kDur].kind == Kind::kString);
  CHECK(fields[FieldName::kTime].kind == Kind::kAbsent);
  CHECK(ReadFormFields("", &fields));
  CHECK_FALSE(ReadFormFields("value=%zz", &fields));
  CHECK_FALSE(ReadFormFields("value=%ff", &fields));
  CHECK_FALSE(ReadFormFields("x=%ff&value=5", &fields));
  CHECK_FALSE(ReadFormFields("value=5&%zz", &fields));
}

TEST_CASE("unknown fields of a form cost no memory, however many they are") {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += "a&b=c&";
  body += "value=5";
  MetricFields fields;
  const uint64_t before = Allocations();
  REQUIRE(ReadFormFields(body, &fields));
  const uint64_t counted = Allocations() - before;
  CHECK(counted == 0);
  CHECK(fields[FieldName::kValue].text == "5");
}

TEST_CASE("a form that is announced as JSON is known by its first field") {
  CHECK(LooksLikeForm("value=100&sampleRate=1"));
  CHECK(LooksLikeForm("tags=a%3Db"));
  CHECK_FALSE(LooksLikeForm("{\"value\":1}"));
  CHECK_FALSE(LooksLikeForm("x=1&value=2"));
  CHECK_FALSE(LooksLikeForm("value"));
  CHECK_FALSE(LooksLikeForm(""));
}

}  // namespace
}  // namespace weir
