// HttpIntake::Exchange: a request of the HTTP intake with its response and what holds for all the
// answers it may get: CORS, the form of refusals, and room reserved for its body.
//
// Thread safety: none; lives on its handler's thread. Part of common/http_intake.cc.
#pragma once

#include <atomic>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include "common/http_intake.h"
#include "common/http_message.h"

namespace weir {

inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

class HttpIntake::Exchange {
 public:
  Exchange(HttpRequest& one, HttpResponse& other) : request(one), response(other) {}
  ~Exchange() {
    if (reserved_ > 0) budget_->fetch_sub(reserved_);
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpRequest& request;
  HttpResponse& response;

  // Empty when no browser's page asks.
  std::string_view origin() const { return request.Header("Origin").value_or(""); }

  // From now on answers name the origin, when they may; `varies`: and say that it matters.
  void SetCors(bool allowed, bool varies) {
    if (origin().empty()) return;
    if (allowed) cors_.push_back({"Access-Control-Allow-Origin", origin()});
    if (varies) cors_.push_back({"Vary", "Origin"});
  }

  // What the body may come to, up to `limit`; more only when that much is announced. CivetWeb lets
  // Transfer-Encoding count before a length, and reads lengths that we cannot ("+9").
  uint64_t AnnouncedBytes(uint64_t limit) const {
    if (request.Header("Transfer-Encoding")) return limit;
    const std::string_view length = request.Header("Content-Length").value_or("0");
    const char* const end = length.data() + length.size();
    uint64_t announced = 0;
    const auto [rest, error] = std::from_chars(length.data(), end, announced);
    return error == std::errc() && rest == end ? announced : limit;
  }

  // Takes `bytes` of what may be in use at once, until the exchange ends. False: too many are.
  bool Reserve(std::atomic<int64_t>* budget, int64_t bytes, int64_t limit) {
    if (budget->fetch_add(bytes) + bytes > limit) {
      budget->fetch_sub(bytes);
      return false;
    }
    budget_ = budget;
    reserved_ = bytes;
    return true;
  }

  void Send(int status, std::string_view type, std::string_view body) {
    response.Send(status, type, body, cors_);
  }

  // As Go's http.Error.
  void Refuse(int status, std::string_view text, HttpHeaders headers = {}) {
    headers.push_back({"X-Content-Type-Options", "nosniff"});
    headers.insert(headers.end(), cors_.begin(), cors_.end());
    response.Send(status, kPlainText, std::string(text) + '\n', headers);
  }

  // As Go's http.Redirect: who asked by GET may not follow by itself and is shown a link.
  void Redirect(const std::string& path) {
    std::string location = path;
    if (!request.query().empty()) location.append("?").append(request.query());
    if (request.method() != "GET") {
      return response.Send(307, "", "", {{"Location", location}});
    }
    std::string shown;
    for (const char c : location) {
      if (c == '&') {
        shown += "&amp;";
      } else if (c == '<' || c == '>' || c == '"' || c == '\'') {
        shown += '_';
      } else {
        shown += c;
      }
    }
    response.Send(301, "text/html; charset=utf-8",
                  "<a href=\"" + shown + "\">Moved Permanently</a>.\n\n", {{"Location", location}});
  }

 private:
  HttpHeaders cors_;
  std::atomic<int64_t>* budget_ = nullptr;
  int64_t reserved_ = 0;
};

}  // namespace weir
