// How many CPUs this process may keep busy: the least of the machine's CPUs, the affinity mask and
// the CPU quota of its control group or any group above it (rounded up, so half a CPU counts 1).
//
// Facts: cgroup v2 states "<quota|max> <period>" in cpu.max; v1 states cpu.cfs_quota_us (-1: none)
// and cpu.cfs_period_us below the directory of the cpu controller. The group is named by
// /proc/self/cgroup; inside a container that path may not exist, the groups above it do.
//
// Thread safety: any thread. Reads a few small files; for the start of a program.
// Tested by tests/unit/common/cpu_test.cc.
#pragma once

#include <string>

namespace weir {

struct CgroupPaths {
  std::string membership = "/proc/self/cgroup";
  std::string root = "/sys/fs/cgroup";
};

// At least 1. What cannot be read does not limit.
int UsableCpuCount(const CgroupPaths& paths = {});

}  // namespace weir
