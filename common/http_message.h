// HttpRequest and HttpResponse: what a handler of common/http_server.h reads and writes.
//
// A response is either sent whole (Send) or streamed (Start, Write.., Finish). A stream goes out in
// chunks of 64 KiB to HTTP/1.1 clients and ends with the connection for HTTP/1.0. To HEAD only the
// headers go out, whatever the handler writes. A stream that is not finished ends the connection
// without the closing chunk, so that no client takes half a page for a whole one.
//
// Thread safety: none; both live on the handler's thread and end with the handler's call. Views a
// request gives live as long as the request.
// Tested by tests/unit/common/http_message_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

struct HttpHeader {
  std::string_view name;
  std::string_view value;  // no CR or LF
};
using HttpHeaders = std::vector<HttpHeader>;

// The connection as request and response see it.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  // The first header of that name, in any case of letters.
  virtual std::optional<std::string_view> Header(const char* name) const = 0;
  // Of the request line and all headers, about.
  virtual size_t HeadBytes() const = 0;
  // Body bytes without their transfer coding: 0 at the end, -1 when broken or too slow.
  virtual int Read(char* buffer, size_t size) = 0;
  // False when the client is gone or too slow; every later call is false too.
  virtual bool Write(std::string_view bytes) = 0;
  // May the connection serve another request, as far as the server is concerned?
  virtual bool MayStayOpen() const = 0;
  virtual void CloseAfterResponse() = 0;
};

enum class HttpVersion : uint8_t { k10, k11 };
enum class BodyState : uint8_t { kComplete, kTooLarge, kBroken };

class HttpRequest {
 public:
  // Used by the server.
  HttpRequest(HttpConnection& connection, HttpVersion version, std::string_view method,
              std::string_view path, std::string_view query)
      : connection_(connection), version_(version), method_(method), path_(path), query_(query) {}

  HttpVersion version() const { return version_; }
  std::string_view method() const { return method_; }
  // Percent-decoded (as it came with HttpServerOptions::raw_paths), without the query.
  std::string_view path() const { return path_; }
  // Behind the '?', as it came; empty when there is none.
  std::string_view query() const { return query_; }
  std::optional<std::string_view> Header(const char* name) const {
    return connection_.Header(name);
  }
  // Of the request line and all headers, about.
  size_t HeadBytes() const { return connection_.HeadBytes(); }

  // Puts the body into `body`, at most `limit` bytes. To be called once; answers an expectation of
  // "100-continue" first. Unless the state is kComplete the connection closes after the response.
  BodyState ReadBody(size_t limit, std::string& body);

  // Used by the server: is there a body that nobody read?
  bool HasUnreadBody() const;

 private:
  bool IsCutShort(size_t size) const;

  HttpConnection& connection_;
  const HttpVersion version_;
  const std::string_view method_;
  const std::string_view path_;
  const std::string_view query_;
  bool body_read_ = false;
};

class HttpResponse {
 public:
  // Used by the server. Both outlive the response.
  HttpResponse(HttpConnection& connection, const HttpRequest& request)
      : connection_(connection), request_(request) {}

  // The whole response; an empty `content_type` is not sent. REQUIRES: neither Send nor Start was
  // called.
  void Send(int status, std::string_view content_type, std::string_view body,
            const HttpHeaders& headers = {});

  // The head of a stream; `headers` name the Content-Type. False when the client is gone.
  // REQUIRES: neither Send nor Start was called.
  bool Start(int status, const HttpHeaders& headers);
  // More of the body. False when the client is gone: the handler should give up. Also false for
  // HEAD, which wants no body. REQUIRES: Start was called.
  bool Write(std::string_view bytes);
  // The end of the body. REQUIRES: Start was called.
  void Finish();

  // Also sent, unless the handler sends one of that name itself. Before Send or Start.
  void AddHeader(std::string_view name, std::string_view value) {
    added_.emplace_back(name, value);
  }

  // The connection ends with the response. Before Send or Start.
  void CloseAfter() { connection_.CloseAfterResponse(), close_ = true; }

  // Zero while nothing was sent.
  int status() const { return status_; }
  // Used by the server: Start without Finish?
  bool unfinished() const { return streaming_; }

 private:
  // `ends_itself`: needs no framing.
  std::string Head(int status, std::string_view framing, bool ends_itself,
                   const HttpHeaders& headers);
  bool KeepAlive() const;
  bool FlushChunk();

  HttpConnection& connection_;
  const HttpRequest& request_;
  int status_ = 0;
  bool close_ = false;
  bool streaming_ = false;
  bool chunked_ = false;
  bool failed_ = false;
  std::vector<std::pair<std::string, std::string>> added_;
  std::string chunk_;  // room for its size line, then the bytes that wait
};

}  // namespace weir
