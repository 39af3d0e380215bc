// Bcrypt: passwords against their hashes, by libcrypt.
//
// A check takes as long as the hash's cost says: some 50 ms for 10, twice that for each more.
// Thread safety: free functions. Tested by tests/unit/common/basic_auth_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Of the form $2a$, $2b$ or $2y$ (which are one to Go, and here), with a cost from 4 to 31.
bool IsBcryptHash(std::string_view text);

// REQUIRES: IsBcryptHash(hash). A password with a NUL in it is never the one.
bool MatchesBcrypt(const std::string& password, const std::string& hash);

}  // namespace weir
