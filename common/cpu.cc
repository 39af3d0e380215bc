#include "common/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string_view>
#include <vector>

namespace weir {
namespace {

constexpr int kUnlimited = std::numeric_limits<int>::max();

int AffinityCount() {
  // The kernel refuses a mask smaller than its own; 1024 CPUs fit into the first try.
  for (size_t cpus = 1024; cpus <= (1u << 20); cpus *= 2) {
    std::vector<uint64_t> mask(cpus / 64);
    const size_t bytes = mask.size() * sizeof(uint64_t);
    auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
    if (sched_getaffinity(0, bytes, set) == 0) return std::max(CPU_COUNT_S(bytes, set), 1);
  }
  return kUnlimited;
}

// A quota of zero or less is none.
int CpusOf(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return kUnlimited;
  return static_cast<int>(std::min<int64_t>((quota - 1) / period + 1, kUnlimited));
}

int64_t ReadNumber(const std::string& path) {
  int64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}

int QuotaOfV2(const std::string& directory) {
  std::ifstream file(directory + "/cpu.max");
  int64_t quota = 0;
  int64_t period = 0;
  // "max" is no number and leaves the quota at zero.
  file >> quota >> period;
  return CpusOf(quota, period);
}

int QuotaOfV1(const std::string& directory) {
  return CpusOf(ReadNumber(directory + "/cpu.cfs_quota_us"),
                ReadNumber(directory + "/cpu.cfs_period_us"));
}

// The least quota of root + group and every group above it up to the root.
template <class QuotaOf>
int LeastQuota(const std::string& root, std::string group, QuotaOf quota_of) {
  int least = kUnlimited;
  for (;;) {
    least = std::min(least, quota_of(root + group));
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.erase(slash);
  }
}

bool HasCpuController(std::string_view controllers) {
  return ("," + std::string(controllers) + ",").find(",cpu,") != std::string::npos;
}

int CgroupQuota(const CgroupPaths& paths) {
  int least = kUnlimited;
  std::ifstream membership(paths.membership);
  // Each line is hierarchy:controllers:group; v2 has no controllers there.
  for (std::string line; std::getline(membership, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    if (controllers.empty()) {
      least = std::min(least, LeastQuota(paths.root, group, QuotaOfV2));
    } else if (HasCpuController(controllers)) {
      // The directory is named by all controllers of the hierarchy, or is a link of this name.
      for (const std::string& name : {controllers, std::string("cpu")}) {
        least = std::min(least, LeastQuota(paths.root + "/" + name, group, QuotaOfV1));
      }
    }
  }
  return least;
}

}  // namespace

int UsableCpuCount(const CgroupPaths& paths) {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  const int machine = online > 0 ? static_cast<int>(online) : 1;
  return std::min({machine, AffinityCount(), CgroupQuota(paths)});
}

}  // namespace weir
