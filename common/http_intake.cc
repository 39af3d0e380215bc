#include "common/http_intake.h"

#include <strings.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/address.h"
#include "common/config_text.h"
#include "common/gzip.h"
#include "common/http_intake_exchange.h"
#include "common/intake_route.h"
#include "common/log.h"
#include "common/secrets.h"
#include "common/url_query.h"

namespace weir {
namespace {

using std::chrono::seconds;

// Go's, of 2048 as the peer sets it: beside the 4096 that Go always adds.
constexpr size_t kMostHeadBytes = 6144;
constexpr seconds kNoLimit(3600);

seconds Limit(uint32_t configured) { return configured == 0 ? kNoLimit : seconds(configured); }

HttpServerOptions ServerOptions(const HttpIntakeOptions& options) {
  HttpServerOptions server;
  server.listen_address = JoinHostPort(options.host, options.port);
  server.threads = static_cast<int>(options.max_connections);
  // The rest serve one request a connection, so that who comes late gets a turn.
  server.max_idle_connections = static_cast<int>(options.max_connections * 7 / 8);
  const uint32_t idle = options.timeout_idle == 0 ? options.timeout_read : options.timeout_idle;
  server.keep_alive_timeout = Limit(idle);
  server.request_timeout = Limit(options.timeout_read);
  server.response_timeout = Limit(options.timeout_write);
  if (options.timeout_read != 0) {
    server.max_silence = server.keep_alive_timeout + server.request_timeout;
  }
  server.raw_paths = true;
  return server;
}

// With the dot that stands between it and a name.
std::string WithDot(std::string prefix) {
  if (!prefix.empty() && !prefix.ends_with('.')) prefix += '.';
  return prefix;
}

// Is this header's value, without its parameters, `type`?
bool IsType(std::string_view value, std::string_view type) {
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  return value.size() == type.size() && strncasecmp(value.data(), type.data(), type.size()) == 0;
}

size_t CountLines(std::string_view lines) {
  return static_cast<size_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

HttpIntake::HttpIntake(const HttpIntakeOptions& options, LineJudge judge)
    : options_(options),
      prefix_(WithDot(options.metric_prefix)),
      judge_(std::move(judge)),
      queue_(std::make_shared<LineQueue>(JoinHostPort(options.host, options.port))),
      tokens_(options.jwt_limit_claim) {}

HttpIntake::~HttpIntake() { server_.reset(); }

Result<std::unique_ptr<HttpIntake>> HttpIntake::Start(const HttpIntakeOptions& options,
                                                      LineJudge judge, EventLoop& loop,
                                                      AdoptedSockets* adopted) {
  std::unique_ptr<HttpIntake> intake(new HttpIntake(options, std::move(judge)));
  // Before the files are read: what changes from here on is seen.
  if (intake->has_files()) intake->Watch(loop);
  auto secrets = intake->LoadSecrets();
  if (!secrets) return secrets.error();
  intake->tokens_.SetSecrets(std::move(*secrets));
  HttpServerOptions server_options = ServerOptions(options);
  if (options.has_tls()) {
    auto tls = intake->LoadTls();
    if (!tls) return tls.error();
    intake->tls_ = std::make_shared<Replaceable<TlsContext>>(std::move(*tls));
    server_options.tls = intake->tls_;
  }
  const HttpHandler handler = [&self = *intake](HttpRequest& request, HttpResponse& response) {
    self.Handle(request, response);
  };
  server_options.adopted = adopted;
  server_options.purpose = "http-intake";
  auto server = HttpServer::Start(server_options, {{"", handler}});
  if (!server) return Error{"--http-host, --http-port: " + server.error().message};
  intake->server_ = std::move(*server);
  intake->queue_->CountConnectionsBy([&self = *intake->server_] {
    return LineQueue::Connections{self.connections(),
                                  static_cast<uint64_t>(self.open_connections())};
  });
  LogInfo("Listening", {{"protocol", options.has_tls() ? "https-intake" : "http-intake"},
                        {"address", intake->address()}});
  return intake;
}

Result<Done> HttpIntake::Check(const HttpIntakeOptions& options) {
  if (!options.enabled()) return Done{};
  const HttpIntake intake(options, {});
  if (const auto secrets = intake.LoadSecrets(); !secrets) return secrets.error();
  if (!options.has_tls()) return Done{};
  const auto tls = intake.LoadTls();
  return tls ? Result<Done>(Done{}) : tls.error();
}

Result<TokenVerifier::Secrets> HttpIntake::LoadSecrets() const {
  TokenVerifier::Secrets secrets;
  if (!options_.jwt_secret_file.empty()) {
    const std::string& path = options_.jwt_secret_file;
    const auto text = ReadConfigFile(path);
    const auto lines = text ? ReadSecrets(*text, path) : text.error();
    if (!lines) return Error{"--jwt.secret-file: " + lines.error().message};
    for (const SecretLine& line : *lines) secrets.push_back(line.secret);
  }
  if (!options_.jwt_secret.empty()) secrets.push_back(options_.jwt_secret);
  return secrets;
}

void HttpIntake::Watch(EventLoop& loop) {
  watch_.emplace(loop, options_.files(), [this] { [[maybe_unused]] const auto done = Reload(); });
  for (const std::string& path : watch_->Unwatchable()) {
    LogWarn("Some changes of the HTTP intake's files will not be seen", {{"why", path}});
  }
}

Result<std::shared_ptr<const TlsContext>> HttpIntake::LoadTls() const {
  TlsConfig config;
  config.certificate.path = options_.tls_cert;
  config.key.path = options_.tls_key;
  auto loaded = TlsContext::Load(config);
  if (!loaded) return Error{"--tls-cert, --tls-key: " + loaded.error().message};
  return loaded;
}

Result<Done> HttpIntake::Reload() {
  const Result<Done> tls = ReloadTls();
  const Result<Done> secrets = ReloadSecrets();
  return secrets ? tls : secrets;
}

Result<Done> HttpIntake::ReloadTls() {
  if (tls_ == nullptr) return Done{};
  auto loaded = LoadTls();
  ++certificate_reloads_[loaded.has_value()];
  if (!loaded) {
    LogError("The certificate was not loaded, the old one stays in force",
             {{"error", loaded.error().message}});
    return loaded.error();
  }
  LogInfo("Loaded the certificate", {{"not_after", (*loaded)->not_after()}});
  tls_->Replace(std::move(*loaded));
  return Done{};
}

Result<Done> HttpIntake::ReloadSecrets() {
  if (options_.jwt_secret_file.empty()) return Done{};
  auto secrets = LoadSecrets();
  ++secret_reloads_[secrets.has_value()];
  if (!secrets) {
    LogError("The secrets were not loaded, the old ones stay in force",
             {{"error", secrets.error().message}});
    return secrets.error();
  }
  LogInfo("Loaded the secrets", {{"secrets", secrets->size()}});
  tokens_.SetSecrets(std::move(*secrets));
  return Done{};
}

HttpIntakeReport HttpIntake::Report() const {
  HttpIntakeReport report;
  for (size_t status = 0; status < requests_.size(); ++status) {
    const uint64_t count = requests_[status].load(std::memory_order_relaxed);
    if (count > 0) report.requests[static_cast<int>(status)] = count;
  }
  report.lines_without_room = lines_without_room_.load();
  report.lines_not_allowed = lines_not_allowed_.load();
  report.cut_connections = server_->cut_connections();
  report.remembered_tokens = tokens_.remembered();
  for (const size_t outcome : {0, 1}) {
    report.secret_reloads[outcome] = secret_reloads_[outcome].load();
    report.certificate_reloads[outcome] = certificate_reloads_[outcome].load();
  }
  return report;
}

void HttpIntake::Handle(HttpRequest& request, HttpResponse& response) {
  Exchange exchange(request, response);
  Serve(exchange);
  requests_[static_cast<size_t>(response.status())].fetch_add(1, std::memory_order_relaxed);
}

void HttpIntake::Serve(Exchange& exchange) {
  if (exchange.request.HeadBytes() > kMostHeadBytes) {
    exchange.response.CloseAfter();
    return exchange.response.Send(431, kPlainText, "431 Request Header Fields Too Large");
  }
  const IntakeRoute route = FindIntakeRoute(exchange.request.method(), exchange.request.path());
  switch (route.kind) {
    case IntakeRoute::Kind::kBadPath:
      return exchange.Refuse(400, "400 Bad Request");
    case IntakeRoute::Kind::kNotFound:
      return exchange.Refuse(404, "404 page not found");
    case IntakeRoute::Kind::kNotAllowed:
      return exchange.Refuse(405, "Method Not Allowed", {{"Allow", route.allow}});
    case IntakeRoute::Kind::kRedirect:
      return exchange.Redirect(route.location);
    case IntakeRoute::Kind::kOptions:
      return AnswerOptions(exchange, route.allow);
    default:
      break;
  }
  const std::string_view origin = exchange.origin();
  const bool allowed = IsAllowedOrigin(origin);
  exchange.SetCors(allowed, !options_.allowed_origins.empty());
  if (route.kind == IntakeRoute::Kind::kHeartbeat) {
    return exchange.Send(200, kPlainText, "OK");
  }
  if (!origin.empty() && !allowed) return exchange.Refuse(403, "Origin not allowed");
  if (route.kind == IntakeRoute::Kind::kBatch) return TakeBatch(exchange);
  TakeMetric(exchange, route.type, route.key);
}

void HttpIntake::AnswerOptions(Exchange& exchange, std::string_view allow) {
  HttpHeaders headers = {{"Allow", allow}};
  if (!exchange.request.Header("Access-Control-Request-Method")) {
    return exchange.response.Send(200, "", "", headers);
  }
  const std::string_view origin = exchange.origin();
  if (!origin.empty() && IsAllowedOrigin(origin)) {
    headers.push_back({"Access-Control-Allow-Origin", origin});
    // "Authentication" is how the peer spells it. The encoding is for packed batches.
    headers.push_back({"Access-Control-Allow-Headers",
                       "X-JWT-Token, X-Requested-With, Origin, Accept, Content-Type, "
                       "Authentication, Content-Encoding"});
    headers.push_back({"Access-Control-Allow-Methods", "GET, POST, HEAD, OPTIONS"});
  }
  if (!options_.allowed_origins.empty()) headers.push_back({"Vary", "Origin"});
  exchange.response.Send(204, "", "", headers);
}

bool HttpIntake::IsAllowedOrigin(std::string_view origin) const {
  const auto& allowed = options_.allowed_origins;
  return allowed.empty() || std::ranges::find(allowed, origin) != allowed.end();
}

bool HttpIntake::Authorize(Exchange& exchange, std::shared_ptr<const TokenGrant>* grant) {
  if (!options_.wants_tokens()) return true;
  std::string from_query;
  std::string_view token = exchange.request.Header("X-JWT-Token").value_or("");
  if (token.empty()) {
    const auto parameters = ReadUrlQuery(exchange.request.query());
    for (const auto& [name, value] : parameters.value_or(UrlParameters())) {
      if (name != "token") continue;
      from_query = value;
      break;
    }
    token = from_query;
  }
  if (token.empty()) {
    exchange.Refuse(401, "Token not specified");
    return false;
  }
  *grant = tokens_.Verify(token, time(nullptr));
  if (*grant == nullptr) exchange.Refuse(403, "Error parsing token");
  return *grant != nullptr;
}

// The body's bytes as they are meant: unpacked.
bool HttpIntake::ReadBody(Exchange& exchange, std::string* body) {
  const size_t limit = options_.max_body_bytes;
  uint64_t announced = exchange.AnnouncedBytes(limit);
  const bool packed = exchange.request.Header("Content-Encoding").has_value();
  if (announced > limit) {
    exchange.response.CloseAfter();
    exchange.Refuse(413, "Body too large");
    return false;
  }
  if (packed) announced += limit;
  if (announced > kSmallBody &&
      !exchange.Reserve(&large_bodies_, static_cast<int64_t>(announced), kLargeBodies)) {
    exchange.response.CloseAfter();
    exchange.Refuse(503, "Too many large bodies at once, try again", {{"Retry-After", "1"}});
    return false;
  }
  switch (exchange.request.ReadBody(limit, *body)) {
    case BodyState::kComplete:
      return !packed || Unpack(exchange, body);
    case BodyState::kTooLarge:
      exchange.Refuse(413, "Body too large");
      return false;
    case BodyState::kBroken:
      break;
  }
  exchange.Refuse(408, "The body did not arrive");
  return false;
}

bool HttpIntake::Unpack(Exchange& exchange, std::string* body) {
  const std::string_view coding = exchange.request.Header("Content-Encoding").value_or("");
  if (IsType(coding, "identity")) return true;
  if (!IsType(coding, "gzip") && !IsType(coding, "x-gzip")) {
    exchange.Refuse(415, "Unsupported content encoding", {{"Accept-Encoding", "gzip"}});
    return false;
  }
  Gunzipped unpacked = Gunzip(*body, options_.max_body_bytes);
  if (unpacked.end != GunzipEnd::kWhole) {
    exchange.Refuse(unpacked.end == GunzipEnd::kTooLarge ? 413 : 400, unpacked.text);
    return false;
  }
  *body = std::move(unpacked.text);
  return true;
}

bool HttpIntake::ReadFields(Exchange& exchange, CallType type, BodyForm* form,
                            MetricFields* fields) {
  const std::string_view content_type = exchange.request.Header("Content-Type").value_or("");
  const bool is_json = IsType(content_type, "application/json");
  // Counting up needs no body, and then no type of one.
  const bool may_be_empty = type == CallType::kIncr && content_type.empty();
  if (!is_json && !may_be_empty && !IsType(content_type, "application/x-www-form-urlencoded")) {
    exchange.Refuse(400, "Unsupported content type");
    return false;
  }
  std::string body;
  if (!ReadBody(exchange, &body)) return false;
  *form = is_json && !LooksLikeForm(body) ? BodyForm::kJson : BodyForm::kForm;
  const bool empty = body.empty() && type == CallType::kIncr;
  const bool read = *form == BodyForm::kJson ? empty || ReadJsonFields(body, fields)
                                             : ReadFormFields(body, fields);
  if (!read) exchange.Refuse(400, *form == BodyForm::kJson ? "Invalid JSON" : "Invalid form");
  return read;
}

void HttpIntake::TakeMetric(Exchange& exchange, std::string_view type_word, std::string_view key) {
  std::shared_ptr<const TokenGrant> grant;
  if (!Authorize(exchange, &grant)) return;
  const CallType type = ReadCallType(type_word);
  if (type == CallType::kUnknown) return exchange.Send(200, "", "");
  BodyForm form = BodyForm::kJson;
  MetricFields fields;
  if (!ReadFields(exchange, type, &form, &fields)) return;
  const auto name = CleanName(key);
  if (!name) return exchange.Refuse(400, "Invalid name");
  if (grant != nullptr && !grant->Allows(*name)) {
    lines_not_allowed_.fetch_add(1, std::memory_order_relaxed);
    return exchange.Refuse(403, "The token does not allow this name");
  }
  std::string line;
  if (const auto wrong = AppendMetric(type, prefix_ + *name, form, fields, &line)) {
    return exchange.Refuse(400, *wrong);
  }
  std::string_view reason;
  judge_(line, [&reason](std::string_view told) { reason = told; });
  if (!reason.empty()) return exchange.Refuse(400, reason);
  if (!line.empty() && !Queue(exchange, line, 1)) return;
  exchange.Send(200, "", "");
}

void HttpIntake::TakeBatch(Exchange& exchange) {
  std::shared_ptr<const TokenGrant> grant;
  std::string body;
  if (!Authorize(exchange, &grant) || !ReadBody(exchange, &body)) return;
  const Batch batch = weir::TakeBatch(std::move(body), prefix_, grant.get(), judge_);
  if (const auto kept = batch.reasons.find(kNameNotAllowed); kept != batch.reasons.end()) {
    lines_not_allowed_.fetch_add(kept->second, std::memory_order_relaxed);
  }
  if (!batch.lines.empty() && !Queue(exchange, batch.lines, CountLines(batch.lines))) return;
  const bool none_good = batch.taken == 0 && batch.refused > 0;
  exchange.Send(none_good ? 400 : 200, "application/json", batch.Json());
}

bool HttpIntake::Queue(Exchange& exchange, std::string_view lines, size_t count) {
  if (queue_->Push(lines)) return true;
  lines_without_room_.fetch_add(count, std::memory_order_relaxed);
  exchange.Refuse(503, "No room for more lines, try again", {{"Retry-After", "1"}});
  return false;
}

}  // namespace weir
