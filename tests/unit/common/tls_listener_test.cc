// StreamListener with TLS.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/datagram_listener.h"
#include "common/process.h"
#include "common/replaceable.h"
#include "common/stream_listener.h"
#include "common/tls_context.h"
#include "common/tls_stream.h"
#include "tests/support/catch.h"
#include "tests/support/certificates.h"
#include "tests/support/loop.h"
#include "tests/support/recording_sink.h"
#include "tests/support/socket_client.h"
#include "tests/support/tls_client.h"

namespace weir {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::shared_ptr<const TlsContext> Load(const TlsConfig& config) {
  auto loaded = TlsContext::Load(config);
  INFO((loaded ? "" : loaded.error().message));
  REQUIRE(loaded);
  return std::move(*loaded);
}

// Of these, made once, the tests only read.
struct Certificates {
  TemporaryDirectory directory;
  TlsConfig server = MakeCertificate(directory.path, "server");
  TlsConfig client = MakeCertificate(directory.path, "client");
  TlsConfig stranger = MakeCertificate(directory.path, "stranger");

  TlsConfig Verifying() const {
    TlsConfig config = server;
    config.client_auth = ClientAuth::kRequireAndVerify;
    config.client_ca = client.certificate;
    return config;
  }
};

const Certificates& Made() {
  static const Certificates certificates;
  return certificates;
}

struct Receiving {
  explicit Receiving(const TlsConfig& config = Made().server,
                     milliseconds handshake_timeout = seconds(60))
      : tls(std::make_shared<Replaceable<TlsContext>>(Load(config))) {
    BoundSocket socket = std::move(OpenTcp(ParseListenAddress("127.0.0.1:0").value())->front());
    socket.admission.tls = tls;
    socket.admission.handshake_timeout = handshake_timeout;
    listener = Attach(loop, slots, std::move(socket), sink);
  }

  const ListenerCounters& counters() const { return listener->counters(); }
  uint64_t rejected(Rejection reason) const {
    return counters().rejected[static_cast<size_t>(reason)];
  }
  bool Until(const std::function<bool()>& condition) { return RunUntil(loop, condition); }
  bool UntilHeard(std::string_view text) {
    return Until([&] { return sink.stream_text == text; });
  }
  std::unique_ptr<TlsClient> Client(const TlsConfig* own = nullptr) {
    auto client = std::make_unique<TlsClient>(listener->address(), own);
    REQUIRE(Until([&] { return client->Shake(); }));
    return client;
  }

  SteadyClock clock;
  EventLoop loop{clock};
  ReceiveSlots slots{loop};
  RecordingSink sink;
  std::shared_ptr<Replaceable<TlsContext>> tls;
  std::unique_ptr<Listener> listener;
};

TEST_CASE("lines arrive through TLS, whole ones and in parts", "[tls_listener]") {
  Receiving receiving;
  const auto client = receiving.Client();
  client->Send("a:1|c\nb:");
  REQUIRE(receiving.UntilHeard("a:1|c\n"));
  CHECK(receiving.counters().pending_bytes == 2);
  client->Send("2|c\n");
  REQUIRE(receiving.UntilHeard("a:1|c\nb:2|c\n"));
  CHECK(receiving.sink.last_transport == Transport::kTcp);
  CHECK(receiving.sink.batch_ends > 0);
  CHECK(receiving.counters().bytes == 12);
  CHECK(receiving.counters().connections == 1);
  CHECK(receiving.counters().open_connections == 1);
}

TEST_CASE("more than fits into a turn arrives whole", "[tls_listener]") {
  Receiving receiving;
  const auto client = receiving.Client();
  std::string text;
  while (text.size() < 100'000) text += "some.metric:1|c\n";
  client->Send(text);
  for (int i = 0; i < 500; ++i) client->Send("a:1|c\n");
  for (int i = 0; i < 500; ++i) text += "a:1|c\n";
  REQUIRE(receiving.UntilHeard(text));
}

TEST_CASE("the last line counts when the client says goodbye, not when it is cut",
          "[tls_listener]") {
  Receiving receiving;
  auto client = receiving.Client();
  client->Send("a:1|c\nlast:2|c");
  client->SayGoodbye();
  REQUIRE(receiving.UntilHeard("a:1|c\nlast:2|c"));
  CHECK(receiving.counters().unfinished_lines == 0);
  client = receiving.Client();
  client->Send("b:1|c\ncut:2|c");
  client.reset();
  REQUIRE(receiving.Until([&] { return receiving.counters().unfinished_lines == 1; }));
  CHECK(receiving.sink.stream_text == "a:1|c\nlast:2|cb:1|c\n");
  CHECK(receiving.counters().open_connections == 0);
  CHECK(receiving.counters().connection_errors == 0);
}

TEST_CASE("who speaks no TLS is refused and counted", "[tls_listener]") {
  Receiving receiving;
  const ScopedFd client = Connect(SOCK_STREAM, receiving.listener->address());
  Send(client, "a:1|c\n");
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kHandshakeFailed) == 1; }));
  { const ScopedFd gone = Connect(SOCK_STREAM, receiving.listener->address()); }
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kHandshakeFailed) == 2; }));
  CHECK(receiving.sink.stream_text.empty());
  CHECK(receiving.counters().connections == 0);
  CHECK(receiving.counters().open_connections == 0);
  CHECK(receiving.listener->Report().rejects[static_cast<size_t>(Rejection::kNoCertificate)]);
}

TEST_CASE("only clients with a certificate of the CA are heard", "[tls_listener]") {
  Receiving receiving(Made().Verifying());
  const auto good = receiving.Client(&Made().client);
  good->Send("good:1|c\n");
  REQUIRE(receiving.UntilHeard("good:1|c\n"));
  // In TLS 1.3 these learn only later that they were refused.
  const auto without = receiving.Client();
  without->Send("bad:1|c\n");
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kNoCertificate) == 1; }));
  const auto strange = receiving.Client(&Made().stranger);
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kBadCertificate) == 1; }));
  REQUIRE(receiving.Until([&] { return without->IsClosed() && strange->IsClosed(); }));
  good->Send("good:2|c\n");
  REQUIRE(receiving.UntilHeard("good:1|c\ngood:2|c\n"));
  CHECK(receiving.counters().connections == 1);
}

TEST_CASE("a handshake that is not finished in time is cut, and nobody else", "[tls_listener]") {
  Receiving receiving(Made().server, milliseconds(2'000));
  const auto good = receiving.Client();
  const ScopedFd silent = Connect(SOCK_STREAM, receiving.listener->address());
  const ScopedFd slow = Connect(SOCK_STREAM, receiving.listener->address());
  Send(slow, "\x16\x03\x01\x02");
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kHandshakeTimeout) == 2; }));
  good->Send("good:1|c\n");
  REQUIRE(receiving.UntilHeard("good:1|c\n"));
  CHECK(receiving.counters().open_connections == 1);
}

TEST_CASE("a certificate that is replaced is for new connections", "[tls_listener]") {
  Receiving receiving;
  const auto before = receiving.Client();
  CHECK(before->ServerName() == "/CN=server");
  receiving.tls->Replace(Load(Made().stranger));
  const auto after = receiving.Client();
  CHECK(after->ServerName() == "/CN=stranger");
  before->Send("before:1|c\n");
  REQUIRE(receiving.UntilHeard("before:1|c\n"));
}

TEST_CASE("handshakes take turns with datagrams", "[tls_listener]") {
  constexpr int kClients = 64;
  const TemporaryDirectory directory;
  TlsConfig config = MakeCertificate(directory.path, "rsa");
  // A signature of it takes far more than a client's share of a turn.
  RunOpenSsl("req -x509 -newkey rsa:3072 -nodes -subj /CN=rsa -days 2 -keyout " + config.key.path +
             " -out " + config.certificate.path);
  Receiving receiving(config);
  auto socket = std::move(OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {})->front());
  DatagramListener datagrams(receiving.loop, receiving.slots, std::move(socket), receiving.sink);
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<TlsClient>(receiving.listener->address()));
    CHECK_FALSE(clients.back()->Shake());
  }
  const auto answered = [&] {
    return std::ranges::count_if(clients, [](const auto& client) { return client->IsAnswered(); });
  };
  REQUIRE(receiving.Until([&] { return answered() > 0; }));
  Send(Connect(SOCK_DGRAM, datagrams.address()), "a:1|c");
  REQUIRE(receiving.Until([&] { return receiving.sink.datagrams.size() == 1; }));
  CHECK(answered() < kClients);
  REQUIRE(receiving.Until([&] {
    int shaken = 0;
    for (const auto& client : clients) shaken += client->Shake();
    return shaken == kClients;
  }));
  REQUIRE(receiving.Until([&] { return receiving.counters().connections == kClients; }));
}

TEST_CASE("of too many handshakes the oldest is given up", "[tls_listener]") {
  RaiseDescriptorLimit();
  Receiving receiving;
  std::vector<ScopedFd> silent;
  for (size_t i = 0; i < StreamListener::kMostShaking; ++i) {
    silent.push_back(Connect(SOCK_STREAM, receiving.listener->address()));
    // The kernel holds only so many that were not accepted.
    if (i % 100 == 99) receiving.loop.Turn();
  }
  const auto good = receiving.Client();
  REQUIRE(receiving.Until([&] { return receiving.rejected(Rejection::kHandshakeTimeout) == 1; }));
  char byte;
  CHECK(recv(silent.front().get(), &byte, 1, 0) == 0);
  good->Send("good:1|c\n");
  REQUIRE(receiving.UntilHeard("good:1|c\n"));
}

TEST_CASE("at the end what was sent is read, and handshakes are given up", "[tls_listener]") {
  Receiving receiving;
  const auto client = receiving.Client();
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == 1; }));
  const ScopedFd silent = Connect(SOCK_STREAM, receiving.listener->address());
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    client->Send("a:1|c\n");
    text += "a:1|c\n";
  }
  receiving.listener->Drain();
  CHECK((receiving.sink.stream_text == text));  // in parentheses: it is long
  CHECK(receiving.counters().open_connections == 0);
  CHECK(receiving.counters().rejected == std::array<uint64_t, kRejectionCount>{});
}

TEST_CASE("a record without data gives the reader its turn back", "[tls_listener]") {
  const BoundSocket socket = std::move(OpenTcp(ParseListenAddress("127.0.0.1:0").value())->front());
  TlsClient client(socket.address);
  const ScopedFd accepted(accept4(socket.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  TlsStream stream(*Load(Made().server), accepted.get());
  while (stream.Shake() != TlsStream::Handshake::kDone) client.Shake();
  REQUIRE(client.Shake());
  for (const int type : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    for (int i = 0; i < 3; ++i) client.ChangeKeys(type);
    client.Send("a:1|c");
    std::vector<char> room(20'000);
    int without_data = 0;
    ssize_t size;
    while ((size = stream.Read(room.data(), room.size())) < 0) {
      REQUIRE((errno == EAGAIN || errno == EINTR));
      without_data += errno == EINTR;
    }
    CHECK(std::string_view(room.data(), size) == "a:1|c");
    CHECK(without_data >= 3);  // an answer may take a turn of its own
    CHECK(stream.Read(room.data(), room.size()) == -1);
    CHECK(errno == EAGAIN);
  }
}

TEST_CASE("records without data are read in turns, and lines behind them arrive",
          "[tls_listener]") {
  Receiving receiving;
  const auto client = receiving.Client();
  REQUIRE(receiving.Until([&] { return receiving.counters().open_connections == 1; }));
  for (int i = 0; i < 500; ++i) client->ChangeKeys();
  client->Send("a:1|c\n");
  receiving.loop.Turn();
  CHECK(receiving.sink.stream_text.empty());
  REQUIRE(receiving.UntilHeard("a:1|c\n"));

  for (int i = 0; i < 500; ++i) client->ChangeKeys();
  client->Send("b:1|c\n");
  receiving.listener->Drain();
  CHECK(receiving.sink.stream_text == "a:1|c\nb:1|c\n");
}

}  // namespace
}  // namespace weir
