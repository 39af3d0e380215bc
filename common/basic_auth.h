// BasicAuth: whether the header Authorization of a request names one of our users, with its
// password.
//
// A bcrypt takes 50 ms or more, so what was found is remembered, good and bad apart, at most
// kMostRemembered of each: by a code under a key of this process, so that no password is
// kept. Only one bcrypt runs at a time, and kMostChecks - 1 may wait for it: beyond that the
// answer is kBusy, so that guesses cannot hold all of a server's threads.
// A name that is not there costs a bcrypt too, so that time does not tell the names.
// Thread safety: any thread. Tested by tests/unit/common/basic_auth_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "common/hmac.h"

namespace weir {

class BasicAuth {
 public:
  enum class Verdict : uint8_t { kAllowed, kRefused, kBusy };
  using Users = std::map<std::string, std::string>;  // name, bcrypt hash

  static constexpr int kMostChecks = 2;
  static constexpr size_t kMostRemembered = 100;

  BasicAuth();

  // `authorization`: the header's value; empty: there was none.
  Verdict Check(std::string_view authorization, const Users& users);

  // How many bcrypts it took so far.
  uint64_t checks() const;

 private:
  using Code = HmacSha256::Code;

  Verdict Compare(const Code& code, const std::string& password, const std::string* hash);

  mutable std::mutex mutex_;
  HmacSha256 coder_;     // guarded by mutex_, as the next four
  std::set<Code> good_;  // of user, hash and password together
  std::set<Code> bad_;
  int checking_ = 0;
  uint64_t checks_ = 0;
  std::mutex bcrypt_;  // held while one runs
};

}  // namespace weir
