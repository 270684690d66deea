// Puts text that we did not write into a line, so that it cannot end the line,
// forge a field or steer a terminal. Stateless, any thread.
#ifndef AGENT_RUNTIME_QUOTE_H_
#define AGENT_RUNTIME_QUOTE_H_

#include <string>
#include <string_view>

namespace runtime {

// Whether logfmt and our error messages need quotes around `text`: it is empty,
// or holds anything but visible ASCII without `"`, `=` and `\`.
bool NeedsQuotes(std::string_view text);

// Appends `text` as a JSON string, which is what logfmt reads as well. Control
// characters are escaped, bytes that are no UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string& out);

// `text` without quotes, for a whole line to a terminal: control characters are
// escaped, bytes that are no UTF-8 become U+FFFD.
std::string Printable(std::string_view text);

// `text` as it stands in an error message: in quotes if it needs them, cut
// after 80 bytes.
std::string Shown(std::string_view text);

}  // namespace runtime

#endif  // AGENT_RUNTIME_QUOTE_H_
