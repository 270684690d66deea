#include "agent/runtime/identity.h"

#include <sys/random.h>

#include <cerrno>

#include "agent/base/check.h"

namespace runtime {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string MakeIncarnation(std::string_view identity) {
  // The largest multiple of 36 in a byte: what is above would favour some.
  constexpr unsigned kFair = 256 - 256 % kAlphabet.size();
  std::string incarnation(identity);
  incarnation += '_';
  const std::size_t length = incarnation.size() + kNonceLength;
  while (incarnation.size() < length) {
    unsigned char byte = 0;
    if (getrandom(&byte, 1, 0) != 1) {
      CHECK(errno == EINTR);
      continue;
    }
    if (byte < kFair) incarnation += kAlphabet[byte % kAlphabet.size()];
  }
  return incarnation;
}

std::string_view BareIdentity(std::string_view holder) {
  if (holder.size() < kNonceLength + 2) return holder;
  const std::size_t underscore = holder.size() - kNonceLength - 1;
  const std::string_view nonce = holder.substr(underscore + 1);
  if (holder[underscore] != '_' ||
      nonce.find_first_not_of(kAlphabet) != nonce.npos) {
    return holder;
  }
  return holder.substr(0, underscore);
}

}  // namespace runtime
