// Closed form and reference: rows.h against a plain queue of synapses, release.h against the time of
// the last spike, scale.h against a product for each neuron, random.h against the standard library.
// Compiled and run by test_rows.py.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <sstream>
#include <tuple>
#include <vector>

#define BIONET_HOT
#include "pages.h"
#include "random.h"
#include "release.h"
#include "rows.h"
#include "scale.h"

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      std::printf("trial %d, line %d: %s\n", trial, __LINE__, #condition);      \
      std::exit(1);                                                             \
    }                                                                           \
  } while (0)

static int trial = 0;
static std::mt19937 generator(1);

static int random_below(int n) { return n > 0 ? int(generator() % unsigned(n)) : 0; }

const double DT = 1e-4;

// Own neuron, other neuron, synapse: what the code of a synapse is executed with.
typedef std::tuple<int, int, int> Event;

// As Brian2's: each step of delay has a list of synapses, filled spike by spike.
struct Queue {
  std::vector<int> own, others, delays;
  std::vector<std::vector<Event>> steps;
  size_t now_at = 0;

  Queue(std::vector<int> own, std::vector<int> others, std::vector<int> delays)
      : own(own), others(others), delays(delays) {
    steps.resize(1 + size_t(delays.empty() ? 0 : *std::max_element(delays.begin(), delays.end())));
  }

  const std::vector<Event>& step(const std::vector<int>& spikes) {
    steps[now_at].clear();
    now_at = (now_at + 1) % steps.size();
    for (int neuron : spikes)
      for (size_t s = 0; s < own.size(); s++)
        if (own[s] == neuron)
          steps[(now_at + delays[s]) % steps.size()].push_back({neuron, others[s], int(s)});
    return steps[now_at];
  }
};

enum Order { SORTED, SHUFFLED };
enum Delays { NONE, ONE, ALIKE, DIFFERENT, N_KINDS };

struct Drawn {
  int start, stop, n_others;
  std::vector<int32_t> own, others;
  std::vector<double> delays;
  std::vector<int> steps;
};

static Drawn draw(Order order, Delays kind) {
  Drawn d;
  const int n_own = 1 + random_below(8);
  d.start = random_below(3) ? 0 : random_below(20);
  d.stop = d.start + n_own;
  d.n_others = 1 + random_below(12);
  std::vector<std::pair<int, int>> pairs;
  const int p = random_below(101);
  const bool last_rows_are_empty = random_below(4) == 0;
  for (int i = d.start; i < d.stop; i++)
    for (int j = 0; j < d.n_others; j++)
      for (int twice = 0; twice < 2; twice++)
        if (random_below(100) < (twice ? p / 8 : p) && !(last_rows_are_empty && i > d.start + 1))
          pairs.push_back({i, j});
  if (order == SHUFFLED) std::shuffle(pairs.begin(), pairs.end(), generator);
  for (auto& pair : pairs) {
    d.own.push_back(pair.first);
    d.others.push_back(pair.second);
  }
  const int common = kind == NONE ? 0 : random_below(7);
  d.delays = kind == DIFFERENT || kind == ALIKE ? std::vector<double>() : std::vector<double>{common * DT};
  for (size_t s = 0; s < d.own.size(); s++) {
    d.steps.push_back(kind == DIFFERENT ? random_below(5) : common);
    // a delay is rounded to the next step
    if (kind == DIFFERENT || kind == ALIKE) d.delays.push_back((d.steps[s] + 0.3) * DT);
  }
  return d;
}

template <class Neuron>
static std::vector<Event> events(const bionet::Rows<Neuron>& rows) {
  std::vector<Event> found;
  for (const bionet::Spike& spike : rows.now()) {
    CHECK(rows.first[spike.part] < rows.first[spike.part + 1]);  // an empty row is never queued
    for (size_t p = rows.first[spike.part]; p < rows.first[spike.part + 1]; p++) {
      const int synapse = rows.in_order() ? int(p) : int(rows.synapse[p]);
      int other = int(rows.other[p]);
      if (rows.dense[spike.part]) {
        CHECK(rows.in_order());
        other = int(rows.other[rows.first[spike.part]]) + int(p - rows.first[spike.part]);
      }
      found.push_back({spike.neuron, other, synapse});
    }
  }
  return found;
}

// Neurons of the whole group, of which rows take those from start to stop.
static std::vector<int> spikes_of(const Drawn& d, int percent) {
  std::vector<int> spikes;
  for (int i = 0; i < d.stop + 5; i++)
    if (random_below(100) < percent) spikes.push_back(i);
  return spikes;
}

template <class Neuron>
static void compare(bionet::Rows<Neuron>& rows, const Drawn& d) {
  Queue queue(d.own, d.others, d.steps);
  for (int step = 0; step < 25; step++) {
    const std::vector<int> spikes = spikes_of(d, step < 18 ? 40 : 0);
    std::vector<int> in_range;
    for (int i : spikes)
      if (i >= d.start && i < d.stop) in_range.push_back(i);
    rows.advance();
    rows.push(spikes.data(), int32_t(spikes.size()));
    CHECK(events(rows) == queue.step(in_range));
  }
}

template <class Neuron>
static void is_dense_where_it_may_be(const bionet::Rows<Neuron>& rows, size_t from) {
  for (size_t part = 0; part + 1 < rows.first.size(); part++) {
    const size_t begin = rows.first[part], n = rows.first[part + 1] - begin;
    bool consecutive = from && rows.in_order() && n >= from;
    for (size_t k = 1; consecutive && k < n; k++)
      consecutive = rows.other[begin + k] == rows.other[begin] + int(k);
    CHECK(bool(rows.dense[part]) == consecutive);
  }
}

template <class Neuron, class Delay>
static int try_rows(Order order, Delays kind) {
  const Drawn d = draw(order, kind);
  const bool may_be_in_order = random_below(4), frees = random_below(2);
  const size_t dense_from = random_below(2) ? 2 : 0;
  std::vector<int32_t> own = d.own, others = d.others;
  const std::vector<Delay> delays(d.delays.begin(), d.delays.end());
  bionet::Rows<Neuron> rows(d.start, d.stop);
  rows.prepare(own, others, delays, DT, may_be_in_order, dense_from, frees);
  const bool one_delay = std::set<int>(d.steps.begin(), d.steps.end()).size() < 2;
  const bool sorted = std::is_sorted(d.own.begin(), d.own.end());
  CHECK(rows.n_synapses() == d.own.size());
  if (!d.own.empty()) CHECK(rows.in_order() == (may_be_in_order && one_delay && sorted));
  const bool freed = frees && may_be_in_order && one_delay && sorted;
  CHECK(own == (freed ? std::vector<int32_t>() : d.own));
  CHECK(others == (freed ? std::vector<int32_t>() : d.others));
  is_dense_where_it_may_be(rows, dense_from);
  compare(rows, d);
  if (freed) {
    Drawn back{0, d.n_others, d.stop, d.others, d.own, {}, {}};
    const int delay = random_below(4);
    back.steps.assign(d.own.size(), delay);
    bionet::Rows<Neuron> from(0, d.n_others);
    from.prepare_from(rows, std::vector<Delay>{Delay(delay * DT)}, DT);
    compare(from, back);
  }
  int n_dense = 0;
  for (char dense : rows.dense) n_dense += dense;
  return n_dense;
}

// A neuron is free as soon as so many steps have passed since its last spike, over more steps than
// 32 bits count.
static void try_release() {
  const int n = 50;
  const int64_t refractory = 1 + random_below(60);
  const int64_t first = random_below(2) ? 0 : (int64_t(1) << 33) + random_below(100);
  std::vector<int64_t> last(n);
  std::vector<double> lastspike(n);
  for (int i = 0; i < n; i++) {
    last[i] = first - (i % 2 ? 1 + random_below(80) : int64_t(100000000));
    lastspike[i] = double(last[i]) * DT;
  }
  bionet::Release release;
  int64_t step = first;
  for (int k = 0; k < 400; k++) {
    const int32_t now = release.now(step, double(step) * DT, DT, refractory, lastspike.data(), n);
    CHECK(release.now_again(step) == now);
    for (int i = 0; i < n; i++) CHECK((release.until[i] <= now) == (step - last[i] >= refractory));
    for (int i = 0; i < n; i++)
      if (release.until[i] <= now && random_below(10) == 0) {
        release.until[i] = now + release.steps;
        last[i] = step;
      }
    // mostly the next step; now and then a quarter of the steps to the next count from 0
    step += random_below(20) ? 1 + random_below(3) : int64_t(1) << 28;
  }
  CHECK(step - first > int64_t(1) << 31);
}

template <class T>
static int try_scale(double tolerance) {
  const double factors[] = {0.9, 0.999, 0.5, 0.0, -0.5, 1.0, 1.05, 1e-3, 1e-20};
  const T factor = T(factors[random_below(9)]);
  const size_t n = 4;
  T y[n] = {1, 0, T(-2.5), 1000};
  double x[n] = {1, 0, -2.5, 1000}, size[n] = {1, 0, 2.5, 1000};  // size: how exact x can be
  bionet::Scale<T> scale;
  int n_finished = 0;
  for (int k = 0; k < 600; k++) {
    if (random_below(20) == 0)
      for (size_t i = 0; i < n; i++) {
        y[i] += T(i) * scale.inverse;
        x[i] += double(i);
        size[i] += double(i);
      }
    scale.decay(factor, y, n);
    n_finished += scale.scale == 1;
    for (size_t i = 0; i < n; i++) {
      x[i] *= double(factor);
      size[i] *= std::fabs(double(factor));
      CHECK(std::isfinite(y[i]));
      CHECK(std::fabs(double(scale.scale * y[i]) - x[i]) <= tolerance * size[i] + 1e-30);
    }
  }
  scale.finish(y, n);
  CHECK(scale.scale == 1 && scale.inverse == 1);
  for (size_t i = 0; i < n; i++) CHECK(std::fabs(double(y[i]) - x[i]) <= tolerance * size[i] + 1e-30);
  return factor != 1 && n_finished;
}

static void try_array() {
  for (size_t n : {size_t(0), size_t(1), bionet::HUGE_PAGE / 4 + 3}) {
    bionet::Array<int32_t> array;
    array.assign(n, 7);
    CHECK(array.size() == n);
    if (n) CHECK(array[0] == 7 && array[n - 1] == 7);
    array.resize(2 * n);
    if (n) array[2 * n - 1] = 1;
    array.clear();
    CHECK(array.size() == 0);
  }
}

// Any seed, from any place in a block on, and after its state was written and read.
static void try_random() {
  const unsigned long seed = trial ? generator() : 0;
  std::mt19937 reference(seed);
  bionet::Mt19937 own, again;
  if (trial % 2) own();
  own.seed(seed);
  const int n = random_below(3000);
  for (int k = 0; k < n; k++) CHECK(own() == reference());
  std::stringstream state, expected;
  state << own;
  expected << reference;
  CHECK(state.str() == expected.str());
  state >> again;
  for (int k = 0; k < 1500; k++) CHECK(again() == reference());
}

int main() {
  int n_dense = 0, n_renormalised = 0;
  for (trial = 0; trial < 4000; trial++) {
    const Order order = random_below(2) ? SORTED : SHUFFLED;
    const Delays kind = Delays(random_below(N_KINDS));
    n_dense += trial % 2 ? try_rows<uint16_t, double>(order, kind) : try_rows<int32_t, float>(order, kind);
  }
  CHECK(n_dense > 100);
  for (trial = 0; trial < 100; trial++) try_release();
  for (trial = 0; trial < 300; trial++)
    n_renormalised += trial % 2 ? try_scale<double>(1e-12) : try_scale<float>(1e-3);
  CHECK(n_renormalised > 50);
  for (trial = 0; trial < 50; trial++) try_random();
  try_array();
  std::printf("all as expected\n");
}
