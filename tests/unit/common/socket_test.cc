#include "common/socket.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <thread>

#include "tests/support/catch.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

ListenAddress At(std::string_view text) { return ParseListenAddress(text).value(); }

std::string ErrorOf(const Result<std::vector<BoundSocket>>& opened) {
  REQUIRE_FALSE(opened);
  return opened.error().message;
}

// This thread can make no IPv6 socket any more, as on a machine that was started without IPv6.
void ForbidIpv6() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(program), program};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

// This thread has no capability any more, as an ordinary user's.
void DropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  REQUIRE(syscall(SYS_capset, &header, none) == 0);
}

int CoreLimit(const char* name) {
  FILE* file = fopen(name, "r");
  REQUIRE(file != nullptr);
  int value = 0;
  REQUIRE(fscanf(file, "%d", &value) == 1);
  fclose(file);
  return value;
}

TEST_CASE("a scoped descriptor closes once, unless given away", "[socket]") {
  int number = -1;
  {
    ScopedFd first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.get();
    const ScopedFd second(std::move(first));
    CHECK_FALSE(first.valid());
    CHECK(fcntl(number, F_GETFD) != -1);
  }
  CHECK(fcntl(number, F_GETFD) == -1);
  ScopedFd kept(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const ScopedFd owner(kept.release());
  CHECK_FALSE(kept.valid());
  CHECK(fcntl(owner.get(), F_GETFD) != -1);
}

TEST_CASE("port 0 becomes the port the kernel chose", "[socket]") {
  const auto udp = OpenUdp(At("127.0.0.1:0"), {});
  REQUIRE(udp);
  REQUIRE(udp->size() == 1);
  CHECK(udp->front().transport == Transport::kUdp);
  CHECK(udp->front().address.starts_with("127.0.0.1:"));
  CHECK(At(udp->front().address).port != 0);
  const auto tcp = OpenTcp(At("127.0.0.1:0"));
  REQUIRE(tcp);
  CHECK(tcp->front().transport == Transport::kTcp);
  CHECK(At(tcp->front().address).port != 0);
}

TEST_CASE("every interface means IPv6 and IPv4 on one socket", "[socket]") {
  if (!HasIpv6()) return;
  for (const char* text : {":0", "0.0.0.0:0", "[::]:0"}) {
    const auto tcp = OpenTcp(At(text));
    REQUIRE(tcp);
    const std::string port = std::to_string(At(tcp->front().address).port);
    CHECK(tcp->front().address == "[::]:" + port);
    CHECK(Connect(SOCK_STREAM, "127.0.0.1:" + port).valid());
    CHECK(Connect(SOCK_STREAM, "[::1]:" + port).valid());
  }
}

TEST_CASE("without IPv6 every interface means IPv4", "[socket]") {
  std::thread([] {
    ForbidIpv6();
    const auto udp = OpenUdp(At(":0"), {});
    REQUIRE(udp);
    CHECK(udp->front().address.starts_with("0.0.0.0:"));
    const auto tcp = OpenTcp(At(":0"));
    REQUIRE(tcp);
    CHECK(tcp->front().address.starts_with("0.0.0.0:"));
    CHECK(ErrorOf(OpenTcp(At("[::1]:0"))).starts_with("cannot listen on TCP [::1]:0: "));
  }).join();
}

TEST_CASE("a port in use is an error that names it", "[socket]") {
  const auto udp = OpenUdp(At("127.0.0.1:0"), {});
  REQUIRE(udp);
  const std::string& taken = udp->front().address;
  const std::string message = ErrorOf(OpenUdp(At(taken), {}));
  CHECK(message.starts_with("cannot listen on UDP " + taken + ": Address already in use"));
  CHECK(message.find("stop that one, or listen elsewhere") != message.npos);

  const auto tcp = OpenTcp(At("127.0.0.1:0"));
  REQUIRE(tcp);
  CHECK(ErrorOf(OpenTcp(At(tcp->front().address))).find("Address already in use") != message.npos);
}

TEST_CASE("the sockets of one group share a port that nobody else can join", "[socket]") {
  const auto udp = OpenUdp(At("127.0.0.1:0"), {.sockets = 4});
  REQUIRE(udp);
  REQUIRE(udp->size() == 4);
  for (const BoundSocket& socket : *udp) CHECK(socket.address == udp->front().address);
  CHECK_FALSE(OpenUdp(At(udp->front().address), {.sockets = 4}));
  CHECK_FALSE(OpenUdp(At(udp->front().address), {}));

  const auto tcp = OpenTcp(At("127.0.0.1:0"), 4);
  REQUIRE(tcp);
  REQUIRE(tcp->size() == 4);
  for (const BoundSocket& socket : *tcp) CHECK(socket.address == tcp->front().address);
  CHECK_FALSE(OpenTcp(At(tcp->front().address), 4));
}

TEST_CASE("the kernel spreads senders over the sockets of a group", "[socket]") {
  const auto udp = OpenUdp(At("127.0.0.1:0"), {.sockets = 3});
  REQUIRE(udp);
  constexpr int kSenders = 200;
  for (int i = 0; i < kSenders; ++i) Send(Connect(SOCK_DGRAM, udp->front().address), "x");
  int total = 0;
  for (const BoundSocket& socket : *udp) {
    int received = 0;
    char byte;
    while (recv(socket.fd.get(), &byte, 1, 0) == 1) ++received;
    CHECK(received > 0);
    total += received;
  }
  CHECK(total == kSenders);
}

TEST_CASE("an address that no interface has is an error that says so", "[socket]") {
  CHECK(ErrorOf(OpenUdp(At("192.0.2.1:9125"), {}))
            .find("(no interface of this machine has that address)") != std::string::npos);
  CHECK(ErrorOf(OpenUdp(At("no such host:1"), {})).starts_with("unable to resolve no such host"));
}

TEST_CASE("the receive buffer reported is the one granted", "[socket]") {
  const auto small = OpenUdp(At("127.0.0.1:0"), {.read_buffer = 50'000});
  REQUIRE(small);
  CHECK(small->front().granted_read_buffer == 100'000);

  const auto untouched = OpenUdp(At("127.0.0.1:0"), {});
  REQUIRE(untouched);
  CHECK(untouched->front().granted_read_buffer == CoreLimit("/proc/sys/net/core/rmem_default"));
}

TEST_CASE("without privilege the kernel's limit is granted", "[socket]") {
  const int limit = CoreLimit("/proc/sys/net/core/rmem_max");
  std::thread([limit] {
    DropCapabilities();
    const auto udp = OpenUdp(At("127.0.0.1:0"), {.read_buffer = limit + 1'000'000});
    REQUIRE(udp);
    CHECK(udp->front().granted_read_buffer == 2 * limit);
  }).join();
}

TEST_CASE("an ordinary user learns why a low port is refused", "[socket]") {
  if (CoreLimit("/proc/sys/net/ipv4/ip_unprivileged_port_start") < 2) return;
  std::thread([] {
    DropCapabilities();
    CHECK(ErrorOf(OpenTcp(At("127.0.0.1:1"))).find("need root or CAP_NET_BIND_SERVICE") !=
          std::string::npos);
  }).join();
}

}  // namespace
}  // namespace weir
