#include "cache/disk/sqlite_library.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace hotswap::plugins {

namespace {

constexpr char const* file = "libsqlite3.so.0";
constexpr int oldest = 3'035'000;  // DELETE … RETURNING

template <class Function>
void find(void* library, char const* name, Function& into) {
    into = reinterpret_cast<Function>(dlsym(library, name));
    if (into == nullptr) throw std::runtime_error(std::string(file) + " has no " + name);
}

sqlite_library load() {
    void* const from = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (from == nullptr) throw std::runtime_error(std::string("install SQLite: ") + dlerror());
    sqlite_library all;
    find(from, "sqlite3_libversion_number", all.libversion_number);
    if (int const version = all.libversion_number(); version < oldest)
        throw std::runtime_error("SQLite is version " + std::to_string(version) + ", expected at least " +
                                 std::to_string(oldest));
    find(from, "sqlite3_open_v2", all.open_v2);
    find(from, "sqlite3_close_v2", all.close_v2);
    find(from, "sqlite3_exec", all.exec);
    find(from, "sqlite3_errmsg", all.errmsg);
    find(from, "sqlite3_errstr", all.errstr);
    find(from, "sqlite3_extended_result_codes", all.extended_result_codes);
    find(from, "sqlite3_db_config", all.db_config);
    find(from, "sqlite3_db_handle", all.db_handle);
    find(from, "sqlite3_db_readonly", all.db_readonly);
    find(from, "sqlite3_busy_timeout", all.busy_timeout);
    find(from, "sqlite3_get_autocommit", all.get_autocommit);
    find(from, "sqlite3_changes", all.changes);
    find(from, "sqlite3_file_control", all.file_control);
    find(from, "sqlite3_wal_hook", all.wal_hook);
    find(from, "sqlite3_wal_checkpoint_v2", all.wal_checkpoint_v2);
    find(from, "sqlite3_prepare_v3", all.prepare_v3);
    find(from, "sqlite3_finalize", all.finalize);
    find(from, "sqlite3_step", all.step);
    find(from, "sqlite3_reset", all.reset);
    find(from, "sqlite3_clear_bindings", all.clear_bindings);
    find(from, "sqlite3_bind_int64", all.bind_int64);
    find(from, "sqlite3_bind_blob64", all.bind_blob64);
    find(from, "sqlite3_column_int64", all.column_int64);
    find(from, "sqlite3_column_blob", all.column_blob);
    find(from, "sqlite3_column_bytes", all.column_bytes);
    return all;
}

}  // namespace

sqlite_library const& sqlite() {
    static sqlite_library const loaded = load();
    return loaded;
}

}  // namespace hotswap::plugins
