// weir-exporter: receives StatsD, serves Prometheus.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "common/flags.h"
#include "common/log.h"
#include "common/process.h"
#include "common/version.h"
#include "exporter/explain.h"
#include "exporter/exporter.h"
#include "exporter/options.h"
#include "exporter/ring_config.h"
#include "mapping/mapper.h"

namespace weir {
namespace {

int Fail(const std::string& program, const std::string& message) {
  std::cerr << program << ": error: " << message << "\n";
  return 1;
}

// Complaining here is no reason not to run: the peer does not either.
void DumpFsm(const Mapper& mapper, const std::string& path) {
  std::ofstream file(path);
  mapper.DumpFsm(file);
  file.close();
  if (!file) LogError("Could not write the glob rules", {{"path", path}});
}

int CheckConfig(const std::string& program, const ExporterOptions& options, const Mapper& mapper,
                std::vector<std::string> warnings) {
  if (const auto guard = Guard::Check(options.guard); !guard) {
    return Fail(program, guard.error().message);
  }
  if (const auto web = WebGate::Check(options.web_config_file, &warnings); !web) {
    return Fail(program, web.error().message);
  }
  if (const auto intake = HttpIntake::Check(options.http_intake); !intake) {
    return Fail(program, intake.error().message);
  }
  std::string ring;
  if (options.has_ring()) {
    const auto config = LoadRing(options, &warnings);
    if (!config) return Fail(program, config.error().message);
    ring = "The ring is valid: node `" + options.ring_self + "` of " +
           std::to_string(config->downstreams.size()) + ".\n";
  }
  for (const std::string& warning : warnings) std::cout << "warning: " << warning << "\n";
  for (const std::string& note : mapper.Lint()) std::cout << "note: " << note << "\n";
  const size_t rules = mapper.rule_count();
  std::cout << "The configuration is valid: " << rules << (rules == 1 ? " rule.\n" : " rules.\n")
            << ring;
  return 0;
}

int ExplainLines(const ExporterOptions& options, std::shared_ptr<const Mapper> mapper) {
  std::string lines;
  for (const std::string& line : options.explain) {
    if (&line != &options.explain.front()) lines += '\n';
    lines += line;
  }
  std::cout << Explain(lines, {.parser = options.parser(),
                               .mapper = std::move(mapper),
                               .set_window = options.set_window,
                               .reserved_names = SelfMetrics().Names()});
  return 0;
}

int Main(int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : "weir-exporter";
  const std::string name = program.substr(program.rfind('/') + 1);
  ExporterOptions options;
  FlagSet flags("weir-exporter", "Receives StatsD, serves Prometheus.",
                "weir-exporter, version " + std::string(kVersion) + " (branch: " + kBranch +
                    ", revision: " + kRevision + ")\n");
  AddExporterFlags(&flags, &options);
  const Result<ParseOutcome> parsed = flags.Parse(argc, argv);
  if (!parsed) {
    std::cerr << parsed.error().message << "\n";
    return 1;
  }
  if (parsed->print) {
    std::cout << *parsed->print;
    return 0;
  }
  if (const auto valid = Validate(options); !valid) return Fail(name, valid.error().message);
  ConfigureLog(options.log());

  if (options.check_config || !options.explain.empty() || !options.dump_fsm.empty()) {
    std::vector<std::string> warnings;
    auto mapper = LoadMapper(options, &warnings);
    if (!mapper) {
      // An unknown key is often why another one is missing.
      for (const std::string& warning : warnings) std::cerr << "warning: " << warning << "\n";
      return Fail(name, mapper.error().message);
    }
    if (!options.dump_fsm.empty()) DumpFsm(**mapper, options.dump_fsm);
    if (options.check_config) return CheckConfig(name, options, **mapper, warnings);
    if (!options.explain.empty()) return ExplainLines(options, std::move(*mapper));
  }

  LogInfo("Starting weir-exporter", {{"version", kVersion}, {"revision", kRevision}});
  for (const std::string& flag : options.without_effect()) {
    LogDebug("This flag has no effect here", {{"flag", "--" + flag}});
  }
  RaiseDescriptorLimit();
  auto exporter = Exporter::Create(options);
  if (!exporter) return Fail(name, exporter.error().message);
  (*exporter)->Run();
  return 0;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
