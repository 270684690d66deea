// What Add and Remove have in common: a refusal becomes an error that says
// where, and a byte order mark is set aside, since yaml-cpp does not count it.
#ifndef AGENT_INJECT_REPORT_H_
#define AGENT_INJECT_REPORT_H_

#include <exception>
#include <string>
#include <string_view>

#include "agent/base/result.h"
#include "agent/inject/refusal.h"

namespace inject {

class Bom {
 public:
  explicit Bom(std::string_view text)
      : size_(text.starts_with("\xEF\xBB\xBF") ? 3 : 0), text_(text) {}

  std::string prefix() const { return std::string(text_.substr(0, size_)); }
  std::string_view rest() const { return text_.substr(size_); }

 private:
  std::size_t size_;
  std::string_view text_;
};

// "web.yaml:3: ...". yaml-cpp throws for what it was not made for.
template <typename F>
base::Result<std::string> Reported(const std::string& file, const F& function) {
  try {
    return std::string(function());
  } catch (const Refusal& refusal) {
    const std::string line =
        refusal.line > 0 ? ":" + std::to_string(refusal.line) : "";
    return base::Error{file + line + ": " + refusal.what};
  } catch (const std::exception& error) {
    return base::Error{file + ": " + error.what()};
  }
}

}  // namespace inject

#endif  // AGENT_INJECT_REPORT_H_
