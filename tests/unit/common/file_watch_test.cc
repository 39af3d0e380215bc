#include "common/file_watch.h"

#include <sched.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/loop.h"
#include "tests/support/socket_client.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kQuiet(10);

void Write(const std::string& path, std::string_view text = "mappings:\n") {
  std::ofstream file(path);
  file << text;
  file.close();
  REQUIRE(file);
}

// Watches paths of a new directory, and a file beside them all by which a test knows that
// everything done before has been told.
class Scene {
 public:
  explicit Scene(const std::vector<std::string>& names) : names_(names) { Write(dir / "probe"); }

  void Start() {
    std::vector<std::string> paths;
    for (const std::string& name : names_) paths.push_back(dir / name);
    watch_.emplace(
        loop_, paths, [this] { ++fires_; }, kQuiet);
    CHECK(watch_->Unwatchable().empty());
    probe_.emplace(
        loop_, std::vector<std::string>{dir / "probe"}, [this] { ++probes_; }, kQuiet);
  }

  // How often it fired since the last question. Two bursts of the probe, one after the other, take
  // longer than one of the watch that began before them.
  int Fires() {
    for (int burst = 0; burst < 2; ++burst) {
      const int before = probes_;
      Write(dir / "probe");
      REQUIRE(RunUntil(loop_, [&] { return probes_ > before; }));
    }
    return std::exchange(fires_, 0);
  }

  const TemporaryDirectory dir;

 private:
  const std::vector<std::string> names_;
  SteadyClock clock_;
  EventLoop loop_{clock_};
  std::optional<FileWatch> watch_;
  std::optional<FileWatch> probe_;
  int fires_ = 0;
  int probes_ = 0;
};

TEST_CASE("a file rewritten in place is told once, however often in one burst", "[file_watch]") {
  Scene scene({"m.yml"});
  Write(scene.dir / "m.yml");
  scene.Start();
  CHECK(scene.Fires() == 0);
  for (int i = 0; i < 20; ++i) Write(scene.dir / "m.yml");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "m.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("files that match a pattern are told as they come, change and go", "[file_watch]") {
  Scene scene({"t*.json"});
  Write(scene.dir / "t1.json");
  scene.Start();
  Write(scene.dir / "t1.json");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "t2.json");
  CHECK(scene.Fires() == 1);
  for (const char* other : {"u.json", ".t.json", "t.yml"}) Write(scene.dir / other);
  CHECK(scene.Fires() == 0);
  fs::rename(scene.dir / "u.json", scene.dir / "t3.json");
  CHECK(scene.Fires() == 1);
  fs::remove(scene.dir / "t2.json");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a pattern in a directory that is missing is told when it comes", "[file_watch]") {
  Scene scene({"later/*.json"});
  scene.Start();
  fs::create_directory(scene.dir / "later");
  Write(scene.dir / "later/a.json");
  CHECK(scene.Fires() >= 1);
  Write(scene.dir / "later/a.json");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a file is told of when it is whole, not while it is written", "[file_watch]") {
  Scene scene({"m.yml"});
  scene.Start();
  std::ofstream file(scene.dir / "m.yml");
  file << "mappings:\n" << std::flush;
  CHECK(scene.Fires() == 0);
  file.close();
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a file renamed or linked over a watched one is told", "[file_watch]") {
  Scene scene({"m.yml"});
  Write(scene.dir / "m.yml");
  scene.Start();
  for (int i = 0; i < 2; ++i) {
    Write(scene.dir / "new");
    CHECK(scene.Fires() == 0);
    fs::rename(scene.dir / "new", scene.dir / "m.yml");
    CHECK(scene.Fires() == 1);
  }
  Write(scene.dir / "new");
  fs::remove(scene.dir / "m.yml");
  fs::create_hard_link(scene.dir / "new", scene.dir / "m.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("an editor that moves the old file away and writes a new one is told once",
          "[file_watch]") {
  Scene scene({"m.yml"});
  Write(scene.dir / "m.yml");
  scene.Start();
  fs::rename(scene.dir / "m.yml", scene.dir / "m.yml~");
  Write(scene.dir / "m.yml");
  fs::remove(scene.dir / "m.yml~");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("Kubernetes' swap of ..data is told, again and again", "[file_watch]") {
  for (const bool as_directory : {false, true}) {
    CAPTURE(as_directory);
    Scene scene({as_directory ? "mount" : "mount/m.yml"});
    const fs::path mount = scene.dir / "mount";
    const auto publish = [&](const std::string& version) {
      fs::create_directories(mount / version);
      Write(mount / version / "m.yml");
      fs::create_directory_symlink(version, mount / "..data_tmp");
      fs::rename(mount / "..data_tmp", mount / "..data");
    };
    publish("..2026_01");
    fs::create_symlink("..data/m.yml", mount / "m.yml");
    scene.Start();
    CHECK(scene.Fires() == 0);
    publish("..2026_02");
    fs::remove_all(mount / "..2026_01");
    CHECK(scene.Fires() == 1);
    publish("..2026_03");
    CHECK(scene.Fires() == 1);
    fs::remove_all(mount / "..2026_02");
    CHECK(scene.Fires() == 0);
  }
}

TEST_CASE("the target of links is watched, wherever it is", "[file_watch]") {
  Scene scene({"m.yml"});
  fs::create_directories(scene.dir / "deep/a");
  fs::create_directories(scene.dir / "deep/b");
  Write(scene.dir / "deep/a/m.yml");
  Write(scene.dir / "deep/b/m.yml");
  fs::create_symlink(scene.dir / "deep/current/../current/m.yml", scene.dir / "m.yml");
  fs::create_symlink("a", scene.dir / "deep/current");
  scene.Start();
  Write(scene.dir / "deep/a/m.yml");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "deep/b/m.yml");
  CHECK(scene.Fires() == 0);
  fs::remove(scene.dir / "deep/current");
  fs::create_symlink("b", scene.dir / "deep/current");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "deep/b/m.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a file that comes later is told, with the directories on its way", "[file_watch]") {
  Scene scene({"a/b/m.yml"});
  scene.Start();
  fs::create_directory(scene.dir / "a");
  CHECK(scene.Fires() == 0);
  fs::create_directory(scene.dir / "a/b");
  CHECK(scene.Fires() == 0);
  Write(scene.dir / "a/b/m.yml");
  CHECK(scene.Fires() == 1);
  fs::remove_all(scene.dir / "a");
  CHECK(scene.Fires() == 0);
  fs::create_directories(scene.dir / "a/b");
  Write(scene.dir / "a/b/m.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a directory on the way that is replaced is told", "[file_watch]") {
  Scene scene({"a/b/m.yml"});
  fs::create_directories(scene.dir / "a/b");
  fs::create_directories(scene.dir / "new/b");
  Write(scene.dir / "a/b/m.yml");
  Write(scene.dir / "new/b/m.yml");
  scene.Start();
  fs::rename(scene.dir / "a", scene.dir / "old");
  fs::rename(scene.dir / "new", scene.dir / "a");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "old/b/m.yml");
  CHECK(scene.Fires() == 0);
  Write(scene.dir / "a/b/m.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a directory stands for its mapping files, which come, change and go", "[file_watch]") {
  Scene scene({"rules"});
  fs::create_directory(scene.dir / "rules");
  scene.Start();
  for (const char* name : {"a.yml", "b.yaml", "c.conf"}) {
    CAPTURE(name);
    Write(scene.dir / "rules" + ("/" + std::string(name)));
    CHECK(scene.Fires() == 1);
    Write(scene.dir / "rules" + ("/" + std::string(name)));
    CHECK(scene.Fires() == 1);
  }
  for (const char* name : {".a.yml.swp", ".a.yml", "a.yml~", "4913", "README.md"}) {
    CAPTURE(name);
    Write(scene.dir / "rules" + ("/" + std::string(name)));
    CHECK(scene.Fires() == 0);
  }
  fs::remove(scene.dir / "rules/a.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("other files in a file's directory are no change", "[file_watch]") {
  Scene scene({"m.yml"});
  Write(scene.dir / "m.yml");
  scene.Start();
  for (const char* name : {"other.yml", "m.yml.bak", ".m.yml.swp", "m"}) Write(scene.dir / name);
  fs::rename(scene.dir / "other.yml", scene.dir / "another.yml");
  fs::create_symlink("m.yml", scene.dir / "link");
  fs::create_directory(scene.dir / "directory");
  fs::remove(scene.dir / "m");
  CHECK(scene.Fires() == 0);
}

TEST_CASE("a removed file is not told, but that it is there again", "[file_watch]") {
  Scene scene({"a.yml", "b.yml"});
  Write(scene.dir / "a.yml");
  Write(scene.dir / "b.yml");
  scene.Start();
  fs::remove(scene.dir / "a.yml");
  CHECK(scene.Fires() == 0);
  Write(scene.dir / "b.yml");
  CHECK(scene.Fires() == 0);
  Write(scene.dir / "a.yml");
  CHECK(scene.Fires() == 1);
  Write(scene.dir / "b.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("links that run in a circle lead nowhere until one is turned", "[file_watch]") {
  Scene scene({"a.yml"});
  fs::create_symlink("b.yml", scene.dir / "a.yml");
  fs::create_symlink("a.yml", scene.dir / "b.yml");
  scene.Start();
  CHECK(scene.Fires() == 0);
  Write(scene.dir / "new");
  fs::rename(scene.dir / "new", scene.dir / "b.yml");
  CHECK(scene.Fires() == 1);
}

TEST_CASE("a burst that does not end is told after a second", "[file_watch]") {
  const TemporaryDirectory dir;
  const std::string path = dir / "m.yml";
  Write(path);
  SteadyClock clock;
  EventLoop loop(clock);
  int fires = 0;
  FileWatch watch(loop, {path}, [&] { ++fires; });
  constexpr milliseconds kOften(10);
  Timer writer(loop, kOften, kOften, [&] { Write(path); });
  CHECK(RunUntil(loop, [&] { return fires > 0; }));
}

// In a mount namespace of its own thread, which goes with the thread.
TEST_CASE("a file mounted by itself is named, and seen when it is rewritten", "[file_watch]") {
  const TemporaryDirectory dir;
  const std::string path = dir / "m.yml";
  Write(path);
  Write(dir / "source");
  bool mounted = false;
  std::vector<std::string> unwatchable;
  int fires = 0;
  std::thread container([&] {
    mounted = unshare(CLONE_NEWNS) == 0 &&
              mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
              mount((dir / "source").c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
    if (!mounted) return;
    SteadyClock clock;
    EventLoop loop(clock);
    FileWatch watch(loop, {path, dir / "source"}, [&] { ++fires; });
    unwatchable = watch.Unwatchable();
    std::ofstream(path) << "rewritten";
    RunUntil(loop, [&] { return fires > 0; });
  });
  container.join();
  if (!mounted) {
    WARN("not allowed to mount: not tested");
    return;
  }
  CHECK(fires == 1);
  REQUIRE(unwatchable.size() == 1);
  CHECK(unwatchable[0] ==
        path +
            ": is mounted as a single file: another one put in its place is not seen, only "
            "rewriting it; mount its directory instead");
}

}  // namespace
}  // namespace weir
