#include "exporter/negotiation.h"

#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr char kText[] = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
constexpr char kOpenMetrics[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
constexpr char kProtobuf[] =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
    "encoding=delimited; escaping=underscores";

const std::string kProtobufAccept =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const std::string kPrometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const std::string kPrometheus2Native =
    kProtobufAccept +
    ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;"
    "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const std::string kPrometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

std::string Type(const std::string& accept, bool openmetrics_enabled = false) {
  return Negotiate(accept, "", openmetrics_enabled).content_type;
}

Format Chosen(const std::string& accept, bool openmetrics_enabled = false) {
  return Negotiate(accept, "", openmetrics_enabled).format;
}

bool Gzip(const std::string& accept_encoding) { return Negotiate("", accept_encoding, false).gzip; }

TEST_CASE("each format has its content type", "[negotiation]") {
  CHECK(Type("") == kText);
  CHECK(Type("application/openmetrics-text", true) == kOpenMetrics);
  CHECK(Type(kProtobufAccept) == kProtobuf);
}

TEST_CASE("Prometheus gets text unless something else is enabled on either side", "[negotiation]") {
  CHECK(Chosen(kPrometheus2) == Format::kText);
  CHECK(Chosen(kPrometheus2, true) == Format::kOpenMetrics);
  CHECK(Chosen(kPrometheus2Native) == Format::kProtobuf);
  CHECK(Chosen(kPrometheus2Native, true) == Format::kProtobuf);
  CHECK(Chosen(kPrometheus3) == Format::kText);
  CHECK(Chosen(kPrometheus3, true) == Format::kOpenMetrics);
}

TEST_CASE("whatever cannot be written is passed over, text is the last resort", "[negotiation]") {
  for (const char* accept :
       {"", "*/*", "text/*", "text/html", "text/plain", "text/plain;version=0.0.4",
        "text/plain;version=1.0.0", "garbage", ",,;;==", "application/openmetrics-text",
        "application/vnd.google.protobuf",
        "application/vnd.google.protobuf;proto=other;encoding=delimited",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text"}) {
    CAPTURE(accept);
    CHECK(Chosen(accept) == Format::kText);
  }
  CHECK(Chosen("application/openmetrics-text;version=0.0.1", true) == Format::kText);
  CHECK(Chosen("application/openmetrics-text;version=2.0.0", true) == Format::kText);
}

TEST_CASE("the higher q wins, then the specific entry, then the earlier one", "[negotiation]") {
  CHECK(Chosen("text/plain;q=0.4," + kProtobufAccept + ";q=0.5") == Format::kProtobuf);
  CHECK(Chosen(kProtobufAccept + ";q=0.4,text/plain;q=0.5") == Format::kText);
  CHECK(Chosen("text/plain," + kProtobufAccept) == Format::kText);
  CHECK(Chosen(kProtobufAccept + ",text/plain") == Format::kProtobuf);
  CHECK(Chosen("*/*," + kProtobufAccept) == Format::kProtobuf);
  CHECK(Chosen("*/*;q=1," + kProtobufAccept + ";q=0.1") == Format::kProtobuf);
}

TEST_CASE("an entry of q=0 or a broken q is never chosen", "[negotiation]") {
  CHECK(Chosen(kProtobufAccept + ";q=0") == Format::kText);
  CHECK(Chosen(kProtobufAccept + ";q=0.000,text/plain;q=0.1") == Format::kText);
  for (const char* q : {"x", "-1", "2", "nan", "inf", "0.5x", "1e0"}) {
    CAPTURE(q);
    CHECK(Chosen(kProtobufAccept + ";q=" + q) == Format::kText);
  }
  CHECK(Chosen(kProtobufAccept + ";q=1.000") == Format::kProtobuf);
}

TEST_CASE("spaces, case and quotes do not matter", "[negotiation]") {
  CHECK(Chosen("Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.9", true) ==
        Format::kOpenMetrics);
  CHECK(Chosen(" text/html , application/vnd.google.protobuf ; "
               "proto=\"io.prometheus.client.MetricFamily\" ;\tencoding=delimited ") ==
        Format::kProtobuf);
}

TEST_CASE("the scraper's escaping is answered, also from entries passed over", "[negotiation]") {
  CHECK(Type("text/plain;escaping=dots") ==
        "text/plain; version=0.0.4; charset=utf-8; escaping=dots");
  CHECK(Type(kPrometheus3) == "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
  CHECK(Type("text/plain;escaping=other") == kText);
  CHECK(Type("text/plain,text/html;escaping=values") == kText);
}

TEST_CASE("gzip is used when preferred to identity", "[negotiation]") {
  for (const char* header :
       {"gzip", "GZIP", "gzip, deflate, br", "gzip;q=0.5", "identity;q=0.5, gzip",
        "deflate,gzip;q=0.1", "gzip;q=1, *;q=0.5", "identity;q=0, gzip;q=0.1", "identity;q=0, *"}) {
    CAPTURE(header);
    CHECK(Gzip(header));
  }
  for (const char* header :
       {"", "identity", "deflate", "*", "gzip, identity", "identity, gzip", "gzip;q=0",
        "gzip;q=0, *", "gzip;q=0.5, *", "gzip;q=0.5, identity;q=0.5", "*, gzip", "gzip;q=bad",
        "x-gzip", "zstd"}) {
    CAPTURE(header);
    CHECK_FALSE(Gzip(header));
  }
}

}  // namespace
}  // namespace weir
