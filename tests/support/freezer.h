// A control group whose programs can be frozen: unlike SIGSTOP nobody is told,
// and they cannot tell. Needs root, and either version of control groups. What
// a test that was killed left behind is removed by the next one.
// Thread: any one at a time.
#ifndef TESTS_SUPPORT_FREEZER_H_
#define TESTS_SUPPORT_FREEZER_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace support {

class Freezer {
 public:
  // Throws std::runtime_error.
  Freezer();
  ~Freezer();  // Thaws. What still runs in it is moved out.
  Freezer(const Freezer&) = delete;
  Freezer& operator=(const Freezer&) = delete;

  // Empty where one can be made; else the reason.
  static std::optional<std::string> WhyNot();
  // Removes those of programs that are gone, and ends what is frozen in them.
  static void RemoveForgotten();

  void Take(pid_t process);  // From the group that it is in.
  void Freeze();             // All of them stand still when it returns.
  void Thaw();

 private:
  std::string folder_;
};

}  // namespace support

#endif  // TESTS_SUPPORT_FREEZER_H_
