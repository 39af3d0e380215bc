#include "common/receive_slots.h"

#include "common/unix_socket.h"
#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

TEST_CASE("exactly the datagrams received are shown, a batch at a time", "[receive_slots]") {
  SteadyClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  const auto udp = OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {}).value();
  const int fd = udp.front().fd.get();
  const ScopedFd client = Connect(SOCK_DGRAM, udp.front().address);
  for (int i = 0; i < 70; ++i) Send(client, "datagram " + std::to_string(i));
  REQUIRE(slots.ReceiveDatagrams(fd) == 64);
  for (int i = 0; i < 64; ++i) CHECK(slots.datagram(i) == "datagram " + std::to_string(i));
  REQUIRE(slots.ReceiveDatagrams(fd) == 6);
  for (int i = 0; i < 6; ++i) CHECK(slots.datagram(i) == "datagram " + std::to_string(64 + i));
  CHECK(slots.ReceiveDatagrams(fd) == -1);
  CHECK(errno == EAGAIN);
}

TEST_CASE("unused memory costs nothing and used memory is given back", "[receive_slots]") {
  SteadyClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  CHECK(slots.ResidentBytes() == 0);

  const auto udp =
      OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {.read_buffer = 1'000'000}).value();
  const ScopedFd client = Connect(SOCK_DGRAM, udp.front().address);
  const std::string big(60'000, 'x');
  for (int i = 0; i < 3; ++i) Send(client, big);
  CHECK(slots.ReceiveDatagrams(udp.front().fd.get()) == 3);
  CHECK(slots.ResidentBytes() >= 3 * big.size());
  CHECK(RunUntil(loop, [&] { return slots.ResidentBytes() == 0; }));

  // And again: the memory is still there to be used.
  Send(client, big);
  CHECK(slots.ReceiveDatagrams(udp.front().fd.get()) == 1);
  CHECK(slots.datagram(0) == big);
  CHECK(RunUntil(loop, [&] { return slots.ResidentBytes() == 0; }));
}

}  // namespace
}  // namespace weir
