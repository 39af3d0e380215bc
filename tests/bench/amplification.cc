// weir-amplification: the first sight of hostile lines, for scripts/check-amplification to count.
//
//   weir-amplification MAPPING_FILE
//
// Each line meets an exporter that has seen nothing; what is measured under callgrind is what runs
// within weir_measured_pass, and weir_operation_end parts one line from the next. For each size a
// plain line comes first, whose first sight without rules is what the others are compared with.
// Prints for each its kind, whether there were rules, and its size.
#include <sys/random.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "tests/support/pipeline.h"

// Takes the place of the C library's: the same secret of the hashes in every run.
extern "C" ssize_t getrandom(void* buffer, size_t length, unsigned) {
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<unsigned char>(i * 151 + 43);
  return static_cast<ssize_t>(length);
}

extern "C" [[gnu::noinline]] void weir_measured_pass(weir::Pipeline* pipeline,
                                                     const std::string& datagram) {
  pipeline->Send(datagram);
  pipeline->Settle();
}
extern "C" [[gnu::noinline]] void weir_operation_end() { asm volatile(""); }

namespace weir {
namespace {

// `piece(i)` again and again behind `begin`, as often as fits with `end` into `size` bytes.
std::string Fill(size_t size, const std::string& begin,
                 const std::function<std::string(int)>& piece, const std::string& end) {
  std::string line = begin;
  for (int i = 0;; ++i) {
    const std::string next = piece(i);
    if (line.size() + next.size() + end.size() > size) return line + end;
    line += next;
  }
}

std::string Fill(size_t size, const std::string& begin, const std::string& piece,
                 const std::string& end) {
  return Fill(
      size, begin, [&](int) { return piece; }, end);
}

struct Kind {
  const char* name;
  std::function<std::string(size_t size)> line;
};

std::string Numbered(const std::string& before, int i, const std::string& after) {
  return before + std::to_string(i) + after;
}

std::vector<Kind> Kinds() {
  return {
      {"dots", [](size_t s) { return Fill(s, "a", ".a", ":1|c"); }},
      {"bad-characters", [](size_t s) { return Fill(s, "a", "-", ":1|c"); }},
      {"utf8", [](size_t s) { return Fill(s, "a", "\xc3\xa9", ":1|c"); }},
      {"tags",
       [](size_t s) {
         return Fill(
             s, "n:1|c|#a:b", [](int i) { return Numbered(",k", i, ":v"); }, "");
       }},
      {"tags-backwards",
       [](size_t s) {
         return Fill(
             s, "n:1|c|#a:b", [](int i) { return Numbered(",k", 99'999 - i, ":v"); }, "");
       }},
      {"tags-alike", [](size_t s) { return Fill(s, "n:1|c|#a:b", ",a:b", ""); }},
      {"tags-that-become-alike",
       [](size_t s) {
         return Fill(
             s, "n:1|c|#a:b", [](int i) { return ",k" + std::string(1, "-.+!"[i % 4]) + "k:v"; },
             "");
       }},
      {"tags-without-values", [](size_t s) { return Fill(s, "n:1|c|#", ",a", ""); }},
      {"commas", [](size_t s) { return Fill(s, "n:1|c|#", ",", ""); }},
      {"influxdb-tags",
       [](size_t s) {
         return Fill(
             s, "n", [](int i) { return Numbered(",k", i, "=v"); }, ":1|c");
       }},
      {"librato-tags",
       [](size_t s) {
         return Fill(
             s, "n#a=b", [](int i) { return Numbered(",k", i, "=v"); }, ":1|c");
       }},
      {"signalfx-tags",
       [](size_t s) {
         return Fill(
             s, "n[a=b", [](int i) { return Numbered(",k", i, "=v"); }, "]:1|c");
       }},
      {"brackets", [](size_t s) { return Fill(s, "n", "[a=b]", ":1|c"); }},
      {"open-brackets", [](size_t s) { return Fill(s, "n", "[", ":1|c"); }},
      {"values", [](size_t s) { return Fill(s, "n:1", ":1", "|ms"); }},
      {"values-with-weights", [](size_t s) { return Fill(s, "n:1", ":1", "|ms|@0.00001"); }},
      {"values-that-go-down", [](size_t s) { return Fill(s, "n:-1", ":-1", "|c"); }},
      {"values-behind-tags",
       [](size_t s) {
         return Fill(s,
                     Fill(
                         s / 2, "n#a=b", [](int i) { return Numbered(",k", i, "=v"); }, ":1"),
                     ":1", "|ms");
       }},
      {"values-behind-bad-tags",
       [](size_t s) { return Fill(s, Fill(s / 2, "n#", ",", ":1"), ":1", "|ms"); }},
      {"values-that-go-down-behind-tags",
       [](size_t s) { return Fill(s, Fill(s / 2, "n#", ",a=b", ":-1"), ":-1", "|c"); }},
      {"values-before-bad-tags",
       [](size_t s) { return Fill(s, Fill(s / 2, "n:1", ":1", "|ms|#"), ",", ""); }},
      {"samples", [](size_t s) { return Fill(s, "n:1|c", ":1|c", ""); }},
      {"samples-of-all-types", [](size_t s) { return Fill(s, "n:1|c", ":1|g:1|ms:1|s:-1|c", ""); }},
      {"samples-of-all-types-behind-bad-tags",
       [](size_t s) {
         return Fill(s, Fill(s / 2, "n#", ",", ":1|c"), ":1|g:1|ms:1|s:-1|c:1|c", "");
       }},
      {"samples-with-rates", [](size_t s) { return Fill(s, "n:1|c", ":1|ms|@0.001", ""); }},
      {"fields", [](size_t s) { return Fill(s, "n:1|c", "|x", ""); }},
      {"tag-fields", [](size_t s) { return Fill(s, "n:1|c", "|#a:b", ""); }},
      {"containers", [](size_t s) { return Fill(s, "n:1|c|#a:b", "|c:x", ""); }},
      {"colons", [](size_t s) { return Fill(s, "n", ":", "|c"); }},
      {"bars", [](size_t s) { return Fill(s, "n:1", "|", ""); }},
      {"number", [](size_t s) { return Fill(s, "n:1", "1", "|c"); }},
      {"number-with-underscores", [](size_t s) { return Fill(s, "n:0x1", "_1", "p1|c"); }},
      {"fraction", [](size_t s) { return Fill(s, "n:0.", "0", "1|c"); }},
      {"event", [](size_t s) { return Fill(s, "_e{1,1}:a|b", "|#a:b", ""); }},
      {"empty-lines", [](size_t s) { return std::string(s, '\n'); }},
      {"short-lines",
       [](size_t s) {
         return Fill(
             s, "", [](int i) { return Numbered("n", i, ":1|c\n"); }, "");
       }},
      {"short-bad-lines", [](size_t s) { return Fill(s, "", "a\n", ""); }},
  };
}

void Measure(const char* kind, bool has_rules, const std::shared_ptr<const Mapper>& rules,
             const std::string& datagram) {
  auto pipeline = std::make_unique<Pipeline>(1);
  if (has_rules) pipeline->SetMapper(rules);
  weir_measured_pass(pipeline.get(), datagram);
  weir_operation_end();
  std::printf("%s %s %zu\n", kind, has_rules ? "rules" : "no-rules", datagram.size());
}

int Main(const char* mapping_path) {
  std::vector<std::string> warnings;
  const auto rules = Mapper::Load({mapping_path}, {}, &warnings);
  WEIR_CHECK(rules.has_value());
  for (const size_t size : {size_t{64}, size_t{1432}, size_t{8192}, size_t{65'000}}) {
    Measure("plain", false, nullptr, std::string(size - 4, 'a') + ":1|c");
    for (const Kind& kind : Kinds()) {
      for (const bool has_rules : {false, true}) {
        Measure(kind.name, has_rules, *rules, kind.line(size));
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (argc == 2) return weir::Main(argv[1]);
  std::fputs("usage: weir-amplification MAPPING_FILE\n", stderr);
  return 2;
}
