// small_stack_host MODULES: a host whose threads have the smallest stacks that the C library allows. Prints
// the size of the program's thread-local memory, and the result of a thread that calls a component.
#include "slot/fixtures/worker.hpp"

#include <hotswap/runtime.hpp>

#include <fmt/format.h>

#include <elf.h>
#include <limits.h>
#include <pthread.h>

#include <cstdio>
#include <cstring>
#include <fstream>

namespace {

/// The size of thread-local memory in the program headers of the file at `path`.
unsigned long thread_local_memory(char const* path) {
    std::ifstream file(path, std::ios::binary);
    Elf64_Ehdr header;
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    file.seekg(static_cast<std::streamoff>(header.e_phoff));
    for (int i = 0; i != header.e_phnum; ++i) {
        Elf64_Phdr segment;
        file.read(reinterpret_cast<char*>(&segment), sizeof segment);
        if (segment.p_type == PT_TLS) return segment.p_memsz;
    }
    return 0;
}

void* call(void* handle) {
    (*static_cast<hotswap::handle<test::worker>*>(handle))->release();
    return handle;
}

}  // namespace

int main(int, char** words) {
    hotswap::runtime runtime({.modules = words[1], .rehearse = hotswap::rehearse::never});
    auto it = runtime.load<test::worker>("worker", {.module = "worker"}).value();
    fmt::print("thread-local {}\n", thread_local_memory("/proc/self/exe"));
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, static_cast<std::size_t>(PTHREAD_STACK_MIN));
    pthread_t thread{};
    void* returned = nullptr;
    int const failed = pthread_create(&thread, &small, &call, &it);
    if (failed == 0) pthread_join(thread, &returned);
    fmt::print("a thread of {} bytes: {}\n", static_cast<long>(PTHREAD_STACK_MIN),
               failed != 0       ? std::strerror(failed)
               : returned == &it ? "has called"
                                 : "was lost");
}
