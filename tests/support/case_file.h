// CaseFile: a golden case, lines in and page out, as it stands in tests/cases/exporter/NAME.case.
//
//   # what the case shows, in sentences
//   flags:      arguments of weir-exporter, one per line
//   mapping:    a mapping file
//   send:       datagrams, one per line
//   datagram:   one datagram of several lines, joined by LF
//   advance:    a duration: so much time passes
//   page:       the users' part of the page; without HELP lines when none is given here
//   self:       lines that our own part of the page has; `!name` for what no line starts with
//
// Sections but the first two are carried out in their order and may come again. Empty lines are
// skipped. In `send` and `datagram` \r \n \t \\ and \xHH stand for bytes and \z for none, so that
// \z alone is an empty line; in `page` and `self` bytes below 0x20 and 0x7f stand as \xHH.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace weir {

struct CaseSection {
  std::string name;  // without the colon
  std::vector<std::string> lines;

  std::string Text() const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }
};

inline bool IsSectionName(std::string_view line) {
  for (const std::string_view name :
       {"flags:", "mapping:", "send:", "datagram:", "advance:", "page:", "self:"}) {
    if (line == name) return true;
  }
  return false;
}

inline std::vector<CaseSection> ReadCaseFile(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file.good());
  std::vector<CaseSection> sections;
  for (std::string line; std::getline(file, line);) {
    if (IsSectionName(line)) {
      sections.push_back({line.substr(0, line.size() - 1), {}});
    } else if (sections.empty()) {
      REQUIRE((line.empty() || line.starts_with('#')));
    } else if (!line.empty()) {
      sections.back().lines.push_back(line);
    }
  }
  REQUIRE_FALSE(sections.empty());
  return sections;
}

inline std::string BytesOf(std::string_view escaped) {
  std::string bytes;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      bytes += escaped[i];
      continue;
    }
    REQUIRE(i + 1 < escaped.size());
    switch (escaped[++i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '\\':
        bytes += '\\';
        break;
      case 'z':
        break;
      case 'x':
        REQUIRE(i + 2 < escaped.size());
        bytes += static_cast<char>(std::stoi(std::string(escaped.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        FAIL("no such escape: " << escaped);
    }
  }
  return bytes;
}

// A page as it can stand in a file of lines.
inline std::string Visible(std::string_view page) {
  std::string visible;
  for (const char c : page) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\n') {
      visible += c;
      continue;
    }
    char text[5];
    std::snprintf(text, sizeof text, "\\x%02x", byte);
    visible += text;
  }
  return visible;
}

}  // namespace weir
