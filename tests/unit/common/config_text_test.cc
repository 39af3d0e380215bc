#include "common/config_text.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("a configuration that can not be read is an error, whatever it is instead",
          "[config_text]") {
  CHECK(ReadConfigFile("/nowhere/at.all").error().message ==
        "/nowhere/at.all: cannot be read: No such file or directory");
  CHECK(ReadConfigFile("/proc").error().message == "/proc: cannot be read: Is a directory");
  // Read to its end, though its size is said to be 0.
  CHECK_FALSE(ReadConfigFile("/proc/self/status")->empty());
}

}  // namespace
}  // namespace weir
