#include "common/receive_slots.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/tls_stream.h"

namespace weir {
namespace {

// 17 cache lines more than a power of two: slots that all began in the same cache set would evict
// each other (10 % more time per small datagram).
constexpr size_t kStride = ReceiveSlots::kSlotBytes + 17 * 64;
constexpr size_t kMemoryBytes = kStride * ReceiveSlots::kSlots;

// 640,000 datagrams a second: they wait in batches without help.
constexpr std::chrono::microseconds kLeastWait(75);

char* Reserve() {
  void* memory = mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEIR_CHECK(memory != MAP_FAILED);
  // A huge page would make 2 MiB resident for the first byte.
  madvise(memory, kMemoryBytes, MADV_NOHUGEPAGE);
  return static_cast<char*>(memory);
}

}  // namespace

ReceiveSlots::ReceiveSlots(EventLoop& loop)
    : loop_(loop),
      memory_(Reserve()),
      give_back_(loop, std::chrono::seconds(1), std::chrono::seconds(0), [this] { GiveBack(); }) {
  give_back_.Stop();
  for (int i = 0; i < kSlots; ++i) {
    vectors_[i] = {memory_ + i * kStride, kSlotBytes};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

ReceiveSlots::~ReceiveSlots() { munmap(memory_, kMemoryBytes); }

void ReceiveSlots::LetFill(std::chrono::nanoseconds most) {
  const int64_t now = loop_.NowNanos();
  const int64_t since = now - last_turn_;
  if (since == 0) return;  // another listener of this turn has waited
  const int64_t taken = std::exchange(taken_since_, 0);
  last_turn_ = now;
  if (taken * most.count() < since) return;
  const std::chrono::nanoseconds until_filled(kFillTo * since / taken);
  if (until_filled < kLeastWait) return;
  ++fills_;
  loop_.AwaitTask(std::min(most, until_filled));
}

int ReceiveSlots::ReceiveDatagrams(int fd) {
  const int count = recvmmsg(fd, headers_.data(), kSlots, MSG_DONTWAIT, nullptr);
  if (count > 0) taken_since_ += count;
  if (count > 0 && !give_back_.active()) give_back_.Start();
  return count;
}

// The names are taken away again: the loop's other listeners do not ask for them.
int ReceiveSlots::ReceiveDatagramsFrom(int fd) {
  if (sources_ == nullptr) sources_ = std::make_unique<std::array<sockaddr_in6, kSlots>>();
  for (int i = 0; i < kSlots; ++i) {
    headers_[i].msg_hdr.msg_name = &(*sources_)[i];
    headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in6);
  }
  const int count = ReceiveDatagrams(fd);
  for (mmsghdr& header : headers_) {
    header.msg_hdr.msg_name = nullptr;
    header.msg_hdr.msg_namelen = 0;
  }
  return count;
}

ssize_t ReceiveSlots::ReceiveStream(int fd) {
  const ssize_t size = recv(fd, memory_, kSlotBytes, MSG_DONTWAIT);
  if (size > 0 && !give_back_.active()) give_back_.Start();
  return size;
}

ssize_t ReceiveSlots::ReceiveStream(TlsStream& stream) {
  const ssize_t size = stream.Read(memory_, kSlotBytes);
  if (size > 0 && !give_back_.active()) give_back_.Start();
  return size;
}

size_t ReceiveSlots::ResidentBytes() const {
  const size_t page = sysconf(_SC_PAGESIZE);
  std::vector<unsigned char> pages((kMemoryBytes + page - 1) / page);
  WEIR_CHECK(mincore(memory_, kMemoryBytes, pages.data()) == 0);
  return page * std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return p & 1; });
}

void ReceiveSlots::GiveBack() { madvise(memory_, kMemoryBytes, MADV_DONTNEED); }

}  // namespace weir
