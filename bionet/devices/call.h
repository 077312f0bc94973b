// One call of a compiled network, seen from inside the binary: reads the seed and the inputs from
// the call's own directory, and at the end writes the outputs that were asked for, nothing else.
//
//   inputs.bin   uint64 seed, double duration, for each input: uint64 count, count doubles (count 0:
//                not given), for each output: uint8, whether it is wanted
//   output_K     the K-th output: uint64 rows, uint64 columns, then the values as they are in memory
//   end          written last: fraction of the duration simulated, time reached in seconds
#ifndef BIONET_CALL_H
#define BIONET_CALL_H
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

namespace bionet {

const int CANNOT_WRITE = 74, CANNOT_READ = 66, WRONG_SIZE = 65, WRONG_DELAY = 64;
// a queue has a list of spikes for each step of the longest delay: 240 MB for these
const double MOST_STEPS_OF_DELAY = 1e7;

class Call {
  std::string folder;
  std::vector<std::vector<double>> inputs;
  std::vector<uint8_t> wanted;

  [[noreturn]] static void end(int status, const std::string& what) {
    std::fprintf(stderr, "bionet: %s\n", what.c_str());
    std::fflush(stderr);
    std::_Exit(status);
  }

  [[noreturn]] static void end_unwritten(int error, const std::string& name) {
    end(CANNOT_WRITE, "errno " + std::to_string(error) + ": " + name + ": " + std::strerror(error));
  }

  std::FILE* create(const std::string& name) {
    std::FILE* file = std::fopen((folder + name).c_str(), "wb");
    if (!file) end_unwritten(errno, name);
    errno = 0;
    return file;
  }

  void close(std::FILE* file, bool written, const std::string& name) {
    const bool failed = !written || std::ferror(file);
    const int first_error = errno;
    const bool closed = std::fclose(file) == 0;
    if (failed || !closed) end_unwritten(failed && first_error ? first_error : errno, name);
  }

  void fill(std::vector<double>& values, std::FILE* file) {
    uint64_t count = 0;
    read(&count, sizeof count, file);
    values.resize(count);
    read(values.data(), count * sizeof(double), file);
  }

  void read(void* target, size_t bytes, std::FILE* file) {
    if (bytes && std::fread(target, bytes, 1, file) != 1) end(CANNOT_READ, "inputs.bin is too short");
  }

  template <class T>
  bool write_values(const T* values, size_t n, std::FILE* file) {
    return n == 0 || std::fwrite(values, sizeof(T), n, file) == n;
  }

 public:
  uint64_t seed = 0;
  double duration = 0;

  Call(const std::string& results_directory, size_t n_inputs, size_t n_outputs)
      : folder(results_directory), wanted(n_outputs) {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // no simulation outlives the process that asked for it
#endif
    std::FILE* file = std::fopen((folder + "inputs.bin").c_str(), "rb");
    if (!file) end(CANNOT_READ, std::string("inputs.bin: ") + std::strerror(errno));
    read(&seed, sizeof seed, file);
    read(&duration, sizeof duration, file);
    inputs.resize(n_inputs);
    for (auto& values : inputs) fill(values, file);
    read(wanted.data(), n_outputs, file);
    std::fclose(file);
  }

  // Sets an input where its size fits: while a network is being made, its synapses may not all
  // exist yet.
  template <class T>
  void set_early(size_t k, T* array, size_t size) {
    const std::vector<double>& given = inputs[k];
    if (given.size() != 1 && given.size() != size) return;
    for (size_t i = 0; i < size; i++) array[i] = T(given.size() == 1 ? given[0] : given[i]);
  }

  template <class T>
  void set_early(size_t k, std::vector<T>& array) {
    set_early(k, array.data(), array.size());
  }

  // Sets an input of the finished network.
  template <class T>
  void set(size_t k, const char* name, T* array, size_t size) {
    const size_t given = inputs[k].size();
    if (given > 1 && given != size)
      end(WRONG_SIZE, std::string("input ") + name + " has " + std::to_string(given) +
                          " values, the network has " + std::to_string(size));
    set_early(k, array, size);
  }

  template <class T>
  void set(size_t k, const char* name, std::vector<T>& array) {
    set(k, name, array.data(), array.size());
  }

  // Delays are counted in steps by an int, and no spike arrives before it was fired.
  template <class T>
  void check_delays(const char* name, const T* delays, size_t n, double dt) {
    for (size_t i = 0; i < n; i++)
      if (!(delays[i] >= 0 && delays[i] / dt < MOST_STEPS_OF_DELAY))
        end(WRONG_DELAY, std::string("the delay ") + name + " is " + std::to_string(delays[i]) +
                             " s; it must lie between 0 and " +
                             std::to_string(MOST_STEPS_OF_DELAY * dt) + " s");
  }

  template <class T>
  void check_delays(const char* name, const std::vector<T>& delays, double dt) {
    check_delays(name, delays.data(), delays.size(), dt);
  }

  template <class T>
  void write(size_t k, const T* values, size_t n) {
    if (!wanted[k]) return;
    const std::string name = "output_" + std::to_string(k);
    std::FILE* file = create(name);
    const uint64_t shape[2] = {1, n};
    close(file, write_values(shape, 2, file) && write_values(values, n, file), name);
  }

  template <class T>
  void write(size_t k, const std::vector<T>& values) {
    write(k, values.data(), values.size());
  }

  // Writes what an object shows of another object's array: the values at n places.
  template <class T, class Place>
  void write_at(size_t k, const T* values, size_t n, Place place) {
    if (!wanted[k]) return;
    std::vector<T> shown(n);
    for (size_t i = 0; i < n; i++) shown[i] = values[place(i)];
    write(k, shown);
  }

  template <class T, class Place>
  void write_at(size_t k, const std::vector<T>& values, size_t n, Place place) {
    write_at(k, values.data(), n, place);
  }

  template <class Array2D>
  void write_rows(size_t k, Array2D& values) {
    if (!wanted[k]) return;
    const std::string name = "output_" + std::to_string(k);
    std::FILE* file = create(name);
    const uint64_t shape[2] = {uint64_t(values.n), uint64_t(values.m)};
    bool written = write_values(shape, 2, file);
    for (size_t row = 0; written && row < shape[0]; row++)
      if (shape[1]) written = write_values(&values(row, 0), shape[1], file);
    close(file, written, name);
  }

  void finish(double completed_fraction) {
    std::FILE* file = create("end");
    const bool written = std::fprintf(file, "%.17g %.17g\n", completed_fraction,
                                      completed_fraction * duration) > 0;
    close(file, written, "end");
    std::fflush(stdout);
    std::_Exit(0);
  }
};

}  // namespace bionet
#endif
