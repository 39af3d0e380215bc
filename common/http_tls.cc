#include "common/http_tls.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace weir {
namespace {

int OnHello(SSL* connection, int*, void* newest) {
  // A lock in each handshake: they are rare, and CivetWeb's threads have nothing of ours to hold.
  Replaceable<TlsContext>::Reader reader(*static_cast<const Replaceable<TlsContext>*>(newest));
  reader.Get().Adopt(connection);
  return SSL_CLIENT_HELLO_SUCCESS;
}

// Not $ORIGIN: that is the folder of whoever calls dlopen, which under a sanitizer is its library.
std::string FolderOfProgram() {
  std::error_code unreadable;  // where /proc is not mounted
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  return unreadable ? "$ORIGIN" : program.parent_path().string();
}

}  // namespace

HttpTls::HttpTls(std::shared_ptr<const Replaceable<TlsContext>> newest)
    : newest_(std::move(newest)), context_(TlsContext::NewWithoutSessions()) {
  SSL_CTX_set_client_hello_cb(context_, &OnHello,
                              const_cast<Replaceable<TlsContext>*>(newest_.get()));
}

HttpTls::~HttpTls() { SSL_CTX_free(context_); }

void HttpTls::LoadOpenSsl() {
  const std::string beside = FolderOfProgram();
  for (const std::string name : {"libcrypto.so", "libssl.so"}) {
    for (const std::string& folder : {beside + "/weir-tls/", beside + "/../lib/weir-tls/"}) {
      // What is loaded under a name is what CivetWeb gets when it asks for that name.
      if (dlopen((folder + name).c_str(), RTLD_NOW) != nullptr) break;
    }
  }
}

}  // namespace weir
