#include "common/web_gate.h"

#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/tls_context.h"

namespace weir {
namespace {

constexpr std::string_view kFlag = "--web.config.file: ";
constexpr std::string_view kText = "text/plain; charset=utf-8";

Error About(const Error& error) { return {std::string(kFlag) + error.message}; }

void LogWarnings(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    LogWarn("Web configuration", {{"warning", warning}});
  }
}

}  // namespace

void AddWebConfigFlag(FlagSet* flags, std::string* path) {
  flags->Add("web.config.file", path,
             "File in the form of Prometheus' exporter-toolkit with TLS, basic authentication and "
             "headers of the web port. Read again when it or a file it names changes. Empty: HTTP, "
             "for everybody.");
}

WebGate::WebGate(std::string path, EventLoop& loop, std::function<void(bool)> on_reloaded)
    : path_(std::move(path)),
      on_reloaded_(std::move(on_reloaded)),
      files_(loop, "the web configuration",
             [this] { [[maybe_unused]] const auto done = Reload(); }),
      config_(std::make_shared<const WebConfig>()) {}

Result<std::unique_ptr<WebGate>> WebGate::Create(const std::string& path, EventLoop& loop,
                                                 std::function<void(bool)> on_reloaded) {
  std::unique_ptr<WebGate> gate(new WebGate(path, loop, std::move(on_reloaded)));
  if (path.empty()) return gate;
  gate->auth_.emplace();
  std::vector<std::string> warnings;
  const auto named = LoadWebConfig(path, &warnings);
  if (!named) return About(named.error());
  // Before the files are read, and this one again: what changes from here on is seen.
  gate->files_.Watch(gate->FilesOf(*named));
  warnings.clear();
  auto loaded = Load(LoadWebConfig(path, &warnings));
  if (!loaded) return About(loaded.error());
  LogWarnings(warnings);
  if (loaded->tls != nullptr) {
    gate->tls_ = std::make_shared<Replaceable<TlsContext>>(loaded->tls);
  }
  if (const auto done = gate->Apply(std::move(*loaded)); !done) return About(done.error());
  return gate;
}

Result<Done> WebGate::Check(const std::string& path, std::vector<std::string>* warnings) {
  if (path.empty()) return Done{};
  const auto loaded = Load(LoadWebConfig(path, warnings));
  if (!loaded) return About(loaded.error());
  return Done{};
}

Result<WebGate::Loaded> WebGate::Load(Result<WebConfig> config) {
  if (!config) return config.error();
  Loaded loaded;
  if (config->tls) {
    auto tls = TlsContext::Load(*config->tls);
    if (!tls) return tls.error();
    loaded.tls = std::move(*tls);
  }
  loaded.config = std::make_shared<const WebConfig>(std::move(*config));
  return loaded;
}

Result<Done> WebGate::Apply(Loaded loaded) {
  if ((loaded.tls != nullptr) != has_tls()) {
    return Error{path_ + ": tls_server_config came or went, which needs a restart"};
  }
  Replaceable<WebConfig>::Reader reader(config_);
  const WebConfig& before = reader.Get();
  if (before.tls && loaded.config->tls->AsksLessThan(*before.tls)) {
    return Error{path_ + ": asks less of clients' certificates, which needs a restart"};
  }
  if (!before.users.empty() && loaded.config->users.empty()) {
    return Error{path_ +
                 ": without basic_auth_users everybody would be let in, which needs a restart"};
  }
  LogInfo("Loaded the web configuration", {{"tls", has_tls() ? loaded.tls->not_after() : "none"},
                                           {"users", loaded.config->users.size()}});
  if (has_tls()) tls_->Replace(std::move(loaded.tls));
  config_.Replace(std::move(loaded.config));
  return Done{};
}

Result<Done> WebGate::Reload() {
  if (!has_file()) return Done{};
  std::vector<std::string> warnings;
  auto config = LoadWebConfig(path_, &warnings);
  LogWarnings(warnings);
  // Whether they are good or not: those that are missing may come.
  if (config) files_.Follow(FilesOf(*config));
  auto loaded = Load(std::move(config));
  const Result<Done> done = loaded ? Apply(std::move(*loaded)) : loaded.error();
  on_reloaded_(done.has_value());
  if (done) return done;
  LogError("The web configuration was not loaded, the old one stays in force",
           {{"error", done.error().message}});
  return About(done.error());
}

std::vector<std::string> WebGate::FilesOf(const WebConfig& config) const {
  std::vector<std::string> files = {path_};
  if (!config.tls) return files;
  for (std::string& file : config.tls->files()) files.push_back(std::move(file));
  return files;
}

void WebGate::Protect(HttpServerOptions* options) {
  if (!has_file()) return;
  options->tls = tls_;
  options->gate = [this](HttpRequest& request, HttpResponse& response) {
    return Admit(request, response);
  };
  // They hold threads that other pages must find free.
  options->threads += BasicAuth::kMostChecks;
}

bool WebGate::HasRoom(const WebConfig& config) {
  if (config.rate_interval.count() == 0) return true;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::lock_guard lock(rate_mutex_);
  return rate_.Take(now, config.rate_interval, config.rate_burst);
}

bool WebGate::Admit(HttpRequest& request, HttpResponse& response) {
  Replaceable<WebConfig>::Reader reader(config_);
  const WebConfig& config = reader.Get();
  for (const auto& [name, value] : config.headers) response.AddHeader(name, value);
  if (!HasRoom(config)) {
    response.Send(429, kText, "Too Many Requests\n");
    return false;
  }
  if (config.users.empty()) return true;
  switch (auth_->Check(request.Header("Authorization").value_or(""), config.users)) {
    case BasicAuth::Verdict::kAllowed:
      return true;
    case BasicAuth::Verdict::kBusy:
      response.Send(503, kText, "Too many passwords are being checked, try again\n",
                    {{"Retry-After", "1"}});
      return false;
    case BasicAuth::Verdict::kRefused:
      break;
  }
  response.Send(401, kText, "Unauthorized\n", {{"WWW-Authenticate", "Basic"}});
  return false;
}

}  // namespace weir
