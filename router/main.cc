// weir-router: receives StatsD, sends each metric to the downstream it belongs
// to.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/flags.h"
#include "common/log.h"
#include "common/process.h"
#include "common/version.h"
#include "router/locate.h"
#include "router/options.h"
#include "router/router.h"

namespace weir {
namespace {

int Fail(const std::string& program, const std::string& message) {
  std::cerr << program << ": error: " << message << "\n";
  return 1;
}

// What the flags that do not start a router ask for.
int Tell(const std::string& program, const RouterOptions& options) {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(options, &warnings);
  auto mapper = config ? LoadRules(*config, options.strict, &warnings) : config.error();
  for (const std::string& warning : warnings) std::cerr << "warning: " << warning << "\n";
  if (!mapper) return Fail(program, mapper.error().message);
  if (options.print_config) std::cout << ToYaml(*config);
  if (!options.locate.empty()) std::cout << Locate(*config, std::move(*mapper), options.locate);
  if (options.check_config) {
    const size_t count = config->downstreams.size();
    std::cout << "The configuration is valid: " << count
              << (count == 1 ? " downstream.\n" : " downstreams.\n");
  }
  return 0;
}

int Main(int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : "weir-router";
  const std::string name = program.substr(program.rfind('/') + 1);
  RouterOptions options;
  FlagSet flags("weir-router", "Receives StatsD, sends each metric to the server it belongs to.",
                "weir-router, version " + std::string(kVersion) + " (branch: " + kBranch +
                    ", revision: " + kRevision + ")\n");
  AddRouterFlags(&flags, &options);
  const Result<ParseOutcome> parsed = ParseRouterFlags(argc, argv, &flags, options);
  if (!parsed) {
    std::cerr << parsed.error().message << "\n";
    return 1;
  }
  if (parsed->print) {
    std::cout << *parsed->print;
    return 0;
  }
  ConfigureLog(options.log());
  if (options.check_config || options.print_config || !options.locate.empty()) {
    return Tell(name, options);
  }
  LogInfo("Starting weir-router", {{"version", kVersion}, {"revision", kRevision}});
  RaiseDescriptorLimit();
  auto router = Router::Create(options);
  if (!router) return Fail(name, router.error().message);
  (*router)->Run();
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
