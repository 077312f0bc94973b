// Product of spikes, given as times, with dense weights: what each unit receives in each step.
//
// Where every input spikes a few times in a hundred steps, the dense product multiplies by zero
// ninety-nine times of a hundred. Here a spike costs one row of weights, forward and backward.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;
using Steps = ffi::Buffer<ffi::S32>;

namespace {

// Shares out `n` pieces of work. The caller works, too, and waits for pieces that were begun only,
// so that a pool whose threads are all busy delays nothing.
void in_parallel(ffi::ThreadPool& pool, int64_t n, std::function<void(int64_t)> work) {
  struct Counters { std::atomic<int64_t> next{0}, done{0}; };
  auto counters = std::make_shared<Counters>();
  std::function<void()> take = [counters, n, work] {
    for (int64_t k; (k = counters->next++) < n;) { work(k); counters->done++; }
  };
  const int64_t helpers = std::min<int64_t>(pool.num_threads(), n) - 1;
  for (int64_t h = 0; h < helpers; ++h) pool.Schedule(std::function<void()>(take));
  take();
  while (counters->done < n) std::this_thread::yield();
}

struct Spikes {
  const int32_t *step, *unit;
  int64_t batch, each, steps, units;
  bool shared;  // one row of units for the whole batch

  Spikes(const Steps& s, const Steps& u, int64_t steps, int64_t units)
      : step(s.typed_data()), unit(u.typed_data()), batch(s.dimensions()[0]),
        each(s.dimensions()[1]), steps(steps), units(units), shared(u.dimensions()[0] == 1) {}

  const int32_t* steps_of(int64_t b) const { return step + b * each; }
  const int32_t* units_of(int64_t b) const { return unit + (shared ? 0 : b * each); }
  bool counts(int32_t t, int32_t u) const { return t >= 0 && t < steps && u >= 0 && u < units; }
};

// weights (units, N) -> received (steps, batch, N)
template <typename T>
void receive(ffi::ThreadPool& pool, const Spikes& in, const T* w, int64_t N, T* out) {
  const int64_t block = 8, blocks = (in.batch + block - 1) / block;
  in_parallel(pool, blocks, [=](int64_t k) {
    const int64_t from = k * block;
    std::vector<int32_t> first(in.steps + 1), at, sorted(in.each);
    std::vector<T> sum(N);
    for (int64_t b = from; b < std::min(in.batch, from + block); ++b) {
      const int32_t *step = in.steps_of(b), *unit = in.units_of(b);
      std::fill(first.begin(), first.end(), 0);
      for (int64_t e = 0; e < in.each; ++e) if (in.counts(step[e], unit[e])) first[step[e] + 1]++;
      for (int64_t t = 0; t < in.steps; ++t) first[t + 1] += first[t];
      at = first;
      for (int64_t e = 0; e < in.each; ++e)
        if (in.counts(step[e], unit[e])) sorted[at[step[e]]++] = unit[e];
      for (int64_t t = 0; t < in.steps; ++t) {
        std::fill(sum.begin(), sum.end(), T(0));
        T* s = sum.data();
        for (int32_t e = first[t]; e < first[t + 1]; ++e) {
          const T* row = w + int64_t(sorted[e]) * N;
          for (int64_t n = 0; n < N; ++n) s[n] += row[n];
        }
        std::copy(sum.begin(), sum.end(), out + (t * in.batch + b) * N);
      }
    }
  });
}

// cotangent (steps, batch, N) -> of the weights (units, N)
template <typename T>
void credit(ffi::ThreadPool& pool, const Spikes& in, const T* g, int64_t N, T* w) {
  const int64_t width = 64, parts = (N + width - 1) / width;  // columns: no two threads meet
  in_parallel(pool, parts, [=](int64_t k) {
    const int64_t low = N * k / parts, high = N * (k + 1) / parts;
    for (int64_t u = 0; u < in.units; ++u) std::fill(w + u * N + low, w + u * N + high, T(0));
    for (int64_t b = 0; b < in.batch; ++b) {
      const int32_t *step = in.steps_of(b), *unit = in.units_of(b);
      for (int64_t e = 0; e < in.each; ++e) {
        if (!in.counts(step[e], unit[e])) continue;
        const T* row = g + (int64_t(step[e]) * in.batch + b) * N;
        T* sum = w + int64_t(unit[e]) * N;
        for (int64_t n = low; n < high; ++n) sum[n] += row[n];
      }
    }
  });
}

template <ffi::DataType kind>
ffi::Error receive_of(ffi::ThreadPool pool, Steps step, Steps unit, ffi::Buffer<kind> weights,
                      ffi::ResultBuffer<kind> out) {
  auto w = weights.dimensions(), o = out->dimensions();
  receive(pool, Spikes(step, unit, o[0], w[0]), weights.typed_data(), w[1], out->typed_data());
  return ffi::Error::Success();
}

template <ffi::DataType kind>
ffi::Error credit_of(ffi::ThreadPool pool, Steps step, Steps unit, ffi::Buffer<kind> cotangent,
                     ffi::ResultBuffer<kind> out) {
  auto c = cotangent.dimensions(), o = out->dimensions();
  credit(pool, Spikes(step, unit, c[0], o[0]), cotangent.typed_data(), c[2], out->typed_data());
  return ffi::Error::Success();
}

template <ffi::DataType kind>
auto binding() {
  return ffi::Ffi::Bind().Ctx<ffi::ThreadPool>().Arg<Steps>().Arg<Steps>()
      .Arg<ffi::Buffer<kind>>().template Ret<ffi::Buffer<kind>>();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(receive_float32, receive_of<ffi::F32>, binding<ffi::F32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(receive_float64, receive_of<ffi::F64>, binding<ffi::F64>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(credit_float32, credit_of<ffi::F32>, binding<ffi::F32>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(credit_float64, credit_of<ffi::F64>, binding<ffi::F64>());
