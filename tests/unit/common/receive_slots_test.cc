#include "common/receive_slots.h"

#include <algorithm>

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

constexpr std::chrono::milliseconds kMost(1);

// Turns in which `taken` datagrams come every `every`, as LetFill sees them.
uint64_t FillsOf(int taken, std::chrono::microseconds every,
                 std::chrono::nanoseconds most = kMost) {
  FakeClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  const auto udp =
      OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {.read_buffer = 1'000'000}).value();
  const ScopedFd client = Connect(SOCK_DGRAM, udp.front().address);
  for (int turn = 0; turn < 3; ++turn) {
    clock.Advance(std::chrono::nanoseconds(every).count());
    loop.Post([] {});
    loop.Turn();
    slots.LetFill(most);
    for (int i = 0; i < taken; ++i) Send(client, "a:1|c");
    for (int left = taken; left > 0;)
      left -= std::max(slots.ReceiveDatagrams(udp.front().fd.get()), 0);
  }
  return slots.fills();
}

TEST_CASE("slots are left to fill when more datagrams come soon, but not too many",
          "[receive_slots]") {
  using std::chrono::microseconds;
  // The first turn has nothing to go by.
  CHECK(FillsOf(1, microseconds(50)) == 2);
  CHECK(FillsOf(1, microseconds(1'000)) == 2);
  CHECK(FillsOf(1, microseconds(100), microseconds(100)) == 2);
  CHECK(FillsOf(30, microseconds(30'000)) == 2);
  CHECK(FillsOf(60, microseconds(100)) == 2);
  // One alone is taken at once.
  CHECK(FillsOf(1, microseconds(1'100)) == 0);
  CHECK(FillsOf(1, microseconds(110), microseconds(100)) == 0);
  CHECK(FillsOf(1, microseconds(1'000'000)) == 0);
  CHECK(FillsOf(30, microseconds(40'000)) == 0);
  // And so is a flood.
  CHECK(FillsOf(70, microseconds(100)) == 0);
  CHECK(FillsOf(20, microseconds(10)) == 0);
  // Or what has no room to wait in.
  CHECK(FillsOf(60, microseconds(100), microseconds(0)) == 0);
}

TEST_CASE("slots are left to fill once a turn, whatever the number of listeners",
          "[receive_slots]") {
  FakeClock clock;
  EventLoop loop(clock);
  ReceiveSlots slots(loop);
  const auto udp = OpenUdp(ParseListenAddress("127.0.0.1:0").value(), {}).value();
  const ScopedFd client = Connect(SOCK_DGRAM, udp.front().address);
  slots.LetFill(kMost);
  Send(client, "a:1|c");
  REQUIRE(slots.ReceiveDatagrams(udp.front().fd.get()) == 1);
  clock.Advance(50'000);
  loop.Post([] {});
  loop.Turn();
  for (int listener = 0; listener < 3; ++listener) slots.LetFill(kMost);
  CHECK(slots.fills() == 1);
}

}  // namespace
}  // namespace weir
