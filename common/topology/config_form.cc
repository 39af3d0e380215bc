#include "common/topology/config_form.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "common/topology/literal_scanner.h"
#include "common/topology/object_literal.h"

namespace weir {
namespace {

// The keys between the outermost braces, in lower case.
std::vector<std::string> TopKeys(std::string_view text) {
  std::vector<std::string> keys;
  int depth = 0;
  Token before;
  for (LiteralScanner scanner(text); scanner.token().kind != Token::Kind::kEnd; scanner.Next()) {
    const Token& token = scanner.token();
    if (token.Is('{') || token.Is('[')) ++depth;
    if (token.Is('}') || token.Is(']')) --depth;
    const bool is_name = before.kind == Token::Kind::kWord || before.kind == Token::Kind::kText;
    if (depth == 1 && token.Is(':') && is_name) {
      std::string& key = keys.emplace_back(before.text);
      std::transform(key.begin(), key.end(), key.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    before = token;
  }
  return keys;
}

ConfigForm FormOfObject(std::string_view text) {
  const std::vector<std::string> keys = TopKeys(text);
  const auto has = [&](std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (has("managementport")) return ConfigForm::kGo;
  const bool is_ours = !has("nodes") && (has("downstreams") || has("listen") || has("placement") ||
                                         has("health_check") || has("flush_interval"));
  return is_ours ? ConfigForm::kYaml : ConfigForm::kEtsy;
}

// The byte after the name that a line begins with: '=' or ':' when it is a setting.
char SeparatorOf(std::string_view line) {
  size_t at = line.find_first_not_of(" \t");
  if (at == line.npos) return '\0';
  const size_t begin = at;
  while (at < line.size() && (std::isalnum(static_cast<unsigned char>(line[at])) != 0 ||
                              line[at] == '_' || line[at] == '.')) {
    ++at;
  }
  if (at == begin) return '\0';
  at = line.find_first_not_of(" \t", at);
  return at == line.npos ? '\0' : line[at];
}

}  // namespace

ConfigForm FormOf(std::string_view text) {
  if (BeginsAsObject(text)) return FormOfObject(text);
  int equals = 0;
  int colons = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const char separator = SeparatorOf(text.substr(0, end));
    equals += separator == '=' ? 1 : 0;
    colons += separator == ':' ? 1 : 0;
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return equals > colons ? ConfigForm::kHulu : ConfigForm::kYaml;
}

}  // namespace weir
