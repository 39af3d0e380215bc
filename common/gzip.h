// Gzip: a stream packed as it is written, and a whole body unpacked up to a limit.
//
// Level 1: a page of metrics is so repetitive that it packs to a tenth at 300 MB/s. Level 6 takes
// three times as long to save another fifth; zlib's Huffman-only and run-length strategies are
// slower than level 1 here, and pack to two thirds only.
//
// Thread safety: one thread at a time per GzipStream; Gunzip from any thread.
// Memory: 330 KB per GzipStream while it lives; Gunzip at most twice `limit` while its output
// grows.
// Tested by tests/unit/common/gzip_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

// Packs what is written into one gzip member. Running out of memory is the only thing that can go
// wrong; it ends the process, as it does everywhere else.
class GzipStream {
 public:
  GzipStream();
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Packs `in`; appends to *out what is ready, which may be nothing. Not after Finish().
  void Write(std::string_view in, std::string* out);
  // Appends the rest and the trailer. Once.
  void Finish(std::string* out);

 private:
  void Deflate(std::string_view in, int flush, std::string* out);

  struct State;
  std::unique_ptr<State> state_;
};

enum class GunzipEnd : uint8_t { kWhole, kTooLarge, kBroken };

struct Gunzipped {
  GunzipEnd end;
  std::string text;  // what was packed; of an end that is not kWhole, what is wrong
};

// Unpacks all of `in`, one gzip member or several. kBroken: the data is broken, ends early or goes
// on after the last member; kTooLarge: it unpacks to more than `limit` bytes.
Gunzipped Gunzip(std::string_view in, size_t limit);

}  // namespace weir
