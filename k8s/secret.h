// One PEM or token that lives in a file, which may be replaced at any time and
// is then read again, or that was given in place. Data only.
#ifndef K8S_SECRET_H_
#define K8S_SECRET_H_

#include <string>

namespace k8s {

struct Secret {
  std::string file;  // Wins if set.
  std::string data;

  bool empty() const { return file.empty() && data.empty(); }
};

}  // namespace k8s

#endif  // K8S_SECRET_H_
