// IntakeRoute: what a method and a path of the HTTP intake ask for.
//
//   GET  /heartbeat       alive?                POST /TYPE/KEY    one metric
//   POST /batch           raw lines             OPTIONS of any of these: CORS
//
// Paths are those of statsd-http-proxy and its router: decoded before they are cut at '/' (a key is
// one segment, "%2F" makes it two), redirected when only slashes, dots or the case of /heartbeat
// are wrong, 405 when another method would do, 404 otherwise. Thread safety: pure function. Tested
// by tests/unit/common/intake_route_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct IntakeRoute {
  enum class Kind : uint8_t {
    kHeartbeat,
    kMetric,
    kBatch,
    kOptions,     // `allow` is set
    kRedirect,    // `location` is set, a path
    kNotAllowed,  // `allow` is set
    kNotFound,
    kBadPath,  // a broken escape
  };

  Kind kind = Kind::kNotFound;
  std::string type = {};  // of kMetric, decoded
  std::string key = {};
  std::string location = {};
  std::string_view allow = {};
};

// `path`: as it came, without the query.
IntakeRoute FindIntakeRoute(std::string_view method, std::string_view path);

}  // namespace weir
