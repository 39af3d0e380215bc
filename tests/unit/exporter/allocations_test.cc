// Counts what the known-series path allocates, which is nothing. The operators replaced here serve
// the whole test program.
#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/pipeline.h"

namespace {

thread_local uint64_t allocations = 0;

// Not inlined, and neither are the deletes: the compiler would see free() meet operator new.
[[gnu::noinline]] void* Allocate(std::size_t size, std::size_t alignment = 0) {
  ++allocations;
  if (alignment <= alignof(std::max_align_t)) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  } else if (void* memory =
                 std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)) {
    return memory;
  }
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace weir {

uint64_t Allocations() { return allocations; }

namespace {

// Thirty datagrams of the line with thirty different names each, and one to see that they arrived.
std::vector<std::string> Datagrams(std::string_view before, std::string_view after) {
  std::vector<std::string> datagrams(30);
  datagrams.push_back("applied:1|c\napplied.too:1|c\napplied.also:1|c");
  for (int i = 0; i < 30; ++i) {
    for (int j = 0; j < 30; ++j) {
      datagrams[i].append(before).append(std::to_string(i * 30 + j)).append(after).append("\n");
    }
  }
  return datagrams;
}

// What one more pass over the datagrams allocates when `warm_passes` were made already.
uint64_t AllocationsOf(uint32_t shards, const std::vector<std::string>& datagrams,
                       int warm_passes) {
  Pipeline pipeline(shards);
  uint64_t before = 0;
  for (int pass = 0; pass <= warm_passes; ++pass) {
    if (pass == warm_passes) before = allocations;
    uint32_t shard = 0;
    for (const std::string& datagram : datagrams) {
      pipeline.Send(datagram, shard++ % shards);
    }
    pipeline.Settle();
  }
  const uint64_t counted = allocations - before;
  REQUIRE(ValueOf(pipeline.Page(), "applied") == NumberText(warm_passes + 1));
  return counted;
}

TEST_CASE("allocations are seen", "[allocations]") {
  const uint64_t before = allocations;
  std::string text(1000, 'x');
  CHECK(allocations == before + 1);
  // A first sight allocates.
  CHECK(AllocationsOf(1, Datagrams("first.", ":1|c"), 0) > 900);
}

TEST_CASE("a sample of a known series allocates nothing", "[allocations]") {
  struct Row {
    std::string_view before;
    std::string_view after;
    int warm_passes;
  };
  const Row rows[] = {
      {"counter.", ":1|c", 2},
      {"counter.", ":1|c|@0.1", 2},
      {"gauge.", ":0.25|g", 2},
      {"gauge.", ":-3|g", 2},
      {"set.", ":member|s", 2},
      {"dogstatsd.", ":1|c|#env:production,host:web-17,bad", 2},
      {"influx.", ",env=production,host=web-17,,bad:1|c", 2},
      {"librato.", "#env=production,host=web-17:1|g", 2},
      {"signalfx.", "[env=production,host=web-17]:1|g", 2},
      {"container.", ":1|c|c:0123456789abcdef|T1656581400|e:x", 2},
      {"packed.", ":1:2:3|c|#a:b", 2},
      {"several.", ":1|c:2|c:3|c", 2},
      {"conflict.x:1|c\nconflict.x,n=", ":1|g", 2},
      {"refused.", ":1|c|#__x:y", 2},
      {"malformed.", ":1o|c", 2},
      {"", ":|", 2},
      // Summaries grow to 500 samples as they come, and are sketches after that.
      {"timer.", ":320|ms", 700},
      {"histogram.", ":3|h|#a:b", 700},
  };
  for (const Row& row : rows) {
    INFO(row.before << "*" << row.after);
    std::vector<std::string> datagrams = Datagrams(row.before, row.after);
    if (row.warm_passes > 100) datagrams.erase(datagrams.begin() + 2, datagrams.begin() + 30);
    for (const uint32_t shards : {1u, 2u}) {
      CHECK(AllocationsOf(shards, datagrams, row.warm_passes) == 0);
    }
  }
}

TEST_CASE("the members of a set allocate nothing once it estimates", "[allocations]") {
  Pipeline pipeline;
  const std::vector<std::string> members = Datagrams("users:member", "|s");
  for (const size_t some : {0, 1, 2, 30}) pipeline.Send(members[some]);
  const uint64_t before = allocations;
  for (const std::string& datagram : members) pipeline.Send(datagram);
  CHECK(allocations == before);
}

}  // namespace
}  // namespace weir
