#include "common/intake_route.h"

#include <strings.h>

#include <optional>
#include <vector>

namespace weir {
namespace {

using Kind = IntakeRoute::Kind;

constexpr std::string_view kHeartbeat = "/heartbeat";
constexpr std::string_view kBatch = "/batch";
constexpr std::string_view kAllowPost = "OPTIONS, POST";
constexpr std::string_view kAllowGet = "GET, OPTIONS";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A '+' stays one: this is no query.
std::optional<std::string> DecodedPath(std::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    const int high = i + 2 < path.size() ? HexDigit(path[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(path[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

// "/a/b" gives "a" and "b"; two segments with something in each, or none.
bool SplitMetric(std::string_view path, std::string* type, std::string* key) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  const size_t slash = path.find('/');
  if (slash == path.npos || slash == 0 || slash + 1 == path.size() ||
      path.find('/', slash + 1) != path.npos) {
    return false;
  }
  *type = path.substr(0, slash);
  *key = path.substr(slash + 1);
  return true;
}

// Without empty segments and dots; a slash at the end stays.
std::string CleanPath(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool ends_in_slash = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string clean;
  for (const std::string_view segment : segments) clean.append("/").append(segment);
  if (ends_in_slash || clean.empty()) clean += '/';
  return clean;
}

bool IsHeartbeatInAnyCase(std::string_view path) {
  return path.size() == kHeartbeat.size() &&
         strncasecmp(path.data(), kHeartbeat.data(), path.size()) == 0;
}

// Where the client should go instead; empty: nowhere.
std::string RedirectOf(std::string_view method, const std::string& path) {
  std::string clean = CleanPath(path);
  std::string_view bare = clean;
  if (bare.size() > 1 && bare.ends_with('/')) bare.remove_suffix(1);
  std::string type, key;
  if (method == "GET") return IsHeartbeatInAnyCase(bare) ? std::string(kHeartbeat) : "";
  if (method != "POST" || bare == "/" || !path.starts_with('/')) return "";
  // "/count/" goes to "/count", which then is not found: as the peer.
  const bool lost_slash = path == clean && clean.ends_with('/') && bare.find('/', 1) == bare.npos;
  if (SplitMetric(bare, &type, &key) || bare == kBatch || lost_slash) return std::string(bare);
  return "";
}

// A path again, for a header: what is not plain is escaped.
std::string Encoded(std::string_view path) {
  constexpr std::string_view kPlain = "-_.~/!$&'()*+,;=:@";
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const char lower = static_cast<char>(c | 0x20);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kPlain.find(c) != kPlain.npos) {
      encoded += c;
    } else {
      encoded.append("%").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace

IntakeRoute FindIntakeRoute(std::string_view method, std::string_view path) {
  const auto decoded = DecodedPath(path);
  if (!decoded) return {.kind = Kind::kBadPath};
  IntakeRoute route;
  const bool heartbeat = *decoded == kHeartbeat;
  const bool batch = *decoded == kBatch;
  const bool metric = !heartbeat && !batch && SplitMetric(*decoded, &route.type, &route.key);
  if (!heartbeat && !batch && !metric) {
    const std::string location = RedirectOf(method, *decoded);
    if (location.empty()) return {.kind = Kind::kNotFound};
    return {.kind = Kind::kRedirect, .location = Encoded(location)};
  }
  if (method == (heartbeat ? "GET" : "POST")) {
    route.kind = heartbeat ? Kind::kHeartbeat : batch ? Kind::kBatch : Kind::kMetric;
  } else {
    route.kind = method == "OPTIONS" ? Kind::kOptions : Kind::kNotAllowed;
    route.allow = heartbeat ? kAllowGet : kAllowPost;
  }
  return route;
}

}  // namespace weir
