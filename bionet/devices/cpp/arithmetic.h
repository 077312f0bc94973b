// Arithmetic of bionet's loops.
#ifndef BIONET_ARITHMETIC_H
#define BIONET_ARITHMETIC_H
#include <cstdint>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#if defined(BIONET_VECTOR_MATH) && defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
// glibc has these for whole vectors, to 4 units in the last place; its headers say so only where
// infinities are ruled out, too.
#define BIONET_VECTOR __attribute__((__simd__("notinbranch")))
extern "C" {
double exp(double) noexcept BIONET_VECTOR;
double log(double) noexcept BIONET_VECTOR;
double sin(double) noexcept BIONET_VECTOR;
double cos(double) noexcept BIONET_VECTOR;
double pow(double, double) noexcept BIONET_VECTOR;
float expf(float) noexcept BIONET_VECTOR;
float logf(float) noexcept BIONET_VECTOR;
float sinf(float) noexcept BIONET_VECTOR;
float cosf(float) noexcept BIONET_VECTOR;
float powf(float, float) noexcept BIONET_VECTOR;
}
#endif

namespace bionet {

// Whether `time` is at least so many steps: (int64_t)((time + 1e-3*dt)/dt) >= steps, without the
// conversion, which AVX2 does not have for vectors.
inline bool reached(double time, double dt, int64_t steps) {
  const double passed = (time + 1e-3 * dt) / dt;
  return steps > 0 ? passed >= double(steps) : passed > double(steps) - 1;
}

inline float clip(float value, float low, float high) {
  return value < low ? low : value > high ? high : value;
}

// The trace of a neuron that has long been silent is a number with fewer digits, which takes the
// processor a hundred times as long: it becomes zero.
inline void flush_denormals() {
#ifdef __SSE__
  const unsigned FLUSH_RESULTS = 1 << 15, FLUSH_OPERANDS = 1 << 6;
  _mm_setcsr(_mm_getcsr() | FLUSH_RESULTS | FLUSH_OPERANDS);
#endif
}

}  // namespace bionet
#endif
