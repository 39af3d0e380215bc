#include "common/http_message.h"

#include <strings.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "common/check.h"

namespace weir {
namespace {

constexpr size_t kChunkBytes = 64 << 10;
// "010000\r\n": a size of a fixed width (leading zeros are allowed) can be filled in afterwards.
constexpr size_t kSizeLineBytes = 8;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Is `option` one of the words of a comma-separated header?
bool HasOption(std::string_view header, std::string_view option) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(','), header.size());
    std::string_view word = header.substr(0, end);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (EqualsIgnoringCase(word, option)) return true;
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return false;
}

// The statuses Weir sends; the text is for people only.
std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

// Kept for the second in which it is right: 0.5 us less a response.
std::string_view DateNow() {
  thread_local time_t last = 0;
  thread_local char text[40];
  thread_local size_t size = 0;
  const time_t now = time(nullptr);
  if (now != last || size == 0) {
    tm utc;
    gmtime_r(&now, &utc);
    size = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    last = now;
  }
  return {text, size};
}

}  // namespace

BodyState HttpRequest::ReadBody(size_t limit, std::string& body) {
  WEIR_CHECK(!body_read_);
  const std::optional<std::string_view> expectation = Header("Expect");
  if (expectation && EqualsIgnoringCase(*expectation, "100-continue") &&
      !connection_.Write("HTTP/1.1 100 Continue\r\n\r\n")) {
    return BodyState::kBroken;
  }
  body.clear();
  char buffer[16 << 10];
  for (;;) {
    const int count = connection_.Read(buffer, std::min(sizeof(buffer), limit - body.size() + 1));
    if (count < 0) break;
    if (count == 0) {
      if (IsCutShort(body.size())) break;
      body_read_ = true;
      return BodyState::kComplete;
    }
    body.append(buffer, static_cast<size_t>(count));
    if (body.size() > limit) {
      connection_.CloseAfterResponse();
      body.resize(limit);
      return BodyState::kTooLarge;
    }
  }
  connection_.CloseAfterResponse();
  return BodyState::kBroken;
}

// CivetWeb tells the end of a body and a client that has gone silent in it alike.
bool HttpRequest::IsCutShort(size_t size) const {
  const std::optional<std::string_view> length = Header("Content-Length");
  if (!length || Header("Transfer-Encoding")) return false;
  uint64_t announced = 0;
  std::from_chars(length->data(), length->data() + length->size(), announced);
  return size < announced;
}

bool HttpRequest::HasUnreadBody() const {
  if (body_read_) return false;
  const std::optional<std::string_view> length = Header("Content-Length");
  return Header("Transfer-Encoding").has_value() || (length && *length != "0");
}

// As CivetWeb decides, so that what is announced is what happens.
bool HttpResponse::KeepAlive() const {
  if (close_ || !connection_.MayStayOpen()) return false;
  const std::optional<std::string_view> wish = request_.Header("Connection");
  return wish ? HasOption(*wish, "keep-alive") : request_.version() == HttpVersion::k11;
}

std::string HttpResponse::Head(int status, std::string_view framing, bool ends_itself,
                               const HttpHeaders& headers) {
  WEIR_CHECK(status_ == 0);
  status_ = status;
  std::string head = request_.version() == HttpVersion::k11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  head += std::to_string(status);
  head.append(" ").append(Reason(status)).append("\r\nDate: ").append(DateNow()).append("\r\n");
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  for (const HttpHeader& header : headers) add(header.name, header.value);
  for (const auto& [name, value] : added_) {
    const bool replaced = std::ranges::any_of(headers, [&name = name](const HttpHeader& header) {
      return EqualsIgnoringCase(header.name, name);
    });
    if (!replaced) add(name, value);
  }
  head += framing;
  if (!KeepAlive() || (framing.empty() && !ends_itself)) {
    connection_.CloseAfterResponse();
    head += "Connection: close\r\n";
  } else if (request_.version() == HttpVersion::k10) {
    head += "Connection: keep-alive\r\n";
  }
  return head += "\r\n";
}

void HttpResponse::Send(int status, std::string_view content_type, std::string_view body,
                        const HttpHeaders& headers) {
  HttpHeaders all;
  if (!content_type.empty()) all.push_back({"Content-Type", content_type});
  all.insert(all.end(), headers.begin(), headers.end());
  // A 204 ends with its head.
  const bool sized = status != 204;
  std::string bytes = Head(
      status, sized ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : "", !sized, all);
  if (request_.method() != "HEAD") bytes += body;
  failed_ = !connection_.Write(bytes);
}

bool HttpResponse::Start(int status, const HttpHeaders& headers) {
  chunked_ = request_.version() == HttpVersion::k11;
  streaming_ = true;
  failed_ = !connection_.Write(
      Head(status, chunked_ ? "Transfer-Encoding: chunked\r\n" : "", false, headers));
  chunk_.assign(kSizeLineBytes, '0');
  return !failed_;
}

bool HttpResponse::Write(std::string_view bytes) {
  WEIR_CHECK(streaming_);
  if (request_.method() == "HEAD") return false;
  while (!bytes.empty() && !failed_) {
    const size_t count = std::min(bytes.size(), kSizeLineBytes + kChunkBytes - chunk_.size());
    chunk_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (chunk_.size() == kSizeLineBytes + kChunkBytes) FlushChunk();
  }
  return !failed_;
}

void HttpResponse::Finish() {
  WEIR_CHECK(streaming_);
  if (request_.method() != "HEAD") {
    FlushChunk();
    if (chunked_ && !failed_) failed_ = !connection_.Write("0\r\n\r\n");
  }
  if (!failed_) streaming_ = false;
}

bool HttpResponse::FlushChunk() {
  const size_t size = chunk_.size() - kSizeLineBytes;
  if (size == 0 || failed_) return !failed_;
  if (chunked_) {
    char line[kSizeLineBytes + 1];
    std::snprintf(line, sizeof(line), "%06x\r\n", static_cast<unsigned>(size) & 0xFFFFFF);
    chunk_.replace(0, kSizeLineBytes, line, kSizeLineBytes);
    failed_ = !connection_.Write(chunk_.append("\r\n"));
  } else {
    failed_ = !connection_.Write(std::string_view(chunk_).substr(kSizeLineBytes));
  }
  chunk_.resize(kSizeLineBytes);
  return !failed_;
}

}  // namespace weir
