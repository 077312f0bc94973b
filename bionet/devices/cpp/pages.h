// Arrays that lie in huge pages where they are large: a row of synapses is anywhere in memory, and
// each 4 KiB page that it touches costs a look-up.
#ifndef BIONET_PAGES_H
#define BIONET_PAGES_H
#include <cstddef>
#include <cstdlib>
#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace bionet {

const size_t HUGE_PAGE = 2 << 20;

inline void* allocate(size_t bytes) {
  void* memory = nullptr;
#if defined(__linux__) && defined(MADV_HUGEPAGE) && defined(BIONET_HUGE_PAGES)
  if (bytes >= HUGE_PAGE) {
    if (posix_memalign(&memory, HUGE_PAGE, bytes)) throw std::bad_alloc();
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
  }
#endif
  memory = std::malloc(bytes ? bytes : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}

// As much of std::vector as rows need, without a first pass that writes zeros.
template <class T>
class Array {
  T* values = nullptr;
  size_t n = 0;

 public:
  Array() = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { std::free(values); }

  void clear() {
    std::free(values);
    values = nullptr;
    n = 0;
  }

  void resize(size_t size) {
    clear();
    values = static_cast<T*>(allocate(size * sizeof(T)));
    n = size;
  }

  void assign(size_t size, T value) {
    resize(size);
    for (size_t i = 0; i < n; i++) values[i] = value;
  }

  size_t size() const { return n; }
  T* data() { return values; }
  const T* data() const { return values; }
  T& operator[](size_t i) { return values[i]; }
  const T& operator[](size_t i) const { return values[i]; }
};

}  // namespace bionet

#ifdef BIONET_HUGE_PAGES
// Brian2's own arrays and vectors, too.
#define BIONET_OWN_ALLOCATION                                            \
  void* operator new(size_t bytes) { return bionet::allocate(bytes); }   \
  void* operator new[](size_t bytes) { return bionet::allocate(bytes); } \
  void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); } \
  void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); } \
  void operator delete(void* memory) noexcept { std::free(memory); }     \
  void operator delete[](void* memory) noexcept { std::free(memory); }   \
  void operator delete(void* memory, size_t) noexcept { std::free(memory); } \
  void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
#else
#define BIONET_OWN_ALLOCATION
#endif
#endif
