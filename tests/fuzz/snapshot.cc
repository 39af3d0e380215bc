// The files of --storage.path: whatever stands in a snapshot or a log, it is read or called
// damaged, and what was read can be put into the tables of a new process, whose page a scraper
// reads.
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/scoped_fd.h"
#include "exporter/storage/frame.h"
#include "exporter/storage/merge.h"
#include "exporter/storage/state_frame.h"
#include "exporter/storage/stored_state.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/page.h"

namespace weir {
namespace {

FrameEnd Read(std::string_view file, FileKind kind, StoredState* state) {
  const ScopedFd fd(memfd_create("snapshot", MFD_CLOEXEC));
  FUZZ_CHECK(fd.valid());
  FUZZ_CHECK(write(fd.get(), file.data(), file.size()) == static_cast<ssize_t>(file.size()));
  FUZZ_CHECK(lseek(fd.get(), 0, SEEK_SET) == 0);
  const FrameEnd end = state->Read(fd.get(), kind);
  FUZZ_CHECK(state->offset() <= file.size());
  return end;
}

// Payloads, each behind its length in two bytes, as a file whose checksums are right.
std::string Sealed(std::string_view input) {
  std::string file = FileHead();
  while (input.size() >= 2) {
    const size_t size = static_cast<uint8_t>(input[0]) | static_cast<uint8_t>(input[1]) << 8;
    AppendFrame(input.substr(2, size), &file);
    input.remove_prefix(std::min(2 + size, input.size()));
  }
  return file;
}

void Merge(const StoredState& state) {
  FakeClock clock;
  Exchange exchange(2);
  const Mapper mapper;
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<Shard*> all;
  for (uint32_t id = 0; id < 2; ++id) {
    shards.push_back(std::make_unique<Shard>(ShardOptions{}, id, &exchange, clock));
    all.push_back(shards.back().get());
  }
  const MergeCounts counts = MergeState(state, mapper, all);
  size_t live = 0;
  for (const StoredSeries& series : state.series()) live += series.live;
  uint64_t left_out = 0;
  for (const auto& [why, count] : counts.left_out) left_out += count;
  FUZZ_CHECK(counts.merged + left_out == live);
  size_t series = 0;
  for (Shard* const shard : all) {
    series += shard->table().series_count();
    for (const Format format : {Format::kText, Format::kOpenMetrics, Format::kProtobuf}) {
      FUZZ_CHECK(PageOf(&shard->table(), format).empty() == (shard->table().series_count() == 0));
    }
  }
  FUZZ_CHECK(series <= counts.merged);
}

}  // namespace

FUZZ(snapshot) {
  Choices choices(&input);
  const bool is_sealed = !choices.Bit();
  const FileKind kind = choices.Bit() ? FileKind::kLog : FileKind::kSnapshot;
  const std::string file = is_sealed ? Sealed(input) : std::string(input);
  StoredState state;
  const FrameEnd end = Read(file, kind, &state);
  FUZZ_CHECK(end != FrameEnd::kNone && end != FrameEnd::kError);
  if (choices.Bit()) Read(file, kind, &state);  // as a log of the same run
  if (choices.Bit()) state.Distrust();
  Merge(state);
}

}  // namespace weir
