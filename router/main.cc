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
#include "common/topology/look.h"
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

std::string Counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Of what is discovered only the files are at hand.
int Check(const std::string& program, const RouterConfig& config) {
  RouterConfig listed = config;
  std::erase_if(listed.discover,
                [](const DiscoverConfig& source) { return source.kind != DiscoverKind::kFile; });
  const auto found = Discovered(listed);
  if (!found) return Fail(program, found.error().message);
  std::cout << "The configuration is valid: " << Counted(config.downstreams.size(), "downstream");
  if (!config.discover.empty()) {
    std::cout << " and " << Counted(config.discover.size(), "source") << " of more";
  }
  std::cout << ".\n";
  return 0;
}

// What the flags that do not start a router ask for.
int Tell(const std::string& program, const RouterOptions& options) {
  std::vector<std::string> warnings;
  const auto config = LoadRouterConfig(options, &warnings);
  const auto guard = Guard::Check(options.guard);
  if (!guard) return Fail(program, guard.error().message);
  const auto web = WebGate::Check(options.web_config_file, &warnings);
  if (!web) return Fail(program, web.error().message);
  const auto intake = HttpIntake::Check(options.http_intake);
  if (!intake) return Fail(program, intake.error().message);
  auto mapper = config ? LoadRules(*config, options.strict, &warnings) : config.error();
  for (const std::string& warning : warnings) std::cerr << "warning: " << warning << "\n";
  if (!mapper) return Fail(program, mapper.error().message);
  if (options.print_config) std::cout << ToYaml(*config);
  if (!options.locate.empty()) {
    const auto whole = Discovered(*config);
    if (!whole) return Fail(program, whole.error().message);
    std::cout << Locate(*whole, std::move(*mapper), options.locate);
  }
  return options.check_config ? Check(program, *config) : 0;
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
