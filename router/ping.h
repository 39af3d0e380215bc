// Ping: the lines a worker sends about itself through the data path, with the names that hulu's
// statsd-router has for them. Each interval, from each worker:
//
//   to each downstream in service, not by placement:
//     PREFIX.HOST-PORT-DSHOST-DSPORT.connections:1|c
//     PREFIX.DSHOST-DSPORT.connections:1|c
//   for each downstream, by placement, the second to where the first belongs:
//     PREFIX.DSHOST-DSPORT.traffic:BYTES|c
//     PREFIX.DSHOST-DSPORT.packets:N|c
//   by placement:
//     PREFIX.HOST-PORT.healthy_downstreams:N|g
//
// HOST is this machine's name as it is, PORT that of the data plus the worker's number, DSHOST and
// DSPORT the downstream's address as configured, with '_' for the dots of its host. So what is
// missing of a downstream's `connections` was lost on the way to it, and `traffic` and `packets`
// are what was sent to it, these lines included.
//
// Whatever is no letter, digit, '-' or '_' becomes '_' too (in PREFIX and HOST, dots stay), as no
// name may hold ':', '|' or a blank: "[::1]:8125" is __1-8125, "/run/statsd.sock" is
// _run_statsd_sock. Addresses that differ in nothing else share their names.
//
// Thread safety: immutable; any thread. Tested by tests/unit/router/ping_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/packet.h"

namespace weir {

// What a worker tells of one downstream.
struct PingNode {
  std::string address;      // as configured
  bool in_service = false;  // in the ring and not down
  Amount sent;              // since the last ping
};

// Lines that go to one downstream: to `node`, or if that is none to where the first one belongs.
struct PingLines {
  std::optional<size_t> node;
  std::vector<std::string> lines;
};

class Ping {
 public:
  Ping(std::string_view prefix, std::string_view host, uint32_t port);

  // In the order in which they are to be sent. `nodes` as the ring has them.
  std::vector<PingLines> Lines(std::span<const PingNode> nodes) const;

 private:
  const std::string prefix_;  // with its dot
  const std::string self_;    // HOST-PORT
};

}  // namespace weir
