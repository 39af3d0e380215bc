#include "common/http_tls.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace weir {

void LoadOpenSsl() {
  for (const std::string name : {"libcrypto.so", "libssl.so"}) {
    for (const std::string folder : {"$ORIGIN/weir-tls/", "$ORIGIN/../lib/weir-tls/"}) {
      // What is loaded under a name is what CivetWeb gets when it asks for that name.
      if (dlopen((folder + name).c_str(), RTLD_NOW) != nullptr) break;
    }
  }
}

Result<ScopedFd> JoinPem(const std::string& certificate, const std::string& key) {
  ScopedFd pem(memfd_create("tls", MFD_CLOEXEC));
  if (!pem.valid()) return Error{std::string("memfd_create: ") + std::strerror(errno)};
  for (const std::string& path : {certificate, key}) {
    errno = 0;
    std::ifstream file(path);
    const std::string text = std::string(std::istreambuf_iterator<char>(file), {}) + "\n";
    if (text.find("-----BEGIN ") == text.npos) {
      return Error{path + ": " + (file.is_open() ? "holds nothing in PEM" : std::strerror(errno)) +
                   "; give a certificate and a key as PEM files"};
    }
    if (write(pem.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return Error{path + ": cannot be kept in memory: " + std::strerror(errno)};
    }
  }
  return pem;
}

}  // namespace weir
