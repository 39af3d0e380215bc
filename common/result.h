// Result<T>: a value, or the Error that says why there is none.
//
// Names and meanings follow C++23's std::expected so that it can become an alias later. Used where
// an operator's mistake (a flag, a file, an address) must be reported; the data path reports broken
// traffic by one-byte enums instead and never comes here.
//
// Thread safety: as a plain value type.
// Tested by tests/unit/common/result_test.cc.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace weir {

// What went wrong, as one line for the operator: what, where (file:line:column), what to do.
struct Error {
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// A success without a value.
struct Done {};

}  // namespace weir
