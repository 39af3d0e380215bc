#include "common/web_config.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "common/bcrypt.h"
#include "common/config_text.h"

namespace weir {
namespace {

using Kind = YamlNode::Kind;

// A header that may be set, and its values: any, where there are none.
struct HeaderRule {
  std::string_view name;
  std::vector<std::string_view> values;
};

const std::vector<HeaderRule>& HeaderRules() {
  static const std::vector<HeaderRule> rules = {
      {"Strict-Transport-Security", {}},
      {"X-Content-Type-Options", {"nosniff"}},
      {"X-Frame-Options", {"deny", "sameorigin"}},
      {"X-XSS-Protection", {}},
      {"Content-Security-Policy", {}},
  };
  return rules;
}

struct Reading {
  WebConfig config;
  std::string directory;  // with its slash
};

// `key: {...}`; a key without value changes nothing.
void ReadSection(const Field& field, std::span<const Key<Reading>> keys, Reading* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map");
  ReadMap<Reading>(field.node, "`" + std::string(field.key) + "`", keys, field.diagnostics, into);
}

void ReadHeader(const Field& field, Position position, WebConfig* into) {
  const auto rule = std::ranges::find(HeaderRules(), field.key, &HeaderRule::name);
  if (rule == HeaderRules().end()) {
    std::vector<std::string_view> names;
    for (const HeaderRule& known : HeaderRules()) names.push_back(known.name);
    return field.diagnostics.Error(position, UnknownKey(field.key, "`headers`", names));
  }
  Setting<std::string> value;
  Read(field, &value);
  if (!value) return;
  if (!rule->values.empty() && std::ranges::find(rule->values, *value) == rule->values.end()) {
    std::string wanted;
    for (const std::string_view one : rule->values) {
      wanted.append(wanted.empty() ? "" : " or ").append(one);
    }
    return ReportWrongValue(field, wanted);
  }
  if (value->find_first_of("\r\n") != std::string::npos) {
    return ReportWrongValue(field, "one line");
  }
  if (!value->empty()) into->headers.emplace_back(field.key, *value);
}

void ReadHeaders(const Field& field, Reading* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) return ReportWrongValue(field, "a map of headers");
  for (const YamlEntry& entry : field.node.entries) {
    ReadHeader({entry.key, *entry.value, field.diagnostics}, entry.position, &into->config);
  }
}

void ReadHttp2(const Field& field, Reading*) {
  Setting<bool> http2;
  Read(field, &http2);
  if (!http2.value_or(false)) return;
  field.diagnostics.Warning(http2.position, "http2: has no effect, HTTP/1.1 is spoken");
}

void ReadUsers(const Field& field, Reading* into) {
  if (IsNull(field)) return;
  if (field.node.kind != Kind::kMap) {
    return ReportWrongValue(field, "a map of names and bcrypt hashes");
  }
  for (const YamlEntry& entry : field.node.entries) {
    // The text is never quoted: it may be the password itself.
    if (entry.value->kind != Kind::kScalar || !IsBcryptHash(entry.value->text)) {
      field.diagnostics.Error(entry.value->position,
                              "basic_auth_users: what stands for `" + entry.key +
                                  "` is no bcrypt hash; make one with `htpasswd -nBC 10 \"\"`");
    } else {
      into->config.users.emplace(entry.key, entry.value->text);
    }
  }
}

void ReadRateInterval(const Field& field, Reading* into) {
  Setting<std::chrono::nanoseconds> interval;
  Read(field, &interval);
  if (interval && interval->count() < 0) return ReportWrongValue(field, "a duration from 0 on");
  into->config.rate_interval = interval.value_or(into->config.rate_interval);
}

void ReadRateBurst(const Field& field, Reading* into) {
  Setting<uint32_t> burst;
  Read(field, &burst);
  into->config.rate_burst = burst.value_or(0);
}

constexpr Key<Reading> kHttpKeys[] = {{"http2", ReadHttp2}, {"headers", ReadHeaders}};
constexpr Key<Reading> kRateKeys[] = {{"interval", ReadRateInterval}, {"burst", ReadRateBurst}};

constexpr Key<Reading> kKeys[] = {
    {"tls_server_config",
     [](const Field& f, Reading* into) { into->config.tls = ReadTlsConfig(f, into->directory); }},
    {"http_server_config", [](const Field& f, Reading* into) { ReadSection(f, kHttpKeys, into); }},
    {"basic_auth_users", ReadUsers},
    {"rate_limit",
     [](const Field& f, Reading* into) {
       ReadSection(f, kRateKeys, into);
       if (into->config.rate_interval.count() == 0 || into->config.rate_burst > 0) return;
       f.diagnostics.Error(f.node.position,
                           "rate_limit: without a burst no request would ever be answered; add "
                           "burst: 1 or more");
     }},
};

}  // namespace

Result<WebConfig> LoadWebConfig(const std::string& path, std::vector<std::string>* warnings) {
  const auto text = ReadConfigFile(path);
  if (!text) return text.error();
  return ReadWebConfig(*text, path, warnings);
}

Result<WebConfig> ReadWebConfig(std::string_view text, const std::string& path,
                                std::vector<std::string>* warnings) {
  constexpr bool kStrict = true;
  Diagnostics diagnostics(path, kStrict);
  Reading reading;
  reading.directory = path.substr(0, path.rfind('/') + 1);
  const YamlNodePtr root = ParseYaml(text, &diagnostics);
  if (root != nullptr) {
    const Field field{"file", *root, diagnostics};
    if (root->kind == Kind::kMap) {
      ReadMap<Reading>(*root, "the web configuration", kKeys, diagnostics, &reading);
    } else if (!IsNull(field)) {
      ReportWrongValue(field, "a map such as {tls_server_config: {cert_file: cert.pem}}");
    }
  }
  std::ranges::move(diagnostics.warnings(), std::back_inserter(*warnings));
  if (diagnostics.error_count() == 0) return std::move(reading.config);
  std::string all;
  for (const std::string& error : diagnostics.errors()) {
    all.append(all.empty() ? "" : "\n").append(error);
  }
  return Error{all};
}

}  // namespace weir
