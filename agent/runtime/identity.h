// The name that holderIdentity carries: `<identity>_<nonce>`, new in every
// process, so that a restarted pod never takes its former life for itself. Any
// thread.
#ifndef AGENT_RUNTIME_IDENTITY_H_
#define AGENT_RUNTIME_IDENTITY_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace runtime {

// 36^10 nonces: 51 bits.
inline constexpr std::size_t kNonceLength = 10;

// The nonce is kNonceLength lower-case letters and digits from getrandom(2).
std::string MakeIncarnation(std::string_view identity);

// "web-7c9" for "web-7c9_k3f9q2x0ab"; anything that has not our form, such as
// client-go's "web-7c9_<uuid>", comes back whole.
std::string_view BareIdentity(std::string_view holder);

}  // namespace runtime

#endif  // AGENT_RUNTIME_IDENTITY_H_
