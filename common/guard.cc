#include "common/guard.h"

#include <string_view>

#include "common/source_list.h"

namespace weir {
namespace {

constexpr std::string_view kAllowFlag = "--auth.allow";

Error About(std::string_view flag, const Error& error) {
  return {std::string(flag) + ": " + error.message};
}

}  // namespace

void AddGuardFlags(FlagSet* flags, GuardOptions* options) {
  flags->Group("Who may send");
  flags->Add("auth.allow", &options->allow,
             "Networks from which a listener takes datagrams or connections, as "
             "udp=10.0.0.0/8,2001:db8::/32 or tcp=192.0.2.7. More may follow, for the same "
             "listener too. Without it: from everywhere.");
}

Result<std::unique_ptr<Guard>> Guard::Create(const GuardOptions& options) {
  std::unique_ptr<Guard> guard(new Guard);
  for (const std::string& rule : options.allow) {
    if (const auto done = guard->Allow(rule); !done) return About(kAllowFlag, done.error());
  }
  return guard;
}

Result<Done> Guard::Allow(const std::string& rule) {
  const size_t equals = rule.find('=');
  const std::string_view name = std::string_view(rule).substr(0, equals);
  for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
    if (equals == rule.npos || name != Name(transport)) continue;
    std::shared_ptr<SourceList>& sources = sources_[transport];
    if (sources == nullptr) sources = std::make_shared<SourceList>();
    return sources->Add(std::string_view(rule).substr(equals + 1));
  }
  return Error{"'" + rule +
               "' does not say for which listener, begin with udp= or tcp= (who may use a unix "
               "socket is said by its file's permissions)"};
}

Admission Guard::For(Transport transport) const {
  Admission admission;
  if (const auto found = sources_.find(transport); found != sources_.end()) {
    admission.sources = found->second;
  }
  return admission;
}

}  // namespace weir
