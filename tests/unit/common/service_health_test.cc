#include "common/service_health.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"

namespace weir {

TEST_CASE("a program is up from the start", "[service_health]") {
  const ServiceHealth health([] { return true; });
  CHECK(health.up());
}

TEST_CASE("the operator's word holds until the next one", "[service_health]") {
  ServiceHealth health([] { return true; });
  health.Set(false);
  CHECK_FALSE(health.up());
  health.Set(false);
  CHECK_FALSE(health.up());
  health.Set(true);
  CHECK(health.up());
}

TEST_CASE("a program that is not well is down whatever the operator says", "[service_health]") {
  bool well = false;
  ServiceHealth health([&well] { return well; });
  CHECK_FALSE(health.up());
  health.Set(true);
  CHECK_FALSE(health.up());
  well = true;
  CHECK(health.up());
  health.Set(false);
  CHECK_FALSE(health.up());
}

TEST_CASE("health may be set and asked for on several threads", "[service_health]") {
  std::atomic<bool> well{true};
  ServiceHealth health([&well] { return well.load(); });
  std::thread asker([&health] {
    while (health.up()) std::this_thread::yield();
  });
  health.Set(true);
  health.Set(false);
  asker.join();
  CHECK_FALSE(health.up());
}

}  // namespace weir
