// From configuration to rules: inheritance, checks that need several keys, compiled patterns.
//
// Tested by tests/unit/mapping/compile_test.cc and mapper_vectors_test.cc.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "common/diagnostics.h"
#include "mapping/config.h"
#include "mapping/rule.h"
#include "mapping/series_policy.h"

namespace weir {

// What `defaults` comes to, with built-in values where it is silent.
struct Defaults {
  std::optional<ObserverType> observer_type;
  MatchType match_type = MatchType::kGlob;
  std::chrono::nanoseconds ttl{0};
  SummaryOptions summary;
  HistogramOptions histogram;
};

// `default_ttl` holds when the file is silent.
Defaults ResolveDefaults(const DefaultsConfig& config, std::chrono::nanoseconds default_ttl,
                         Diagnostics* diagnostics);

// What series get that no rule takes, by EventKind.
std::array<SeriesPolicy, 3> UnmappedPolicies(const Defaults& defaults);

// Null when something is wrong; `*diagnostics` then has everything that is.
std::unique_ptr<const Rule> CompileRule(const RuleConfig& config, const Defaults& defaults,
                                        Diagnostics* diagnostics);

}  // namespace weir
