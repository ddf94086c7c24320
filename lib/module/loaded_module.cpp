#include "module/loaded_module.hpp"

#include "base/refuse.hpp"
#include "module/left_behind.hpp"
#include "module/loaded_note.hpp"
#include "module/static_block.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/algorithm/string/replace.hpp>
#include <boost/dll/shared_library.hpp>

#include <hotswap/detail/base/open_signals.hpp>

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

namespace hotswap::detail {

struct loaded_module::library {
    boost::dll::shared_library object;
};

namespace {

std::string linkers_words() {
    char const* const words = dlerror();
    return words == nullptr ? "no reason was given" : words;
}

constexpr std::string_view out_of_static_block = "static TLS block";

failure refused_by_linker(staged_file const& file, std::string words, std::uint64_t static_block_bytes) {
    if (static_block_bytes != 0 && words.find(out_of_static_block) != std::string::npos)
        static_block::of_process().refused(static_block_bytes);
    // The linker names the private copy; an operator knows the file by its own name.
    if (auto const at = words.find(file.path().string()); at != std::string::npos)
        words.replace(at, file.path().string().size(), file.name());
    struct cause {
        std::string_view words;
        errc code;
        std::string_view remedy;
    };
    static constexpr cause causes[] = {
        {"undefined symbol", errc::unresolved_symbols,
         "link the library that defines it to the module, or to the host with -rdynamic"},
        {out_of_static_block, errc::load_failed, static_block_remedy},
        {"cannot open shared object file", errc::load_failed,
         "install the missing library in a directory that the linker searches"},
        {"' not found (required by", errc::load_failed,
         "build the module against the libraries of the host, or start the host with newer libraries"},
        {"failed to map segment", errc::load_failed,
         "set runtime_options::staging to a directory from which code may be mapped"},
    };
    auto const known = std::find_if(std::begin(causes), std::end(causes), [&words](cause const& each) {
        return words.find(each.words) != std::string::npos;
    });
    return refuse(known == std::end(causes) ? errc::load_failed : known->code, phase::load,
                  "the dynamic linker refused {}: {}; {}", file.name(), words,
                  known == std::end(causes) ? "build the module on this system, or find the difference "
                                              "between the systems"
                                            : known->remedy);
}

/// Whether the module's descriptor in memory equals the one in its file. The note is found by program
/// headers, as in the file: a tool that moved the note (patchelf) did not change the pointer to it, which
/// then leads to padding.
bool says_the_same(void* handle, abi::module_api const& api, abi::descriptor const& file) {
    auto const note = note_in_memory(handle, abi::note_name, abi::note_type);
    if (!note || note->size() != sizeof file || std::memcmp(note->data(), &file, sizeof file) != 0)
        return false;
    return api.self != nullptr &&
           (api.self->magic != abi::descriptor_magic || std::memcmp(api.self, &file, sizeof file) == 0);
}

/// The segments of the object of `handle`.
std::pair<std::uintptr_t, std::uintptr_t> extent_of(void* handle) {
    link_map* map = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) return {};
    struct search {
        std::uintptr_t address;
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
    } wanted{reinterpret_cast<std::uintptr_t>(map->l_ld)};
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* self) {
            auto& of = *static_cast<search*>(self);
            std::uintptr_t begin = UINTPTR_MAX;
            std::uintptr_t end = 0;
            for (auto const* each = object->dlpi_phdr; each != object->dlpi_phdr + object->dlpi_phnum;
                 ++each) {
                if (each->p_type != PT_LOAD) continue;
                begin = std::min<std::uintptr_t>(begin, object->dlpi_addr + each->p_vaddr);
                end = std::max<std::uintptr_t>(end, object->dlpi_addr + each->p_vaddr + each->p_memsz);
            }
            if (of.address < begin || of.address >= end) return 0;
            of.begin = begin;
            of.end = end;
            return 1;
        },
        &wanted);
    return {wanted.begin, wanted.end};
}

}  // namespace

loaded_module::loaded_module(staged_file file, module_file verified)
    : staged_(std::move(file)), verified_(std::move(verified)), library_(std::make_unique<library>()) {}

namespace {

#if defined(__SANITIZE_THREAD__)
// The lock that the dynamic linker holds meanwhile, where the sanitizer can see it: a module at an address that another thread's
// module has left is no race.
std::recursive_mutex linker;
struct in_linker {
    std::lock_guard<std::recursive_mutex> lock{linker};
};
#else
struct in_linker {
    in_linker() noexcept {}
};
#endif

}  // namespace

loaded_module::~loaded_module() {
    if (uses_.load(std::memory_order_acquire) == 0)
        close();
    else
        static_cast<void>(library_.release());  // a claim was leaked on purpose: the code stays
}

result<std::shared_ptr<loaded_module>> loaded_module::load(staged_file file, module_file verified) {
    std::shared_ptr<loaded_module> made(new loaded_module(std::move(file), std::move(verified)));
    auto const& staged = made->staged_;
    if (staged.is_gone())
        return refuse(errc::staging_failed, phase::load,
                      "the private copy of {} was removed before it could be loaded ({}); exclude its "
                      "directory from automatic cleanup, or set runtime_options::staging",
                      staged.name(), staged.path().string());
    if (!staged.is_unchanged())
        return refuse(
            errc::damaged_module, phase::load,
            "the private copy of {} has changed since it was read and checked: a process with this user's "
            "rights changed {}; find that process",
            staged.name(), staged.path().string());
    namespace dll = boost::dll;
    std::error_code error;
    dlerror();
    {
        in_linker const turn;
        made->library_->object.load(staged.path(), dll::load_mode::rtld_now | dll::load_mode::rtld_local,
                                    error);
    }
    // Boost.DLL reports "Bad file descriptor" for every error, so the linker's own words are read at once.
    if (error) return refused_by_linker(staged, linkers_words(), made->verified_.static_block_bytes);

    auto& object = made->library_->object;
    made->extent_ = extent_of(object.native());
    if (auto const bytes = made->verified_.static_block_bytes; bytes != 0)
        static_block::of_process().took(made.get(), bytes);
    // Their static constructors may already have started threads: if there is no memory to find them, the
    // module must stay.
    made->libraries_.not_kept = "a library";
    made->libraries_ = keep_libraries_of(object.native());
    if (!object.has(abi::entry_symbol))
        return refuse(
            errc::load_failed, phase::load,
            "{} does not export {}; build it with hotswap_add_component, whose version script keeps it",
            staged.name(), abi::entry_symbol);
    auto* const entry = object.get<abi::module_api const*()>(abi::entry_symbol);
    made->api_ = entry();
    auto const* const api = made->api_.load(std::memory_order_relaxed);
    if (api == nullptr || api->abi != abi::number || api->size != sizeof *api ||
        !says_the_same(object.native(), *api, made->verified_.descriptor))
        return refuse(errc::descriptor_changed, phase::load,
                      "the descriptor of {} in memory differs from the one in its file; build it again",
                      staged.name());
    api->leave_open(&own_open_signals);
    made->staged_.let_go_of_bytes();
    return made;
}

void loaded_module::close() noexcept {
    api_.store(nullptr, std::memory_order_release);
    if (!library_ || !library_->object.is_loaded()) return;
    // Code that may be called after this stays mapped: no owner is left to check again.
    held_callbacks_ = callbacks();
    bool const stays =
        verified_.leaves_without_trace || !libraries_.not_kept.empty() || !held_callbacks_.empty();
    if (stays && !keep_for_good(library_->object.native()))
        static_cast<void>(library_.release());
    else
        unmap();
}

void loaded_module::unmap() noexcept {
    {
        in_linker const turn;
        library_->object.unload();
    }
    if (verified_.static_block_bytes != 0 && !is_mapped()) static_block::of_process().gave_back(this);
}

std::string loaded_module::callbacks() const noexcept {
    try {
        return what_calls_into(extent_.first, extent_.second);
    } catch (std::bad_alloc const&) {
        return "not known now";  // short enough to need no memory
    }
}

bool loaded_module::is_mapped() const noexcept try {
    std::ifstream maps("/proc/self/maps");
    auto const path =
        boost::algorithm::replace_all_copy(staged_.path().string(), "\n", "\\012");  // as the map writes it
    for (std::string line; std::getline(maps, line);)
        if (line.find(path) != std::string::npos) return true;
    // A map that could not be read to its end proves nothing.
    return !maps.eof();
} catch (std::exception const&) {
    return true;
}

std::string loaded_module::held_by() const {
    if (!held_callbacks_.empty()) return held_callbacks_;
    std::string text;
    if (!libraries_.not_kept.empty()) text = fmt::format("{}, which it needs", libraries_.not_kept);
    for (auto const& reason : verified_.keeps_mapped) text += (text.empty() ? "" : "; ") + reason;
    if (!text.empty()) return text;
    return access("/proc/self/maps", R_OK) == 0
               ? "another library or an open handle still refers to it"
               : "unknown: /proc/self/maps cannot be read, so nothing is proven";
}

}  // namespace hotswap::detail
