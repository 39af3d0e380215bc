// Mapping files: any text loads or says where and what is wrong; what loads can be asked for any
// name, dumped and linted, and gives sound families and labels.
#include <sstream>
#include <string>
#include <vector>

#include "mapping/mapper.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mapping_text.h"

namespace weir {
namespace {

constexpr std::string_view kNames[] = {
    "",           ".",
    "a",          "a.b",
    "a.b.c",      "test.dispatcher.FooProcessor.send.success",
    "*",          "foo_x.yz",
    "..a..",      "a-b.c$1${1}",
    "\xc3\xa9.x", "x.re.12",
};
const std::vector<Tag> kTags = {
    {"env", "prod"}, {"a.b", "1"}, {"a_b", "2"}, {"le", "1"}, {"é", ""}};

void CheckError(const std::string& message) {
  // One finding a line, each with its place.
  FUZZ_CHECK(!message.empty());
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    FUZZ_CHECK(line.starts_with("/proc/self/fd/"));
    for (const char c : line) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

void Ask(const Mapper& mapper, std::string_view name) {
  Resolution resolution;
  for (const EventKind kind : {EventKind::kCounter, EventKind::kGauge, EventKind::kObserver}) {
    mapper.Resolve(name, kind, kTags, &resolution);
    const bool mapped = resolution.verdict == Resolution::Verdict::kMapped;
    FUZZ_CHECK(mapped || resolution.rule == nullptr ||
               resolution.verdict == Resolution::Verdict::kDropped ||
               resolution.verdict == Resolution::Verdict::kEmptyName);
    if (!mapped && resolution.verdict != Resolution::Verdict::kUnmapped) continue;
    FUZZ_CHECK(!resolution.family.empty());
    FUZZ_CHECK(resolution.policy.help != nullptr);
    for (size_t i = 1; i < resolution.labels.size(); ++i) {
      FUZZ_CHECK(resolution.labels[i - 1].name < resolution.labels[i].name);
    }
    const SeriesPolicy& policy = resolution.policy;
    FUZZ_CHECK((policy.type == MetricType::kSummary) == (policy.summary != nullptr));
    FUZZ_CHECK((policy.type == MetricType::kHistogram) == (policy.histogram != nullptr));
    if (policy.histogram == nullptr) continue;
    for (size_t i = 1; i < policy.histogram->buckets.size(); ++i) {
      FUZZ_CHECK(policy.histogram->buckets[i - 1] < policy.histogram->buckets[i]);
    }
  }
}

}  // namespace

FUZZ(mapping) {
  Choices choices(&input);
  const bool strict = choices.Bit();
  std::vector<std::string> warnings;
  const auto mapper = LoadMappingText(input, {.strict = strict, .mapper = {}}, &warnings);
  if (!mapper) return CheckError(mapper.error().message);
  for (const std::string_view name : kNames) Ask(**mapper, name);
  // Names that are likely to match: what stands behind a key.
  for (size_t at = 0; (at = input.find(": ", at)) != input.npos; at += 2) {
    std::string name(input.substr(at + 2, input.find_first_of("\n,}", at + 2) - at - 2));
    for (char& c : name) c = c == '*' ? 'x' : c;
    Ask(**mapper, name);
  }
  std::ostringstream dump;
  (*mapper)->DumpFsm(dump);
  (*mapper)->Lint();
  // What loads strictly loads otherwise.
  if (strict) FUZZ_CHECK(LoadMappingText(input, {}, &warnings).has_value());
}

}  // namespace weir
