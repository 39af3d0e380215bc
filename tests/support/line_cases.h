// The tables under tests/cases/parser: lines and what they come to. Their format is told at the top
// of vectors.txt.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/parser_options.h"
#include "tests/support/source_dir.h"

namespace weir {

struct LineCase {
  std::string text;      // the line as the table has it, escaped
  std::string line;      // the bytes
  std::string dialects;  // those that are off
  std::string answer;
  std::string reason;

  ParserOptions Options() const {
    const auto is_on = [this](char dialect) { return dialects.find(dialect) == std::string::npos; };
    ParserOptions options;
    options.dogstatsd = is_on('D');
    options.influxdb = is_on('I');
    options.librato = is_on('L');
    options.signalfx = is_on('S');
    return options;
  }
};

inline std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char kind = text.at(++i);
    if (kind == 'x') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += kind == 'r' ? '\r' : kind == 'n' ? '\n' : kind == 't' ? '\t' : kind;
    }
  }
  return out;
}

inline std::vector<LineCase> ReadLineCases(const std::string& name) {
  std::ifstream file(SourceDir() / "tests/cases/parser" / name);
  if (!file) throw std::runtime_error("cannot open " + name);
  std::vector<LineCase> cases;
  for (std::string row; std::getline(file, row);) {
    if (row.starts_with("# ")) continue;
    std::vector<std::string> columns;
    size_t begin = 0;
    for (size_t tab = row.find('\t'); tab != std::string::npos; tab = row.find('\t', begin)) {
      columns.push_back(row.substr(begin, tab - begin));
      begin = tab + 1;
    }
    columns.push_back(row.substr(begin));
    if (columns.size() < 3) throw std::runtime_error("columns missing in " + name + ": " + row);
    columns.resize(4);
    cases.push_back({columns[0], Unescaped(columns[0]), columns[1], columns[2], columns[3]});
  }
  return cases;
}

}  // namespace weir
