// The texts made from a table of flags: help, man page, shell completion.
//
// Thread safety: pure functions.
// Tested by tests/unit/common/flags_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/flags.h"

namespace weir {

struct ProgramText {
  std::string name;
  std::string summary;
  std::string operands = {};  // behind the flags; may be empty
};

// Groups under headings, each flag with its explanation and default, at most `width` columns wide
// (longer words stand alone). Hidden flags are left out.
std::string HelpText(const ProgramText& program, const std::vector<FlagInfo>& flags, size_t width);

// A roff page for man(1), section 1.
std::string ManPage(const ProgramText& program, const std::vector<FlagInfo>& flags);

// A page for docs/: the rules of the command line, then a table per group.
std::string MarkdownPage(const ProgramText& program, const std::vector<FlagInfo>& flags);

// To be sourced by bash: completes flags, and the values of choices.
std::string BashCompletion(const ProgramText& program, const std::vector<FlagInfo>& flags);

// To be placed as _<program> on zsh's $fpath.
std::string ZshCompletion(const ProgramText& program, const std::vector<FlagInfo>& flags);

}  // namespace weir
