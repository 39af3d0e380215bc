// Explain: what becomes of a line, step by step, for a person (weir-exporter --explain 'line').
//
// The line goes through the parser, mapper and series table of the data path; this file only puts
// into words what they say. Plain text, one fact a line, each told apart by what it begins with:
//
//   line: api.get.users:320|ms|@0.5
//   verdict: sampled
//   sample 1: observer, value 0.32, weight 2
//   sample 1 name: api.get.users
//   sample 1 rule: mapping.yml:7 matched, match: api.*.*
//   sample 1 family: api_seconds (histogram)
//   sample 1 label: verb="get"
//   sample 1 result: applied
//
//   # HELP api_seconds ...
//
// After an empty line stands the page of a table that saw nothing else, in the text format. Where
// it would be empty the text ends in one `no series: ...` for each reason there is. Control
// characters of the line are written as \xNN.
//
// Thread safety: a pure function. Tested by tests/unit/exporter/explain_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/parser_options.h"
#include "mapping/mapper.h"

namespace weir {

struct ExplainOptions {
  ParserOptions parser;
  std::shared_ptr<const Mapper> mapper;  // not null
  std::chrono::nanoseconds set_window = std::chrono::seconds(10);
  // Families no client may use: SelfMetrics::Names().
  std::vector<std::string> reserved_names;
};

// `line` may hold several lines, separated by LF; they meet in one table.
std::string Explain(std::string_view line, const ExplainOptions& options);

}  // namespace weir
