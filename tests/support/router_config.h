// For tests of the router's configuration: texts in, configurations or findings out.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/topology/config.h"
#include "tests/support/catch.h"
#include "tests/support/source_dir.h"

namespace weir {

using Lines = std::vector<std::string>;

struct ReadOutcome {
  std::optional<RouterConfig> config;
  Lines errors;
  Lines warnings;
};

inline Lines LinesOf(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline ReadOutcome ReadConfig(std::string_view text, const ConfigOptions& options = {}) {
  ReadOutcome outcome;
  auto config = ReadRouterConfig(text, "f", options, &outcome.warnings);
  if (config) {
    outcome.config = *config;
  } else {
    outcome.errors = LinesOf(config.error().message);
  }
  return outcome;
}

// The configuration, which must be free of errors.
inline RouterConfig GoodConfig(std::string_view text, const ConfigOptions& options = {}) {
  const ReadOutcome outcome = ReadConfig(text, options);
  CAPTURE(text);
  CHECK(outcome.errors == Lines{});
  REQUIRE(outcome.config.has_value());
  return *outcome.config;
}

// The only error, with its place.
inline std::string OnlyError(std::string_view text) {
  const ReadOutcome outcome = ReadConfig(text);
  CAPTURE(text, outcome.errors);
  REQUIRE(outcome.errors.size() == 1);
  return outcome.errors[0];
}

inline std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

inline std::string RouterExample(const std::string& name) {
  return SourceDir() / "examples/router" / name;
}

}  // namespace weir
