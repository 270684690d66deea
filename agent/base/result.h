// A value or an error. For what the world can do to us: network, files, config.
// What only we can do wrong is a CHECK (check.h).
#ifndef AGENT_BASE_RESULT_H_
#define AGENT_BASE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

#include "agent/base/check.h"

namespace base {

// One sentence for a person: where, what was found, what was wanted. Never
// holds a secret.
struct Error {
  std::string message;
};

// `E` is Error unless the caller must tell kinds of failure apart.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }

  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(value()); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const E& error() const {
    CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }

 private:
  const T& value() const {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }
  T& value() {
    CHECK(state_.index() == 0);
    return *std::get_if<0>(&state_);
  }

  std::variant<T, E> state_;
};

}  // namespace base

#endif  // AGENT_BASE_RESULT_H_
