// AdoptedSockets: bound sockets that another process opened and this one goes on with.
//
// systemd passes them by the protocol of sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES,
// descriptors from 3 on. What the kernel holds for such a socket stays there while no process
// reads it, so a restart loses nothing that its buffer has room for.
//
// Each is found by what it is and where it is bound, so the names play no part but in messages:
// who opens a listener asks for its address first. What nobody asked for is an operator's mistake,
// and said (ExpectNone), because a socket that nobody reads takes datagrams until it is full.
//
// Thread safety: for the main thread, before others run.
// Tested by tests/unit/common/adopted_sockets_test.cc, tests/integration/test_socket_activation.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/scoped_fd.h"
#include "common/socket.h"

namespace weir {

class AdoptedSockets {
 public:
  struct Passed {
    ScopedFd fd;
    std::string name;  // FileDescriptorName= of its unit; by default the unit's name
  };

  AdoptedSockets() = default;  // none

  // Those that were passed to this process; usually none.
  static Result<AdoptedSockets> FromEnvironment();
  static Result<AdoptedSockets> Of(std::vector<Passed> passed);
  // Of a process whose place this one takes: found by what they were configured as, too.
  static Result<AdoptedSockets> Of(std::vector<BoundSocket> handed);

  // Whether they come from a predecessor, which had what it needed and not what its successor
  // needs.
  bool handed() const { return handed_; }

  // Gives away all that are bound to the address, or none. They keep their file, their mode and
  // their other settings; a datagram socket's buffer grows to `read_buffer`, if less was granted
  // before and more is granted now. A named host is looked up; port 0 is the address of none.
  // `purpose`: the flag or key that has the address, for a successor to find it by.
  std::vector<BoundSocket> Take(std::string_view purpose, Transport transport,
                                const std::string& address, int read_buffer = 0);

  bool Has(std::string_view purpose, Transport transport, const std::string& address) const;

  // An error that names those that are left; of a predecessor's, which may have been configured
  // otherwise, a warning.
  Result<Done> ExpectNone() const;
  // The error, and what is left, which may well be the reason for it.
  Error Explain(Error error) const;

 private:
  struct Adopted {
    BoundSocket socket;
    std::string name;
  };

  static Result<Adopted> Adopt(Passed passed);
  std::string Left() const;

  bool handed_ = false;
  std::vector<Adopted> left_;
};

}  // namespace weir
