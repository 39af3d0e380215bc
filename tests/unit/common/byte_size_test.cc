#include "common/byte_size.h"

#include "tests/support/catch.h"

namespace weir {
namespace {

TEST_CASE("a size is a whole number, with a binary unit or none", "[byte_size]") {
  CHECK(ParseByteSize("0") == 0);
  CHECK(ParseByteSize("65536") == 65536);
  CHECK(ParseByteSize("64KiB") == 64 << 10);
  CHECK(ParseByteSize("16MiB") == 16 << 20);
  CHECK(ParseByteSize("2 GiB") == uint64_t{2} << 30);
  CHECK(ParseByteSize("1024GiB") == uint64_t{1} << 40);
}

TEST_CASE("what is no size, or too large, is refused", "[byte_size]") {
  for (const char* text : {"", " ", "KiB", "-1", "1.5MiB", "16MB", "16M", "16mib", "1KiB ", " 1KiB",
                           "1025GiB", "99999999999999999999", "18446744073709551615GiB"}) {
    INFO(text);
    CHECK_FALSE(ParseByteSize(text).has_value());
  }
}

TEST_CASE("a size is written so that it reads back the same", "[byte_size]") {
  CHECK(ByteSizeText(0) == "0");
  CHECK(ByteSizeText(1000) == "1000");
  CHECK(ByteSizeText(16 << 20) == "16MiB");
  for (const uint64_t bytes : {uint64_t{1}, uint64_t{1} << 20, uint64_t{3} << 30}) {
    CHECK(ParseByteSize(ByteSizeText(bytes)) == bytes);
  }
}

}  // namespace
}  // namespace weir
