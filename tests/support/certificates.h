// Certificates for tests, made by the openssl command in a directory of the test.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "common/tls_config.h"
#include "tests/support/catch.h"

namespace weir {

inline void RunOpenSsl(const std::string& arguments) {
  INFO(arguments);
  REQUIRE(std::system(("openssl " + arguments + " 2>/dev/null").c_str()) == 0);
}

// Makes DIRECTORY/NAME.pem, which signs itself, and its key DIRECTORY/NAME.key.
inline TlsConfig MakeCertificate(const std::string& directory, const std::string& name) {
  TlsConfig config;
  config.certificate.path = directory + "/" + name + ".pem";
  config.key.path = directory + "/" + name + ".key";
  RunOpenSsl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name +
             " -addext subjectAltName=DNS:" + name + " -keyout " + config.key.path + " -out " +
             config.certificate.path + " -days 2");
  return config;
}

inline std::string TextOfFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace weir
