// A variable that decays by the same factor for all neurons, as x = scale * y: the decay of a step
// is one product. Rounding differs from that of a product a neuron.
#ifndef BIONET_SCALE_H
#define BIONET_SCALE_H
#include <cmath>
#include <cstddef>

namespace bionet {

template <class T>
struct Scale {
  T scale = 1, inverse = 1;

  // The decay of a step. Where y has grown apart from x, it is brought back to its size.
  void decay(T factor, T* y, size_t n) {
    const T FAR = sizeof(T) == 4 ? T(1e-6) : T(1e-30);
    scale *= factor;
    inverse = 1 / scale;
    if (!(scale > FAR && inverse > FAR)) finish(y, n);
  }

  void finish(T* y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= scale;
    scale = inverse = 1;
  }
};

}  // namespace bionet
#endif
