// Configurations of routers in all four forms, lists of targets, and what probes answer: any text
// is read or refused with its place, and what is read is written in our form and read again the
// same.
#include <sstream>
#include <string>
#include <vector>

#include "common/topology/config.h"
#include "common/topology/probe_answer.h"
#include "common/topology/target_file.h"
#include "tests/fuzz/fuzz.h"

namespace weir {
namespace {

void CheckError(const std::string& message) {
  FUZZ_CHECK(!message.empty());
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) {
    FUZZ_CHECK(line.starts_with("file"));
    for (const char c : line) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

void ReadConfig(std::string_view text, bool strict) {
  std::vector<std::string> warnings;
  const auto config =
      ReadRouterConfig(text, "file", {.strict = strict, .overrides = {}}, &warnings);
  if (!config) return CheckError(config.error().message);
  FUZZ_CHECK(!config->downstreams.empty() || !config->discover.empty());
  for (const DownstreamConfig& downstream : config->downstreams) {
    FUZZ_CHECK(!downstream.address.empty() && !downstream.label.empty());
    FUZZ_CHECK((downstream.health_kind == HealthKind::kNone) == downstream.health.empty());
  }
  const auto again = ReadRouterConfig(ToYaml(*config), "again", {}, &warnings);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(*again == *config);
}

void ReadAnswer(std::string_view text) {
  for (const HealthKind kind : {HealthKind::kStatsd, HealthKind::kHttp}) {
    ProbeAnswer whole(kind);
    ProbeAnswer::Meaning at_once = whole.Feed(text);
    if (at_once == ProbeAnswer::Meaning::kUnclear) at_once = whole.End();
    ProbeAnswer pieces(kind);
    ProbeAnswer::Meaning by_bytes = ProbeAnswer::Meaning::kUnclear;
    for (size_t i = 0; i < text.size() && by_bytes == ProbeAnswer::Meaning::kUnclear; ++i) {
      by_bytes = pieces.Feed(text.substr(i, 1));
    }
    if (by_bytes == ProbeAnswer::Meaning::kUnclear) by_bytes = pieces.End();
    FUZZ_CHECK(at_once == by_bytes);
  }
}

}  // namespace

FUZZ(router_config) {
  Choices choices(&input);
  const bool strict = choices.Bit();
  ReadConfig(input, strict);
  if (const auto targets = ReadTargets(input, "file")) {
    for (const Target& target : *targets) FUZZ_CHECK(!target.address.empty());
  } else {
    CheckError(targets.error().message);
  }
  ReadAnswer(input);
}

}  // namespace weir
