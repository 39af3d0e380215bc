// WebConfig: the file of --web.config.file, in the form of Prometheus' exporter-toolkit: TLS, basic
// authentication, headers and a limit of the rate of requests.
//
// An unknown key, or one given twice, is an error. Files that it names are relative to its
// directory, and are not opened here. Differences from exporter-toolkit: docs/differences.md.
// Thread safety: a plain value. Tested by tests/unit/common/web_config_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/tls_config.h"

namespace weir {

struct WebConfig {
  std::optional<TlsConfig> tls;                              // nothing: plain text
  std::map<std::string, std::string> users;                  // name, bcrypt hash; none: everybody
  std::vector<std::pair<std::string, std::string>> headers;  // of every response
  // A request takes a token; one comes in each interval, up to `burst` wait. Zero: no limit.
  std::chrono::nanoseconds rate_interval{0};
  uint32_t rate_burst = 0;
};

// Warnings are appended, one line each. Error: one line each, file:line:column and what is wrong.
Result<WebConfig> LoadWebConfig(const std::string& path, std::vector<std::string>* warnings);
// As LoadWebConfig, of a text whose file would be `path`.
Result<WebConfig> ReadWebConfig(std::string_view text, const std::string& path,
                                std::vector<std::string>* warnings);

}  // namespace weir
