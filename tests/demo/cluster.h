// The API server that the demo's agents compete on: the person's own, a real
// one started for the demo, or the stand-in. Thread: `main`.
#ifndef TESTS_DEMO_CLUSTER_H_
#define TESTS_DEMO_CLUSTER_H_

#include <memory>
#include <string>

namespace demo {

class Cluster {
 public:
  virtual ~Cluster() = default;

  // One line: which one, and why this one. Known before anything is started or
  // asked.
  virtual std::string Description() const = 0;

  // Makes it ready for agents that compete for `lease`. Throws
  // std::runtime_error with what is wrong.
  virtual void Start(const std::string& lease) = 0;

  // After Start.
  virtual std::string kubeconfig() const = 0;
  virtual std::string name_space() const = 0;

  // Removes what the agents left on it. Empty, or what is left to do by hand.
  virtual std::string Tidy(const std::string& /*lease*/) { return ""; }
};

// KUBECONFIG's cluster if that is set; else a real kube-apiserver if its
// programs are here; else the stand-in. `only_standin` takes the stand-in
// whatever is here. Programs log into `folder`.
std::unique_ptr<Cluster> ChooseCluster(bool only_standin,
                                       const std::string& folder);

}  // namespace demo

#endif  // TESTS_DEMO_CLUSTER_H_
