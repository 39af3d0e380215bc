#include "common/url_query.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace weir {
namespace {

std::optional<std::string> Decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    uint8_t byte = 0;
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, byte, 16);
    if (error != std::errc() || rest != end || digits.size() != 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

}  // namespace

bool VisitUrlQuery(std::string_view query,
                   const std::function<bool(std::string name, std::string value)>& take) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(part.size() < query.size() ? part.size() + 1 : part.size());
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    auto name = Decoded(part.substr(0, equals));
    auto value = Decoded(equals == part.npos ? std::string_view() : part.substr(equals + 1));
    if (!name || !value || !take(std::move(*name), std::move(*value))) return false;
  }
  return true;
}

std::optional<UrlParameters> ReadUrlQuery(std::string_view query) {
  UrlParameters parameters;
  const bool good = VisitUrlQuery(query, [&](std::string name, std::string value) {
    parameters.emplace_back(std::move(name), std::move(value));
    return true;
  });
  if (!good) return std::nullopt;
  return parameters;
}

}  // namespace weir
