// SQLite, loaded when the tier on disk is first used: a host that does without the tier does without the library.
#pragma once

#include <sqlite3.h>

namespace hotswap::plugins {

/// The functions of SQLite that the tier calls.
struct sqlite_library {
    decltype(&sqlite3_libversion_number) libversion_number = nullptr;
    decltype(&sqlite3_open_v2) open_v2 = nullptr;
    decltype(&sqlite3_close_v2) close_v2 = nullptr;
    decltype(&sqlite3_exec) exec = nullptr;
    decltype(&sqlite3_errmsg) errmsg = nullptr;
    decltype(&sqlite3_errstr) errstr = nullptr;
    decltype(&sqlite3_extended_result_codes) extended_result_codes = nullptr;
    decltype(&sqlite3_db_config) db_config = nullptr;
    decltype(&sqlite3_db_handle) db_handle = nullptr;
    decltype(&sqlite3_db_readonly) db_readonly = nullptr;
    decltype(&sqlite3_busy_timeout) busy_timeout = nullptr;
    decltype(&sqlite3_get_autocommit) get_autocommit = nullptr;
    decltype(&sqlite3_changes) changes = nullptr;
    decltype(&sqlite3_file_control) file_control = nullptr;
    decltype(&sqlite3_wal_hook) wal_hook = nullptr;
    decltype(&sqlite3_wal_checkpoint_v2) wal_checkpoint_v2 = nullptr;
    decltype(&sqlite3_prepare_v3) prepare_v3 = nullptr;
    decltype(&sqlite3_finalize) finalize = nullptr;
    decltype(&sqlite3_step) step = nullptr;
    decltype(&sqlite3_reset) reset = nullptr;
    decltype(&sqlite3_clear_bindings) clear_bindings = nullptr;
    decltype(&sqlite3_bind_int64) bind_int64 = nullptr;
    decltype(&sqlite3_bind_blob64) bind_blob64 = nullptr;
    decltype(&sqlite3_column_int64) column_int64 = nullptr;
    decltype(&sqlite3_column_blob) column_blob = nullptr;
    decltype(&sqlite3_column_bytes) column_bytes = nullptr;
};

/// The library of this process.
/// Effects:  the first call in a module loads it, and it stays loaded: SQLite's locks are right only if all connections of a
///           process share one copy of it, those of a retired generation too.
/// Errors:   std::runtime_error if there is none, or one older than 3.35; none once it is loaded.
/// Threads:  [any]
sqlite_library const& sqlite();

}  // namespace hotswap::plugins
