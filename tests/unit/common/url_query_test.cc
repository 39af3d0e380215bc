#include "common/url_query.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("parameters come in their order, as often as they are given", "[url_query]") {
  CHECK(ReadUrlQuery("") == UrlParameters{});
  CHECK(ReadUrlQuery("node=a") == UrlParameters{{"node", "a"}});
  CHECK(ReadUrlQuery("b=1&a=2&b=3") == UrlParameters{{"b", "1"}, {"a", "2"}, {"b", "3"}});
}

TEST_CASE("only the first = parts name and value, and both may be empty", "[url_query]") {
  CHECK(ReadUrlQuery("a=b=c") == UrlParameters{{"a", "b=c"}});
  CHECK(ReadUrlQuery("a") == UrlParameters{{"a", ""}});
  CHECK(ReadUrlQuery("=b") == UrlParameters{{"", "b"}});
  CHECK(ReadUrlQuery("&&a=1&") == UrlParameters{{"a", "1"}});
}

TEST_CASE("names and values are decoded after they were parted", "[url_query]") {
  CHECK(ReadUrlQuery("node=10.0.0.1%3A9125") == UrlParameters{{"node", "10.0.0.1:9125"}});
  CHECK(ReadUrlQuery("node=10.0.0.1:9125") == UrlParameters{{"node", "10.0.0.1:9125"}});
  CHECK(ReadUrlQuery("%6eode=a%26b%3dc") == UrlParameters{{"node", "a&b=c"}});
  CHECK(ReadUrlQuery("a=x+y%20z%2B") == UrlParameters{{"a", "x y z+"}});
  CHECK(ReadUrlQuery("a=%00%fF") == UrlParameters{{"a", std::string("\0\xFF", 2)}});
  CHECK(ReadUrlQuery("a=%2541") == UrlParameters{{"a", "%41"}});
}

TEST_CASE("a broken encoding is no query", "[url_query]") {
  for (const char* query :
       {"a=%", "a=%4", "a=%4x", "a=%x4", "a=%-1", "a=%+1", "a=% 1", "%=1", "a=1&b=%zz"}) {
    INFO(query);
    CHECK_FALSE(ReadUrlQuery(query));
  }
}

TEST_CASE("a visit ends where the visitor says so, or the encoding is broken", "[url_query]") {
  const auto seen = [](std::string_view query, std::string_view last) {
    std::string names;
    const bool whole = VisitUrlQuery(query, [&](std::string name, std::string) {
      names += name;
      return name != last;
    });
    return names + (whole ? " all" : " ended");
  };
  CHECK(seen("a=1&b=2&c=3", "") == "abc all");
  CHECK(seen("a=1&b=2&c=3", "b") == "ab ended");
  CHECK(seen("a=1&b=%zz&c=3", "") == "a ended");
}

}  // namespace
}  // namespace weir
