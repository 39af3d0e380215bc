#include "common/http_message.h"

#include <algorithm>
#include <map>

#include "tests/support/catch.h"

namespace weir {
namespace {

class FakeConnection final : public HttpConnection {
 public:
  std::optional<std::string_view> Header(const char* name) const override {
    const auto header = headers.find(name);
    if (header == headers.end()) return std::nullopt;
    return header->second;
  }
  size_t HeadBytes() const override { return 77; }
  int Read(char* buffer, size_t size) override {
    if (body.empty() && broken_body) return -1;
    // A few bytes at a time, as a network does.
    const size_t count = std::min({size, body.size(), size_t{5}});
    std::copy_n(body.begin(), count, buffer);
    body.erase(0, count);
    return static_cast<int>(count);
  }
  bool Write(std::string_view bytes) override {
    if (gone) return false;
    written += bytes;
    ++writes;
    return true;
  }
  bool MayStayOpen() const override { return may_stay_open; }
  void CloseAfterResponse() override { closes = true; }

  std::map<std::string, std::string> headers;
  std::string body;
  bool broken_body = false;
  bool gone = false;
  bool may_stay_open = true;
  std::string written;
  int writes = 0;
  bool closes = false;
};

struct Exchange {
  explicit Exchange(std::string_view method = "GET", HttpVersion version = HttpVersion::k11)
      : request(connection, version, method, "/x", "a=b"), response(connection, request) {}
  FakeConnection connection;
  HttpRequest request;
  HttpResponse response;

  bool Wrote(const std::string& part) const {
    return connection.written.find(part) != std::string::npos;
  }
  std::string Body() const {
    const size_t end = connection.written.find("\r\n\r\n");
    return end == std::string::npos ? "no head" : connection.written.substr(end + 4);
  }
};

}  // namespace

TEST_CASE("a whole response is one write with its length", "[http]") {
  Exchange exchange;
  exchange.response.Send(503, "text/plain", "body", {{"Retry-After", "1"}});
  CHECK(exchange.connection.writes == 1);
  CHECK(exchange.connection.written.starts_with("HTTP/1.1 503 Service Unavailable\r\nDate: "));
  CHECK(exchange.Wrote("\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nContent-Length: 4\r\n"));
  CHECK(exchange.Body() == "body");
  CHECK_FALSE(exchange.connection.closes);
  CHECK(exchange.response.status() == 503);
}

TEST_CASE("a stream goes out in chunks of 64 KiB and ends with an empty one", "[http]") {
  Exchange exchange;
  REQUIRE(exchange.response.Start(200, {{"Content-Type", "text/plain"}}));
  CHECK(exchange.Wrote("Transfer-Encoding: chunked\r\n"));
  const std::string piece(50'000, 'x');
  CHECK(exchange.response.Write("head"));
  CHECK(exchange.response.Write(piece));
  CHECK(exchange.response.Write(piece));
  exchange.response.Finish();
  CHECK(exchange.connection.writes == 4);
  const std::string text = "head" + piece + piece;
  CHECK(exchange.Body() == "010000\r\n" + text.substr(0, 65'536) + "\r\n0086a4\r\n" +
                               text.substr(65'536) + "\r\n0\r\n\r\n");
  CHECK_FALSE(exchange.connection.closes);
  CHECK_FALSE(exchange.response.unfinished());
}

TEST_CASE("an empty stream is a whole response too", "[http]") {
  Exchange exchange;
  REQUIRE(exchange.response.Start(200, {}));
  CHECK(exchange.response.Write(""));
  exchange.response.Finish();
  CHECK(exchange.Body() == "0\r\n\r\n");
}

TEST_CASE("to HTTP/1.0 a stream ends with the connection", "[http]") {
  Exchange exchange("GET", HttpVersion::k10);
  exchange.connection.headers["Connection"] = "keep-alive";
  REQUIRE(exchange.response.Start(200, {}));
  exchange.response.Write("text");
  exchange.response.Finish();
  CHECK(exchange.connection.written.starts_with("HTTP/1.0 200 OK\r\n"));
  CHECK(exchange.Wrote("Connection: close\r\n"));
  CHECK_FALSE(exchange.Wrote("Transfer-Encoding"));
  CHECK(exchange.Body() == "text");
  CHECK(exchange.connection.closes);
}

TEST_CASE("HEAD gets the headers of GET and no body", "[http]") {
  Exchange whole("HEAD");
  whole.response.Send(200, "text/plain", "body");
  CHECK(whole.Wrote("Content-Length: 4\r\n"));
  CHECK(whole.Body().empty());

  Exchange stream("HEAD");
  REQUIRE(stream.response.Start(200, {}));
  CHECK_FALSE(stream.response.Write("body"));
  stream.response.Finish();
  CHECK(stream.Wrote("Transfer-Encoding: chunked\r\n"));
  CHECK(stream.Body().empty());
  CHECK_FALSE(stream.response.unfinished());
}

TEST_CASE("whether the connection stays follows version, wish and server", "[http]") {
  struct Case {
    HttpVersion version;
    const char* wish;
    bool may_stay;
    bool closes;
  };
  const Case each = GENERATE(
      Case{HttpVersion::k11, nullptr, true, false}, Case{HttpVersion::k11, "close", true, true},
      Case{HttpVersion::k11, "TE, Close", true, true},
      Case{HttpVersion::k11, "keep-alive", true, false},
      Case{HttpVersion::k11, nullptr, false, true}, Case{HttpVersion::k10, nullptr, true, true},
      Case{HttpVersion::k10, "Keep-Alive", true, false},
      Case{HttpVersion::k10, "keep-alive", false, true});
  Exchange exchange("GET", each.version);
  if (each.wish != nullptr) exchange.connection.headers["Connection"] = each.wish;
  exchange.connection.may_stay_open = each.may_stay;
  exchange.response.Send(200, "text/plain", "x");
  CHECK(exchange.connection.closes == each.closes);
  CHECK(exchange.Wrote("Connection: close\r\n") == each.closes);
  CHECK(exchange.Wrote("Connection: keep-alive\r\n") ==
        (each.version == HttpVersion::k10 && !each.closes));
}

TEST_CASE("a stream to a client that is gone stops and counts as unfinished", "[http]") {
  Exchange exchange;
  REQUIRE(exchange.response.Start(200, {}));
  exchange.connection.gone = true;
  CHECK(exchange.response.Write("small"));
  CHECK_FALSE(exchange.response.Write(std::string(100'000, 'x')));
  CHECK_FALSE(exchange.response.Write("more"));
  exchange.response.Finish();
  CHECK(exchange.response.unfinished());
}

TEST_CASE("a body is read up to its limit", "[http]") {
  std::string body;
  Exchange exact("POST");
  exact.connection.body = "0123456789";
  CHECK(exact.request.ReadBody(10, body) == BodyState::kComplete);
  CHECK(body == "0123456789");
  CHECK_FALSE(exact.connection.closes);

  Exchange large("POST");
  large.connection.body = "0123456789";
  CHECK(large.request.ReadBody(9, body) == BodyState::kTooLarge);
  CHECK(body == "012345678");
  CHECK(large.connection.closes);

  Exchange broken("POST");
  broken.connection.body = "012";
  broken.connection.broken_body = true;
  CHECK(broken.request.ReadBody(100, body) == BodyState::kBroken);
  CHECK(broken.connection.closes);
}

TEST_CASE("a client that waits for leave to send its body gets it", "[http]") {
  Exchange exchange("POST");
  exchange.connection.headers["Expect"] = "100-Continue";
  exchange.connection.body = "x";
  std::string body;
  CHECK(exchange.request.ReadBody(10, body) == BodyState::kComplete);
  CHECK(exchange.connection.written == "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_CASE("an unread body is noticed", "[http]") {
  Exchange none;
  CHECK_FALSE(none.request.HasUnreadBody());
  Exchange empty("POST");
  empty.connection.headers["Content-Length"] = "0";
  CHECK_FALSE(empty.request.HasUnreadBody());
  Exchange sized("POST");
  sized.connection.headers["Content-Length"] = "5";
  sized.connection.body = "12345";
  CHECK(sized.request.HasUnreadBody());
  std::string body;
  sized.request.ReadBody(10, body);
  CHECK_FALSE(sized.request.HasUnreadBody());
  Exchange chunked("POST");
  chunked.connection.headers["Transfer-Encoding"] = "chunked";
  CHECK(chunked.request.HasUnreadBody());
}

TEST_CASE("a body that ends before its announced length is broken", "[http]") {
  Exchange exchange("POST");
  exchange.connection.headers["Content-Length"] = "10";
  exchange.connection.body = "12345678";
  std::string body;
  CHECK(exchange.request.ReadBody(100, body) == BodyState::kBroken);
  CHECK(exchange.connection.closes);
}

TEST_CASE("a response without content has no type, and a 204 no length", "[http]") {
  Exchange empty;
  empty.response.Send(200, "", "");
  CHECK_FALSE(empty.Wrote("Content-Type"));
  CHECK(empty.Wrote("\r\nContent-Length: 0\r\n"));
  Exchange none;
  none.response.Send(204, "", "", {{"Allow", "GET"}});
  CHECK_FALSE(none.Wrote("Content-"));
  CHECK(none.Wrote("\r\nAllow: GET\r\n"));
  CHECK_FALSE(none.connection.closes);
}

TEST_CASE("a handler may end the connection with its response", "[http]") {
  Exchange exchange;
  exchange.response.CloseAfter();
  exchange.response.Send(200, "text/plain", "x");
  CHECK(exchange.Wrote("\r\nConnection: close\r\n"));
  CHECK(exchange.connection.closes);
}

TEST_CASE("a header that was added gives way to the handler's own", "[http]") {
  Exchange exchange;
  exchange.response.AddHeader("X-Frame-Options", "deny");
  exchange.response.AddHeader("X-Content-Type-Options", "nosniff");
  exchange.response.Send(200, "text/plain", "x", {{"x-frame-options", "sameorigin"}});
  CHECK(exchange.Wrote("\r\nx-frame-options: sameorigin\r\nX-Content-Type-Options: nosniff\r\n"));
  CHECK_FALSE(exchange.Wrote("deny"));
  Exchange stream;
  stream.response.AddHeader("X-Frame-Options", "deny");
  stream.response.Start(200, {});
  CHECK(stream.Wrote("\r\nX-Frame-Options: deny\r\n"));
}

}  // namespace weir
