#include "common/gzip.h"

#include <random>
#include <string>

#include "tests/support/catch.h"

namespace weir {
namespace {

constexpr size_t kPlenty = 64 << 20;

std::string Gzip(std::string_view in, size_t step) {
  GzipStream stream;
  std::string out;
  for (size_t at = 0; at < in.size(); at += step) stream.Write(in.substr(at, step), &out);
  stream.Finish(&out);
  return out;
}

std::string Page(size_t lines) {
  std::string page;
  for (size_t i = 0; i < lines; ++i) {
    page +=
        "some_metric_" + std::to_string(i % 1000) + "{env=\"prod\"} " + std::to_string(i) + "\n";
  }
  return page;
}

TEST_CASE("what is packed in steps unpacks to the same", "[gzip]") {
  const std::string page = Page(50000);
  for (const size_t step : {page.size(), size_t{65536}, size_t{1000}}) {
    const std::string packed = Gzip(page, step);
    CHECK(packed.size() < page.size() / 5);
    const auto unpacked = Gunzip(packed, kPlenty);
    REQUIRE(unpacked.end == GunzipEnd::kWhole);
    CHECK(unpacked.text == page);
  }
}

TEST_CASE("an empty page is a complete gzip file", "[gzip]") {
  const auto unpacked = Gunzip(Gzip("", 1), 0);
  REQUIRE(unpacked.end == GunzipEnd::kWhole);
  CHECK(unpacked.text.empty());
}

TEST_CASE("bytes that do not shrink survive", "[gzip]") {
  std::mt19937 random(5);
  std::string noise;
  for (int i = 0; i < 300000; ++i) noise.push_back(static_cast<char>(random()));
  const auto unpacked = Gunzip(Gzip(noise, 7777), noise.size());
  REQUIRE(unpacked.end == GunzipEnd::kWhole);
  CHECK(unpacked.text == noise);
}

TEST_CASE("packed bytes carry gzip's header, without a name or a time", "[gzip]") {
  const std::string packed = Gzip("x", 1);
  CHECK(packed.substr(0, 8) == std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00", 8));
}

TEST_CASE("members one after another unpack as one", "[gzip]") {
  const auto unpacked = Gunzip(Gzip("one ", 4) + Gzip("two", 3), 100);
  REQUIRE(unpacked.end == GunzipEnd::kWhole);
  CHECK(unpacked.text == "one two");
}

TEST_CASE("unpacking stops at the limit", "[gzip]") {
  const std::string zeros(1000000, '0');
  const std::string packed = Gzip(zeros, zeros.size());
  CHECK(Gunzip(packed, zeros.size()).end == GunzipEnd::kWhole);
  const auto refused = Gunzip(packed, zeros.size() - 1);
  CHECK(refused.end == GunzipEnd::kTooLarge);
  CHECK(refused.text == "gzip: unpacks to more than 999999 bytes");
  CHECK(Gunzip(packed, 0).end == GunzipEnd::kTooLarge);
  // The limit is for all members together.
  CHECK(Gunzip(packed + packed, zeros.size()).end == GunzipEnd::kTooLarge);
}

TEST_CASE("broken gzip is refused with a reason", "[gzip]") {
  const std::string packed = Gzip("hello, hello, hello", 100);
  for (size_t length = 0; length < packed.size(); ++length) {
    const auto cut = Gunzip(packed.substr(0, length), kPlenty);
    CHECK(cut.end == GunzipEnd::kBroken);
    CHECK(cut.text == "gzip: ends early");
  }
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  CHECK(Gunzip(wrong_sum, kPlenty).text == "gzip: incorrect data check");
  CHECK(Gunzip("not gzip at all", kPlenty).text == "gzip: incorrect header check");
  CHECK(Gunzip(packed + "and more", kPlenty).end == GunzipEnd::kBroken);
}

}  // namespace
}  // namespace weir
