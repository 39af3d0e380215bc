#include "common/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "common/check.h"

namespace weir {
namespace {

constexpr int kLevel = 1;
constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header and trailer
constexpr int kMemoryLevel = 8;
constexpr size_t kStep = 64 * 1024;

// zlib counts in 32 bits.
constexpr size_t kMostAtOnce = std::numeric_limits<uInt>::max();

void SetInput(std::string_view in, z_stream* zlib) {
  zlib->next_in = reinterpret_cast<const Bytef*>(in.data());
  zlib->avail_in = static_cast<uInt>(in.size());
}

struct Inflater {
  z_stream zlib = {};
  Inflater() { WEIR_CHECK(inflateInit2(&zlib, kGzipWindow) == Z_OK); }
  ~Inflater() { inflateEnd(&zlib); }
};

}  // namespace

struct GzipStream::State {
  z_stream zlib = {};
  State() {
    WEIR_CHECK(deflateInit2(&zlib, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~State() { deflateEnd(&zlib); }
  char room[kStep];
};

GzipStream::GzipStream() : state_(std::make_unique<State>()) {}

GzipStream::~GzipStream() = default;

void GzipStream::Write(std::string_view in, std::string* out) {
  while (in.size() > kMostAtOnce) {
    Deflate(in.substr(0, kMostAtOnce), Z_NO_FLUSH, out);
    in.remove_prefix(kMostAtOnce);
  }
  Deflate(in, Z_NO_FLUSH, out);
}

void GzipStream::Finish(std::string* out) { Deflate({}, Z_FINISH, out); }

void GzipStream::Deflate(std::string_view in, int flush, std::string* out) {
  z_stream& zlib = state_->zlib;
  SetInput(in, &zlib);
  do {
    zlib.next_out = reinterpret_cast<Bytef*>(state_->room);
    zlib.avail_out = kStep;
    WEIR_CHECK(deflate(&zlib, flush) != Z_STREAM_ERROR);
    out->append(state_->room, kStep - zlib.avail_out);
  } while (zlib.avail_out == 0);
}

Gunzipped Gunzip(std::string_view in, size_t limit) {
  Inflater inflater;
  z_stream& zlib = inflater.zlib;
  std::string out;
  const auto step = std::make_unique<char[]>(kStep);
  while (true) {
    if (zlib.avail_in == 0) {
      const std::string_view next = in.substr(0, kMostAtOnce);
      SetInput(next, &zlib);
      in.remove_prefix(next.size());
    }
    zlib.next_out = reinterpret_cast<Bytef*>(step.get());
    zlib.avail_out = kStep;
    const int status = inflate(&zlib, Z_NO_FLUSH);
    const size_t unpacked = kStep - zlib.avail_out;
    if (unpacked > limit - out.size()) {
      return {GunzipEnd::kTooLarge,
              "gzip: unpacks to more than " + std::to_string(limit) + " bytes"};
    }
    out.append(step.get(), unpacked);
    if (status == Z_STREAM_END) {
      if (zlib.avail_in == 0 && in.empty()) return {GunzipEnd::kWhole, std::move(out)};
      WEIR_CHECK(inflateReset(&zlib) == Z_OK);
    } else if (status == Z_BUF_ERROR) {
      return {GunzipEnd::kBroken, "gzip: ends early"};
    } else if (status != Z_OK) {
      return {GunzipEnd::kBroken,
              std::string("gzip: ") + (zlib.msg != nullptr ? zlib.msg : "broken data")};
    }
  }
}

}  // namespace weir
