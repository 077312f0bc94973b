// The Mersenne Twister, a block of numbers at a time and in vectors: the numbers of std::mt19937, with
// which Brian2 draws (M. Matsumoto and T. Nishimura, ACM TOMACS 8, 1998).
#ifndef BIONET_RANDOM_H
#define BIONET_RANDOM_H
#include <cstdint>
#include <istream>
#include <ostream>

namespace bionet {

class Mt19937 {
  static const int N = 624, M = 397;
  uint32_t state[N], drawn[N];
  int at = N;

  static uint32_t twisted(uint32_t upper, uint32_t lower) {
    const uint32_t y = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (y >> 1) ^ (lower & 1 ? 0x9908b0dfu : 0u);
  }

  void temper() {
    for (int k = 0; k < N; k++) {
      uint32_t y = state[k];
      y ^= y >> 11;
      y ^= (y << 7) & 0x9d2c5680u;
      y ^= (y << 15) & 0xefc60000u;
      drawn[k] = y ^ (y >> 18);
    }
  }

  void refill();  // in the unit that is optimised

 public:
  Mt19937() { seed(5489); }

  void seed(unsigned long value) {
    state[0] = uint32_t(value);
    for (int k = 1; k < N; k++)
      state[k] = 1812433253u * (state[k - 1] ^ (state[k - 1] >> 30)) + uint32_t(k);
    at = N;
  }

  uint32_t operator()() {
    if (at == N) refill();
    return drawn[at++];
  }

  // As std::mt19937 writes and reads itself.
  friend std::ostream& operator<<(std::ostream& out, const Mt19937& own) {
    for (uint32_t x : own.state) out << x << ' ';
    return out << own.at;
  }

  friend std::istream& operator>>(std::istream& in, Mt19937& own) {
    for (uint32_t& x : own.state) in >> x;
    in >> own.at;
    own.temper();
    return in;
  }
};

#ifdef BIONET_HOT
void Mt19937::refill() {
  for (int k = 0; k < N - M; k++) state[k] = state[k + M] ^ twisted(state[k], state[k + 1]);
  for (int k = N - M; k < N - 1; k++) state[k] = state[k + M - N] ^ twisted(state[k], state[k + 1]);
  state[N - 1] = state[M - 1] ^ twisted(state[N - 1], state[0]);
  temper();
  at = 0;
}
#endif

}  // namespace bionet
#endif
