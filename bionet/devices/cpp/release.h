// When refractory neurons are free again, as a step in 32 bits in place of the time of their spike.
#ifndef BIONET_RELEASE_H
#define BIONET_RELEASE_H
#include <cmath>
#include <cstdint>
#include <vector>

namespace bionet {

class Release {
  int64_t base = 0;  // the step that `until` counts from

 public:
  std::vector<int32_t> until;  // the first step in which each neuron is free
  int32_t steps = 0;           // how long a neuron is refractory

  // Returns this step as `until` counts. At first looks up the spikes before the run.
  int32_t now(int64_t step, double t, double dt, int64_t refractory, const double* lastspike,
              size_t n) {
    steps = int32_t(refractory);
    if (until.empty()) {
      base = step;
      until.resize(n);
      for (size_t i = 0; i < n; i++) {
        const double since = std::floor(((t - lastspike[i]) + 1e-3 * dt) / dt);
        until[i] = since < steps ? int32_t(std::fmin(steps - since, 1 << 30)) : 0;
      }
    } else if (step - base > (1 << 30)) {
      const int32_t passed = int32_t(step - base);
      for (int32_t& own : until) own = own > passed ? own - passed : 0;
      base = step;
    }
    return int32_t(step - base);
  }

  // The same, later in the step.
  int32_t now_again(int64_t step) const { return int32_t(step - base); }
};

}  // namespace bionet
#endif
