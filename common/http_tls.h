// What CivetWeb needs of us for HTTPS: OpenSSL under the names it looks for, and one file with
// certificate and key.
//
// Thread safety: for the main thread. Tested by tests/integration/test_http_intake.py.
#pragma once

#include <string>

#include "common/result.h"
#include "common/scoped_fd.h"

namespace weir {

// Loads OpenSSL for the rest of the process, where our libraries are (common/tls/ssl.cc). CivetWeb
// tells when that did not do.
void LoadOpenSsl();

// A file in memory with both, the certificate first, as CivetWeb takes the first for the server's
// own: /proc/self/fd/N is its path. Error: the file that cannot be read, or holds nothing in PEM.
Result<ScopedFd> JoinPem(const std::string& certificate, const std::string& key);

}  // namespace weir
