#include "exporter/storage/snapshot.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/promised.h"
#include "exporter/storage/frame.h"
#include "exporter/storage/state_writer.h"

namespace weir {
namespace {

struct Slice {
  std::string frame;  // empty: there was nothing
  uint32_t next = 0;  // behind it
  bool done = false;
};

// On the shard's thread.
Slice TakeSlice(Shard* shard, uint8_t id, uint32_t next, const SnapshotLimits& limits) {
  StateWriter writer(id);
  const int64_t now = shard->now();
  Slice slice = {{}, next, false};
  slice.done = shard->table().VisitSlice(&slice.next, limits.slice_time, [&](const auto& view) {
    writer.AddValue(view, true, now);
    return writer.size() < limits.slice_bytes;
  });
  if (writer.size() > 0) slice.frame = writer.Take(now);
  return slice;
}

}  // namespace

SnapshotEnd WriteSnapshot(const std::vector<Shard*>& shards, uint64_t run, uint64_t number,
                          const SnapshotLimits& limits,
                          const std::function<bool(std::string_view)>& write) {
  if (!write(FileHead() + OriginFrame(FileKind::kSnapshot, run, number))) {
    return SnapshotEnd::kRefused;
  }
  for (size_t id = 0; id < shards.size(); ++id) {
    uint32_t next = 0;
    for (bool done = false; !done;) {
      const auto promised = std::make_shared<Promised<Slice>>();
      shards[id]->Post([shard = shards[id], id, next, limits, promised] {
        promised->Give(TakeSlice(shard, static_cast<uint8_t>(id), next, limits));
      });
      const std::optional<Slice> slice = promised->Await(limits.patience);
      if (!slice) return SnapshotEnd::kShardStuck;
      if (!slice->frame.empty() && !write(slice->frame)) return SnapshotEnd::kRefused;
      next = slice->next;
      done = slice->done;
    }
  }
  return write(EndFrame()) ? SnapshotEnd::kWhole : SnapshotEnd::kRefused;
}

}  // namespace weir
