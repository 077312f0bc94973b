// Synapses as rows: those of one neuron side by side, so that a spike is queued as one entry and its
// synapses are walked directly. With delays that differ within a row it consists of parts, one a
// delay, each queued for its own step. The order of synapses in a step is that of Brian2's queue.
#ifndef BIONET_ROWS_H
#define BIONET_ROWS_H
#include <algorithm>
#include <cstdint>
#include <vector>

#include "pages.h"

namespace bionet {

// Part `part` of the row of `neuron`, under way.
struct Spike {
  uint32_t part;
  int32_t neuron;
};

template <class Neuron>  // uint16_t where the group at the other end is small enough
class Rows {
  int32_t start, stop;                     // neurons whose spikes these synapses listen to
  std::vector<std::vector<Spike>> ring;    // a list of spikes for each step of delay, and this one
  size_t now_at = 0;
  std::vector<uint32_t> part_of_row;       // first part of each row; rows are parts if empty
  std::vector<int32_t> delay_of_part;
  int32_t common_delay = 0;

  static int32_t steps(double delay, double dt) { return int32_t(delay / dt + 0.5); }

  std::vector<Spike>& in(int32_t delay) {
    const size_t at = now_at + delay;
    return ring[at < ring.size() ? at : at - ring.size()];
  }

 public:
  Array<uint32_t> first;     // of each part, and the end of the last
  Array<Neuron> other;       // neuron at the other end
  Array<uint32_t> synapse;   // index of the synapse; empty where it is the place in `other` itself
  std::vector<char> dense;   // whether the neurons of a part follow one another without gaps

  Rows(int32_t start, int32_t stop) : start(start), stop(stop), ring(1) {}

  bool in_order() const { return synapse.size() == 0; }
  size_t n_synapses() const { return other.size(); }

  // own, others: the neuron that spikes and the one at the other end, of each synapse. delays: one
  // for all, or one of each. dense_from: shortest row worth a look, 0: none.
  template <class Delay>
  void prepare(std::vector<int32_t>& own, std::vector<int32_t>& others,
               const std::vector<Delay>& delays, double dt, bool may_be_in_order,
               size_t dense_from, bool frees) {
    const size_t n = own.size();
    auto each = [&](auto f) { for (size_t s = 0; s < n; s++) f(own[s], others[s]); };
    const bool one_delay = queue_for(delays, dt);
    count(each);
    if (may_be_in_order && one_delay && std::is_sorted(own.begin(), own.end())) {
      if (frees) std::vector<int32_t>().swap(own);
      synapse.clear();
      other.resize(n);
      std::copy(others.begin(), others.end(), other.data());
      if (frees) std::vector<int32_t>().swap(others);
    } else {
      sort(each, n);
      if (!one_delay) {
        split(delays, dt);
        for (size_t p = 0; p < n; p++) other[p] = Neuron(others[synapse[p]]);
      }
    }
    find_dense(dense_from);
  }

  // The same synapses, seen from their other end.
  template <class Other, class Delay>
  void prepare_from(const Rows<Other>& there, const std::vector<Delay>& delays, double dt) {
    auto each = [&](auto f) {
      for (size_t row = 0; row + 1 < there.first.size(); row++)
        for (size_t p = there.first[row]; p < there.first[row + 1]; p++)
          f(int32_t(there.other[p]), int32_t(row + there.first_neuron()));
    };
    queue_for(delays, dt);
    count(each);
    sort(each, there.n_synapses());
    find_dense(0);
  }

  int32_t first_neuron() const { return start; }

  // Brian2's queue moves on before it takes new spikes, so that a delay of 0 is this step.
  void advance() {
    ring[now_at].clear();
    now_at = now_at + 1 < ring.size() ? now_at + 1 : 0;
  }

  void push(const int32_t* spikes, int32_t n) {
    const int32_t* from = std::lower_bound(spikes, spikes + n, start);
    const int32_t* to = std::lower_bound(from, spikes + n, stop);
    if (part_of_row.empty()) {
      std::vector<Spike>& list = in(common_delay);
      const size_t before = list.size();
      list.resize(before + (to - from));
      Spike* end = list.data() + before;
      for (; from < to; from++) {
        const uint32_t row = *from - start;
        *end = {row, *from};
        end += first[row] < first[row + 1];  // rows without synapses are passed over
      }
      list.resize(end - list.data());
      return;
    }
    for (; from < to; from++) {
      const uint32_t row = *from - start;
      for (uint32_t part = part_of_row[row]; part < part_of_row[row + 1]; part++)
        in(delay_of_part[part]).push_back({part, *from});
    }
  }

  const std::vector<Spike>& now() const { return ring[now_at]; }

 private:
  // Returns whether all delays are the same number of steps.
  template <class Delay>
  bool queue_for(const std::vector<Delay>& delays, double dt) {
    int32_t longest = delays.empty() ? 0 : steps(delays[0], dt), shortest = longest;
    for (const Delay& delay : delays) {
      longest = std::max(longest, steps(delay, dt));
      shortest = std::min(shortest, steps(delay, dt));
    }
    common_delay = longest;
    ring.assign(size_t(longest) + 1, {});
    now_at = 0;
    return longest == shortest;
  }

  template <class Each>
  void count(Each each) {
    first.assign(size_t(stop - start) + 1, 0);
    each([&](int32_t own, int32_t) { first[own - start + 1]++; });
    for (size_t row = 0; row + 1 < first.size(); row++) first[row + 1] += first[row];
  }

  // Each row in the order of its synapses.
  template <class Each>
  void sort(Each each, size_t n) {
    synapse.resize(n);
    other.resize(n);
    std::vector<uint32_t> next(first.data(), first.data() + (stop - start));
    uint32_t s = 0;
    each([&](int32_t own, int32_t there) {
      const uint32_t p = next[own - start]++;
      synapse[p] = s++;
      other[p] = Neuron(there);
    });
  }

  // Sorts each row by delay and makes a part of each delay.
  template <class Delay>
  void split(const std::vector<Delay>& delays, double dt) {
    const size_t n_rows = stop - start;
    std::vector<uint32_t> part_first;
    part_of_row.assign(1, 0);
    delay_of_part.clear();
    std::vector<int32_t> delay_of(delays.size());
    for (size_t s = 0; s < delays.size(); s++) delay_of[s] = steps(delays[s], dt);
    for (size_t row = 0; row < n_rows; row++) {
      uint32_t* begin = synapse.data() + first[row];
      uint32_t* end = synapse.data() + first[row + 1];
      std::stable_sort(begin, end,
                       [&](uint32_t a, uint32_t b) { return delay_of[a] < delay_of[b]; });
      for (uint32_t* s = begin; s < end; s++)
        if (s == begin || delay_of[*s] != delay_of_part.back()) {
          part_first.push_back(uint32_t(s - synapse.data()));
          delay_of_part.push_back(delay_of[*s]);
        }
      part_of_row.push_back(uint32_t(part_first.size()));
    }
    part_first.push_back(uint32_t(synapse.size()));
    first.resize(part_first.size());
    std::copy(part_first.begin(), part_first.end(), first.data());
  }

  // Consecutive neurons are different ones, so a pair that occurs twice fails this.
  void find_dense(size_t from) {
    dense.assign(first.size() - 1, 0);
    if (!from || synapse.size()) return;
    for (size_t part = 0; part + 1 < first.size(); part++) {
      const uint32_t begin = first[part], end = first[part + 1];
      bool consecutive = end - begin >= from;
      for (uint32_t p = begin + 1; consecutive && p < end; p++)
        consecutive = size_t(other[p]) == size_t(other[p - 1]) + 1;
      dense[part] = consecutive;
    }
  }
};

}  // namespace bionet
#endif
