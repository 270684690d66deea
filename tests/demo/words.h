// How the demo writes numbers. Text only.
#ifndef TESTS_DEMO_WORDS_H_
#define TESTS_DEMO_WORDS_H_

#include <cstdint>
#include <string>

#include "agent/base/time.h"

namespace demo {

// "0.4 ms", "12 ms", "0.95 s", "4.87 s".
std::string InWords(base::Duration duration);
// "12,345"
std::string WithCommas(std::int64_t number);
// Cut or filled with spaces to `width` characters. ASCII only.
std::string Padded(std::string text, std::size_t width);

}  // namespace demo

#endif  // TESTS_DEMO_WORDS_H_
