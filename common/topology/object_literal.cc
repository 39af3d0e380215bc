#include "common/topology/object_literal.h"

#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/topology/literal_scanner.h"

namespace weir {
namespace {

using NodeKind = YamlNode::Kind;
using TokenKind = Token::Kind;

constexpr int kMaxDepth = 64;

std::optional<double> ParseNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const char* stop = nullptr;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    uint64_t whole = 0;
    stop = std::from_chars(text.data() + 2, end, whole, 16).ptr;
    value = static_cast<double>(whole);
  } else {
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{}) return std::nullopt;
    stop = rest;
  }
  if (stop != end || text.empty()) return std::nullopt;
  return negative ? -value : value;
}

std::string DecimalText(double value) {
  char digits[32];
  const bool is_whole = std::abs(value) < 1e15 && value == std::floor(value);
  const auto end = is_whole ? std::to_chars(digits, std::end(digits), static_cast<int64_t>(value))
                            : std::to_chars(digits, std::end(digits), value);
  return {digits, end.ptr};
}

// Whether the scanner stands on what an object is assigned to; `declared` after var, let or const.
bool IsAssignment(LiteralScanner scanner, bool declared) {
  const Token target = scanner.token();
  if (target.kind != TokenKind::kWord) return false;
  scanner.Next();
  return scanner.token().Is('=') &&
         (declared || target.text.starts_with("module.") || target.text.starts_with("exports"));
}

// What may stand before the object. Leaves the scanner at the first token that is not of it.
void SkipLead(LiteralScanner* scanner) {
  for (bool declared = false;; scanner->Next()) {
    const Token& token = scanner->token();
    const bool declares = token.IsWord("var") || token.IsWord("let") || token.IsWord("const");
    const bool is_directive = token.kind == TokenKind::kText && token.text.starts_with("use ");
    if (IsAssignment(*scanner, declared)) {
      scanner->Next();  // to the `=`
    } else if (!declares && !is_directive && !token.Is('(') && !token.Is(';') &&
               !token.IsWord("export") && !token.IsWord("default")) {
      return;
    }
    declared = declares;
  }
}

class LiteralParser {
 public:
  LiteralParser(std::string_view text, Diagnostics* diagnostics)
      : scanner_(text), diagnostics_(*diagnostics) {}

  YamlNodePtr ParseFile() {
    SkipLead(&scanner_);
    if (!token().Is('{')) {
      Error(token(), "expected the `{` that begins the configuration, not " + Shown(token()));
      return std::make_shared<YamlNode>();
    }
    const auto root = ParseObject();
    while (token().Is(')') || token().Is(';')) Next();
    if (scanner_.open_comment().line != 0) {
      diagnostics_.Error(scanner_.open_comment(), "this comment is never closed with `*/`");
    } else if (token().kind != TokenKind::kEnd && !stopped_) {
      Error(token(), "expected nothing after the configuration's `}`, not " + Shown(token()));
    }
    return root;
  }

 private:
  using Node = std::shared_ptr<YamlNode>;

  const Token& token() const { return scanner_.token(); }
  void Next() { scanner_.Next(); }

  std::string Shown(const Token& token) const {
    if (token.kind == TokenKind::kEnd) return "the end of the file";
    return "`" + std::string(scanner_.RestOfLine(token.offset)) + "`";
  }

  void Error(const Token& where, const std::string& what) {
    if (!stopped_) diagnostics_.Error(where.position, what);
  }

  Node Make(NodeKind kind) const {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->position = token().position;
    return node;
  }

  // Both brackets: reads entries up to the closing one, however broken they are.
  template <class ReadEntry>
  void ParseEntries(char close, const ReadEntry& read_entry) {
    const Token open = token();
    if (++depth_ > kMaxDepth) {
      Error(open, "brackets are nested more than " + std::to_string(kMaxDepth) + " deep");
      stopped_ = true;
    }
    Next();
    while (!stopped_ && !token().Is(close)) {
      if (token().kind == TokenKind::kEnd) {
        Error(open, "this `" + open.text + "` is never closed with `" + close + "`");
        stopped_ = true;
        break;
      }
      if (token().Is('}') || token().Is(']')) {  // taken for the one that was meant
        Error(token(), std::string("expected `") + close + "`, not " + Shown(token()));
        break;
      }
      if (!read_entry()) SkipEntry();
      ReadSeparator();
    }
    --depth_;
    if (!stopped_) Next();
  }

  void ReadSeparator() {
    if (stopped_ || token().Is('}') || token().Is(']') || token().kind == TokenKind::kEnd) return;
    if (token().Is(',')) return Next();
    Error(token(), "a comma is missing before " + Shown(token()));
  }

  // To the comma or bracket that ends the entry.
  void SkipEntry() {
    for (int depth = 0; token().kind != TokenKind::kEnd; Next()) {
      const bool opens = token().Is('{') || token().Is('[') || token().Is('(');
      const bool closes = token().Is('}') || token().Is(']') || token().Is(')');
      if (depth <= 0 && (token().Is(',') || token().Is('}') || token().Is(']'))) return;
      depth += opens ? 1 : closes ? -1 : 0;
    }
  }

  Node ParseObject() {
    const Node node = Make(NodeKind::kMap);
    ParseEntries('}', [&] {
      const Token key = token();
      if (key.kind != TokenKind::kWord && key.kind != TokenKind::kText &&
          key.kind != TokenKind::kNumber) {
        Error(key, "expected a key such as `port: 8125`, not " + Shown(key));
        return false;
      }
      Next();
      if (!token().Is(':')) {
        Error(token(), "expected `:` after the key `" + key.text + "`, not " + Shown(token()));
        return false;
      }
      Next();
      const Node value = ParseValue();
      if (value != nullptr) AddEntry(key, value, node.get());
      return value != nullptr;
    });
    return node;
  }

  void AddEntry(const Token& key, const Node& value, YamlNode* node) {
    for (YamlEntry& entry : node->entries) {
      if (entry.key != key.text) continue;
      diagnostics_.Suspicion(key.position, "key `" + key.text + "` is given twice, first in line " +
                                               std::to_string(entry.position.line) +
                                               "; the last one counts");
      entry = {key.text, key.position, value};
      return;
    }
    node->entries.push_back({key.text, key.position, value});
  }

  Node ParseList() {
    const Node node = Make(NodeKind::kSequence);
    ParseEntries(']', [&] {
      const Node value = ParseValue();
      if (value != nullptr) node->items.push_back(value);
      return value != nullptr;
    });
    return node;
  }

  // Null after an error that was told.
  Node ParseValue() {
    if (token().Is('{')) return ParseObject();
    if (token().Is('[')) return ParseList();
    if (token().kind == TokenKind::kNumber) return ParseProduct();
    const Node node = Make(NodeKind::kScalar);
    node->text = token().text;
    node->is_plain = token().kind == TokenKind::kWord;
    if (token().kind == TokenKind::kOpen) {
      Error(token(), "the quote in " + Shown(token()) + " is never closed");
      Next();
      return nullptr;
    }
    if (token().IsWord("null") || token().IsWord("undefined")) {
      node->kind = NodeKind::kNull;
    } else if (token().kind != TokenKind::kText && !token().IsWord("true") &&
               !token().IsWord("false")) {
      Error(token(), "expected a value, not " + Shown(token()) +
                         "; texts stand in quotes, and expressions are not evaluated");
      return nullptr;
    }
    const Token value = token();
    Next();
    return EndsValue(value) ? node : nullptr;
  }

  Node ParseProduct() {
    const Token first = token();
    const Node node = Make(NodeKind::kScalar);
    node->is_plain = true;
    double product = 1;
    for (;;) {
      const auto factor = ParseNumber(token().text);
      if (token().kind != TokenKind::kNumber || !factor) {
        Error(token(), "expected a number, not " + Shown(token()));
        return nullptr;
      }
      product *= *factor;
      Next();
      if (!token().Is('*')) break;
      Next();
    }
    node->text = DecimalText(product);
    return EndsValue(first) ? node : nullptr;
  }

  // What follows a value in the same line and is no comma makes an expression of it.
  bool EndsValue(const Token& value) {
    const bool goes_on = token().kind == TokenKind::kUnknown || token().Is('(') ||
                         token().Is('*') || token().Is('=');
    if (!goes_on) return true;
    Error(value, "expressions such as " + Shown(value) + " are not evaluated; write their value");
    return false;
  }

  LiteralScanner scanner_;
  Diagnostics& diagnostics_;
  int depth_ = 0;
  bool stopped_ = false;  // what follows would only confuse
};

}  // namespace

bool BeginsAsObject(std::string_view text) {
  LiteralScanner scanner(text);
  SkipLead(&scanner);
  return scanner.token().Is('{');
}

YamlNodePtr ParseObjectLiteral(std::string_view text, Diagnostics* diagnostics) {
  return LiteralParser(text, diagnostics).ParseFile();
}

}  // namespace weir
