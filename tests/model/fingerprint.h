// What a candidate will depend on from now on, as bytes: two electors with the
// same bytes behave alike, so a search needs to look at one of them only. What
// grows for ever is put in terms of what is there: instants count from now, and
// those that have passed are all the same; versions are ranked, for only their
// order matters; stamps and uids are numbered as they appear, for only whether
// they are equal matters.
#ifndef TESTS_MODEL_FINGERPRINT_H_
#define TESTS_MODEL_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "agent/election/elector.h"

namespace election {

class Fingerprint {
 public:
  // `versions`: all that appear in the state, in order. `transitions`: to count
  // from.
  Fingerprint(Instant now, std::vector<std::int64_t> versions,
              std::int64_t transitions);

  void Add(const Elector& elector);
  void Add(const k8s::Lease& lease);
  void Add(const k8s::LeaseRecord& record);
  void Add(std::int64_t number);
  void Add(const std::string& text);
  void AddVersion(std::int64_t version);
  void AddStamp(k8s::MicroTime stamp);
  void AddUid(const std::string& uid);
  void AddTransitions(std::int64_t transitions);
  // As far as it is less than `back` ago.
  void AddInstant(Instant instant, Duration back = Duration::zero());

  const std::string& bytes() const { return bytes_; }

  // The versions that an elector knows.
  static void VersionsOf(const Elector& elector,
                         std::vector<std::int64_t>& versions);

 private:
  void Add(const Observation& seen);
  void Add(const WakeWindow& window);

  const Instant now_;
  const std::vector<std::int64_t> versions_;
  const std::int64_t transitions_;
  std::vector<k8s::MicroTime> stamps_;
  std::vector<std::string> uids_;
  std::string bytes_;
};

}  // namespace election

#endif  // TESTS_MODEL_FINGERPRINT_H_
