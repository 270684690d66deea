#include "k8s/one_line.h"

namespace k8s {

std::string OneLine(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < ' ' || byte == 0x7f;
    if (control && line.empty()) continue;
    line += control ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() > most) line = line.substr(0, most) + "...";
  return line;
}

}  // namespace k8s
