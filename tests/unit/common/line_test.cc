#include "common/line.h"

#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {
namespace {

using Lines = std::vector<std::string_view>;

Lines Cut(std::string_view block, Framing framing) {
  LineCutter cutter(block, framing);
  Lines lines;
  std::string_view line;
  while (cutter.Next(&line)) lines.push_back(line);
  CHECK(!cutter.Next(&line));
  return lines;
}

Lines OfDatagram(std::string_view block) { return Cut(block, Framing::kDatagram); }
Lines OfStream(std::string_view block) { return Cut(block, Framing::kStream); }

TEST_CASE("in a datagram what follows the last LF is a line, even an empty one", "[line]") {
  CHECK(OfDatagram("a") == Lines{"a"});
  CHECK(OfDatagram("a\n") == Lines{"a", ""});
  CHECK(OfDatagram("a\nb") == Lines{"a", "b"});
  CHECK(OfDatagram("a\n\nb\n") == Lines{"a", "", "b", ""});
  CHECK(OfDatagram("\n") == Lines{"", ""});
}

TEST_CASE("a datagram of no bytes is one empty line", "[line]") {
  CHECK(OfDatagram("") == Lines{""});
  CHECK(OfDatagram(std::string_view()) == Lines{""});
}

TEST_CASE("in a stream nothing follows the last LF", "[line]") {
  CHECK(OfStream("").empty());
  CHECK(OfStream(std::string_view()).empty());
  CHECK(OfStream("a\n") == Lines{"a"});
  CHECK(OfStream("\n") == Lines{""});
  CHECK(OfStream("a\n\nb\n") == Lines{"a", "", "b"});
}

TEST_CASE("a stream's last line may lack its LF", "[line]") {
  CHECK(OfStream("a\nb") == Lines{"a", "b"});
}

TEST_CASE("one CR at the end of a line is no part of it", "[line]") {
  for (const Framing framing : {Framing::kDatagram, Framing::kStream}) {
    CHECK(Cut("a\r\nb\r", framing) == Lines{"a", "b"});
    CHECK(Cut("a\r\r\nb", framing) == Lines{"a\r", "b"});
    CHECK(Cut("a\rb\nc", framing) == Lines{"a\rb", "c"});
    CHECK(Cut("\r", framing) == Lines{""});
  }
  CHECK(OfStream("a\r\n") == Lines{"a"});
  CHECK(OfDatagram("a\r\n") == Lines{"a", ""});
}

TEST_CASE("an event is told by its head and by lengths that fit", "[line]") {
  CHECK(EventTitle("_e{5,4}:title|text") == "title");
  CHECK(EventTitle("_e{5,4}:title|text|h:x|#a:b") == "title");
  CHECK(EventTitle("_e{5,0}:title|") == "title");
  CHECK(EventTitle("_e{3,3}:a|b|c:d|t:error") == "a|b");
  CHECK(EventTitle("_e{1,1}:1|c") == "1");
  for (const std::string_view line : {"",
                                      "_e",
                                      "_e{",
                                      "_e{5",
                                      "_e{5,",
                                      "_e{5,4",
                                      "_e{5,4}",
                                      "_e{5,4}title|text",
                                      "_e{5,4}:title",
                                      "_e{5,4}:title|tex",
                                      "_e{5,4}:title|texts",
                                      "_e{4,4}:title|text",
                                      "_e{0,4}:|text",
                                      "_e{-5,4}:title|text",
                                      "_e{5 ,4}:title|text",
                                      "_e{,4}:title|text",
                                      "_e{99999999999999999999,4}:title|text",
                                      "_e{18446744073709551615,4}:title|text",
                                      "_e{5,18446744073709551615}:title|text",
                                      "e{5,4}:title|text"}) {
    CAPTURE(line);
    CHECK(!EventTitle(line));
  }
}

TEST_CASE("the lengths of an event count bytes or characters", "[line]") {
  CHECK(EventTitle("_e{7,2}:title é|ok") == "title é");
  CHECK(EventTitle("_e{8,2}:title é|ok") == "title é");
  CHECK(EventTitle("_e{2,1}:ok|é|#a:b") == "ok");
  CHECK(EventTitle("_e{2,2}:ok|é") == "ok");
  CHECK(!EventTitle("_e{6,2}:title é|ok"));
}

TEST_CASE("a service check has a name and a status", "[line]") {
  CHECK(CheckName("_sc|Redis|0") == "Redis");
  CHECK(CheckName("_sc|svc:x|3|h:h|#a:b|m:text") == "svc:x");
  for (const std::string_view line : {"", "_sc", "_sc|", "_sc|Redis", "_sc||0", "_sc|Redis|",
                                      "_sc|Redis|4", "_sc|Redis|01", "_sc|x:1|c", "sc|Redis|0"}) {
    CAPTURE(line);
    CHECK(!CheckName(line));
  }
}

}  // namespace
}  // namespace weir
