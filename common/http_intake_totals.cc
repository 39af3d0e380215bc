#include "common/http_intake_totals.h"

#include <string>

#include "common/telemetry.h"

namespace weir {

std::vector<prometheus::MetricFamily> HttpIntakeFamilies(
    const std::optional<HttpIntakeReport>& report) {
  auto requests =
      OwnFamily::Counter("weir_http_intake_requests_total", "Requests answered, by status.");
  auto dropped = OwnFamily::Counter("weir_http_intake_dropped_lines_total",
                                    "Lines that came over HTTP and went no further, by reason.");
  auto cut = OwnFamily::Counter("weir_http_intake_cut_connections_total",
                                "Connections ended because their client was too slow.");
  auto tokens = OwnFamily::Gauge("weir_http_intake_remembered_tokens",
                                 "Good tokens that need not be verified again.");
  auto secrets = OwnFamily::Counter("weir_http_intake_secret_reloads_total",
                                    "Reloads of the file of secrets, by how they ended.");
  auto certificates = OwnFamily::Counter("weir_http_intake_certificate_reloads_total",
                                         "Reloads of the certificate, by how they ended.");
  const auto value = [](uint64_t count) { return static_cast<double>(count); };
  if (report) {
    for (const auto& [status, count] : report->requests) {
      requests.Add({{"code", std::to_string(status)}}, value(count));
    }
    dropped.Add({{"reason", "no_room"}}, value(report->lines_without_room));
    dropped.Add({{"reason", "name_not_allowed"}}, value(report->lines_not_allowed));
    cut.Add(value(report->cut_connections));
    tokens.Add(value(report->remembered_tokens));
    for (const size_t good : {1, 0}) {
      const char* const outcome = good ? "success" : "failure";
      secrets.Add({{"outcome", outcome}}, value(report->secret_reloads[good]));
      certificates.Add({{"outcome", outcome}}, value(report->certificate_reloads[good]));
    }
  }
  std::vector<prometheus::MetricFamily> families;
  for (OwnFamily* family : {&requests, &dropped, &cut, &tokens, &secrets, &certificates}) {
    families.push_back(family->Take());
  }
  return families;
}

}  // namespace weir
