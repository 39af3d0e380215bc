#include "common/cpu.h"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/catch.h"

namespace weir {
namespace {

// A control group file system as files in a directory of its own.
class Cgroups {
 public:
  Cgroups() { REQUIRE(mkdtemp(root_) != nullptr); }
  ~Cgroups() { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  CgroupPaths paths() const { return {root_ + std::string("/membership"), root_}; }

 private:
  char root_[32] = "/tmp/weir_cpu_XXXXXX";
};

const std::string kOneAndAHalf = "150000 100000\n";

int Machine() { return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)); }

}  // namespace

TEST_CASE("without control groups the machine and the affinity count", "[cpu]") {
  const int count = UsableCpuCount({"/nonexistent", "/nonexistent"});
  CHECK(count >= 1);
  CHECK(count <= Machine());

  int one = 0;
  // On a thread of its own, because the affinity belongs to a thread.
  std::thread([&one] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof(set), &set);
    int first = 0;
    while (!CPU_ISSET(first, &set)) ++first;
    CPU_ZERO(&set);
    CPU_SET(first, &set);
    sched_setaffinity(0, sizeof(set), &set);
    one = UsableCpuCount({"/nonexistent", "/nonexistent"});
  }).join();
  CHECK(one == 1);
}

TEST_CASE("a v2 quota is rounded up and counts at every level", "[cpu]") {
  Cgroups cgroups;
  cgroups.Write("/membership", "0::/pods/web\n");
  const int unlimited = UsableCpuCount({"/nonexistent", "/nonexistent"});

  cgroups.Write("/pods/web/cpu.max", "max 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == unlimited);
  cgroups.Write("/pods/web/cpu.max", "50000 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == 1);
  cgroups.Write("/pods/web/cpu.max", kOneAndAHalf);
  CHECK(UsableCpuCount(cgroups.paths()) == std::min(unlimited, 2));
  cgroups.Write("/pods/web/cpu.max", "100000 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == 1);
  cgroups.Write("/pods/web/cpu.max", "99900000 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == std::min(unlimited, 999));
  cgroups.Write("/pods/cpu.max", "1000 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == 1);
}

TEST_CASE("in a container the group at the root counts, whatever path is named", "[cpu]") {
  Cgroups cgroups;
  cgroups.Write("/membership", GENERATE("0::/\n", "0::/kubepods/not/visible\n", "0::/../..\n"));
  cgroups.Write("/cpu.max", "100000 100000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == 1);
}

TEST_CASE("a v1 quota is found under either name of the controller", "[cpu]") {
  Cgroups cgroups;
  cgroups.Write("/membership", "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n3:cpuset:/docker/x\n");
  const std::string directory = GENERATE("/cpu,cpuacct", "/cpu");
  const int unlimited = UsableCpuCount({"/nonexistent", "/nonexistent"});
  cgroups.Write(directory + "/docker/x/cpu.cfs_period_us", "100000\n");
  cgroups.Write(directory + "/docker/x/cpu.cfs_quota_us", "-1\n");
  CHECK(UsableCpuCount(cgroups.paths()) == unlimited);
  cgroups.Write(directory + "/docker/x/cpu.cfs_quota_us", "20000\n");
  CHECK(UsableCpuCount(cgroups.paths()) == 1);
}

TEST_CASE("files that make no sense do not limit", "[cpu]") {
  Cgroups cgroups;
  cgroups.Write("/membership", "nonsense\n\n0::\n::\n1:cpu\n0::/a\n");
  cgroups.Write("/a/cpu.max", GENERATE("", "x y\n", "0 0\n", "100000\n", "-5 100000\n"));
  CHECK(UsableCpuCount(cgroups.paths()) == UsableCpuCount({"/nonexistent", "/nonexistent"}));
}

}  // namespace weir
