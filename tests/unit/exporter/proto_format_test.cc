#include "exporter/proto_format.h"

#include <cmath>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/number_text.h"
#include "tests/support/catch.h"

namespace weir {
namespace {

using protozero::pbf_reader;

const Exposition& Proto() { return Exposition::For(Format::kProtobuf); }

// What a message's fields are, by number.
struct Shape;
using Shapes = std::vector<std::pair<uint32_t, Shape>>;
struct Shape {
  enum Kind { kString, kVarint, kSigned, kDouble, kPackedSigned, kMessage } kind;
  Shapes fields;
};

const Shapes& FamilyShape() {
  static const Shapes label = {{1, {Shape::kString, {}}}, {2, {Shape::kString, {}}}};
  static const Shapes single = {{1, {Shape::kDouble, {}}}};
  static const Shapes quantile = {{1, {Shape::kDouble, {}}}, {2, {Shape::kDouble, {}}}};
  static const Shapes summary = {
      {1, {Shape::kVarint, {}}}, {2, {Shape::kDouble, {}}}, {3, {Shape::kMessage, quantile}}};
  static const Shapes bucket = {{1, {Shape::kVarint, {}}}, {2, {Shape::kDouble, {}}}};
  static const Shapes span = {{1, {Shape::kSigned, {}}}, {2, {Shape::kVarint, {}}}};
  static const Shapes histogram = {
      {1, {Shape::kVarint, {}}},      {2, {Shape::kDouble, {}}},
      {3, {Shape::kMessage, bucket}}, {5, {Shape::kSigned, {}}},
      {6, {Shape::kDouble, {}}},      {7, {Shape::kVarint, {}}},
      {9, {Shape::kMessage, span}},   {10, {Shape::kPackedSigned, {}}},
      {12, {Shape::kMessage, span}},  {13, {Shape::kPackedSigned, {}}}};
  static const Shapes metric = {{1, {Shape::kMessage, label}},
                                {2, {Shape::kMessage, single}},
                                {3, {Shape::kMessage, single}},
                                {4, {Shape::kMessage, summary}},
                                {7, {Shape::kMessage, histogram}}};
  static const Shapes family = {{1, {Shape::kString, {}}},
                                {2, {Shape::kString, {}}},
                                {3, {Shape::kVarint, {}}},
                                {4, {Shape::kMessage, metric}}};
  return family;
}

std::string NumberText(double value) {
  std::string text;
  AppendNumber(value, &text);
  return text;
}

// A message as text: "1:name 4:{1:...}". A field unknown to `shapes` fails the test.
std::string Dump(pbf_reader message, const Shapes& shapes) {
  std::string out;
  while (message.next()) {
    const Shape* shape = nullptr;
    for (const auto& [tag, known] : shapes) {
      if (tag == message.tag()) shape = &known;
    }
    REQUIRE(shape != nullptr);
    if (!out.empty()) out += ' ';
    out += std::to_string(message.tag()) + ':';
    switch (shape->kind) {
      case Shape::kString:
        out += message.get_string();
        break;
      case Shape::kVarint:
        out += std::to_string(message.get_uint64());
        break;
      case Shape::kSigned:
        out += std::to_string(message.get_sint64());
        break;
      case Shape::kDouble:
        out += NumberText(message.get_double());
        break;
      case Shape::kPackedSigned:
        out += '[';
        for (const int64_t value : message.get_packed_sint64()) out += std::to_string(value) + ',';
        out += ']';
        break;
      case Shape::kMessage:
        out += '{' + Dump(message.get_message(), shape->fields) + '}';
        break;
    }
  }
  return out;
}

std::vector<std::string> DumpPage(const std::string& page) {
  std::vector<std::string> families;
  const char* at = page.data();
  const char* end = at + page.size();
  while (at != end) {
    const uint64_t length = protozero::decode_varint(&at, end);
    REQUIRE(length <= static_cast<uint64_t>(end - at));
    families.push_back(Dump(pbf_reader(at, length), FamilyShape()));
    at += length;
  }
  return families;
}

TEST_CASE("a protobuf family is one delimited message, to the byte", "[proto]") {
  std::string out = "before";
  const FamilyHead head = {.name = "hits", .type = MetricType::kCounter, .help = "h"};
  const size_t mark = Proto().Begin(head, &out);
  Proto().Counter("hits", R"(a="b")", 1, &out);
  Proto().End(mark, &out);
  Proto().EndPage(&out);
  const char expected[] =
      "before"
      "\x20"          // 32 bytes follow
      "\x0a\x04hits"  // 1 name
      "\x12\x01h"     // 2 help
      "\x18\x00"      // 3 type COUNTER
      "\x22\x13"      // 4 metric
      "\x0a\x06\x0a\x01"
      "a\x12\x01"
      "b"                                  // 1 label
      "\x1a\x09\x09\0\0\0\0\0\0\xf0\x3f";  // 3 counter { 1 value }
  CHECK(out == std::string(expected, sizeof(expected) - 1));
}

TEST_CASE("each type has its number and its field", "[proto]") {
  std::string out;
  const auto family = [&](MetricType type, auto render) {
    const size_t mark = Proto().Begin({.name = "x", .type = type, .help = "help"}, &out);
    render();
    Proto().End(mark, &out);
  };
  family(MetricType::kCounter, [&] {
    Proto().Counter("x", "", 2.5, &out);
    Proto().Counter("x", R"(a="1")", 0, &out);
  });
  family(MetricType::kGauge, [&] { Proto().Gauge("x", R"(a="1",b="2")", std::nan(""), &out); });
  family(MetricType::kSummary, [&] {
    const std::vector<Objective> objectives = {{0.5, 0.05}, {0.99, 0.001}};
    const std::vector<double> values = {1, 2};
    Proto().Summary("x", "", {objectives, values, 3, 4}, &out);
  });
  family(MetricType::kHistogram, [&] {
    const std::vector<double> bounds = {1, 2.5};
    const std::vector<uint64_t> counts = {3, 4};
    Proto().Histogram("x", R"(a="1")", {bounds, counts, 9, 8}, &out);
  });
  CHECK(DumpPage(out) ==
        std::vector<std::string>{
            "1:x 2:help 3:0 4:{3:{1:2.5}} 4:{1:{1:a 2:1} 3:{1:0}}",
            "1:x 2:help 3:1 4:{1:{1:a 2:1} 1:{1:b 2:2} 2:{1:NaN}}",
            "1:x 2:help 3:2 4:{4:{1:4 2:3 3:{1:0.5 2:1} 3:{1:0.99 2:2}}}",
            "1:x 2:help 3:4 4:{1:{1:a 2:1} 7:{1:8 2:9 3:{1:3 2:1} 3:{1:7 2:2.5}}}"});
}

TEST_CASE("label values are unescaped in protobuf", "[proto]") {
  std::string out;
  const size_t mark = Proto().Begin({.name = "x", .help = "a\nb\\"}, &out);
  Proto().Counter("x", R"(a="\\\n\"",b="c")", 1, &out);
  Proto().End(mark, &out);
  CHECK(DumpPage(out) ==
        std::vector<std::string>{"1:x 2:a\nb\\ 3:0 4:{1:{1:a 2:\\\n\"} 1:{1:b 2:c} 3:{1:1}}"});
}

TEST_CASE("slices of a family are messages of the same head", "[proto]") {
  std::string out;
  for (int slice = 0; slice < 3; ++slice) {
    const FamilyHead head = {
        .name = "x", .type = MetricType::kGauge, .help = "h", .continued = slice > 0};
    const size_t mark = Proto().Begin(head, &out);
    Proto().Gauge("x", "n=\"" + std::to_string(slice) + "\"", slice, &out);
    Proto().End(mark, &out);
  }
  CHECK(DumpPage(out) == std::vector<std::string>{"1:x 2:h 3:1 4:{1:{1:n 2:0} 2:{1:0}}",
                                                  "1:x 2:h 3:1 4:{1:{1:n 2:1} 2:{1:1}}",
                                                  "1:x 2:h 3:1 4:{1:{1:n 2:2} 2:{1:2}}"});
}

TEST_CASE("a message longer than one length byte is delimited right", "[proto]") {
  std::string out;
  const size_t mark = Proto().Begin({.name = "x", .help = std::string(100000, 'h')}, &out);
  for (int i = 0; i < 1000; ++i) Proto().Counter("x", "", i, &out);
  Proto().End(mark, &out);
  CHECK(DumpPage(out).size() == 1);
}

TEST_CASE("native buckets go beside the classic ones", "[proto]") {
  NativeHistogram native(2, 160);
  for (const double value : {1.0, 2.0, 2.0, 100.0, 0.0, -1.0, -4.0}) native.Observe(value, 1);
  const std::vector<double> bounds = {1};
  const std::vector<uint64_t> counts = {4};
  std::string out;
  const size_t mark =
      Proto().Begin({.name = "x", .type = MetricType::kHistogram, .help = "h"}, &out);
  Proto().Histogram("x", "", {bounds, counts, 100, 7, &native}, &out);
  Proto().End(mark, &out);
  CHECK(DumpPage(out) ==
        std::vector<std::string>{
            "1:x 2:h 3:4 4:{7:{1:7 2:100 3:{1:4 2:1} 5:0 6:2.938735877055719e-39 7:1 "
            "9:{1:0 2:3} 10:[1,-1,1,] 12:{1:0 2:2} 12:{1:5 2:1} 13:[1,1,-1,]}}"});
}

TEST_CASE("an empty native histogram is still a native one", "[proto]") {
  const NativeHistogram native(1.1, 160);
  std::string out;
  const size_t mark =
      Proto().Begin({.name = "x", .type = MetricType::kHistogram, .help = "h"}, &out);
  Proto().Histogram("x", "", {{}, {}, 0, 0, &native}, &out);
  Proto().End(mark, &out);
  CHECK(DumpPage(out) ==
        std::vector<std::string>{"1:x 2:h 3:4 4:{7:{1:0 2:0 5:3 6:2.938735877055719e-39 7:0}}"});
}

}  // namespace
}  // namespace weir
