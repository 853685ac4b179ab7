// The GPU's kernel as a shared library for the CPU: the same source, or its PTX as ptx.py translates it.
#ifdef PTX
#include PTX
#else
#include "kernel.cu"

template <void kernel(const Task)> static void launched(const void* task) { kernel(*(const Task*)task); }
#endif

extern "C" {
int64_t task_bytes() { return sizeof(Task); }
int barriers() { return __COUNTER__ - FIRST; }

void emulate(int kernel, const Task* task, int blocks, int crew, size_t bytes, int order, int omitted) {
#ifdef PTX
    void (*kernels[])(const void*) = {train, predict};
#else
    void (*kernels[])(const void*) = {launched<train>, launched<predict>};
#endif
    host::order = order, host::omitted = omitted, host::work = kernels[kernel], host::task = task;
    constexpr size_t BEYOND = 4096;
    std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(64, (bytes + BEYOND + 63) / 64 * 64), std::free);
    host::shared = memory.get();
    const unsigned char *end = (unsigned char*)host::shared + bytes, untouched = 0xff;
    for (host::row = 0; host::row < blocks; host::row++) {
        std::memset(host::shared, untouched, bytes + BEYOND);  // what is read before it is written is NaN
        host::block(crew);
        if (std::count(end, end + BEYOND, untouched) == BEYOND) continue;
        std::fprintf(stderr, "written beyond shared memory\n");
        std::abort();
    }
}
}
