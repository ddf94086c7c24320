// SQLite's handles with owners, and its error codes as exceptions. They stay within the tier on disk.
#pragma once

#include "cache/disk/sqlite_library.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hotswap::plugins {

/// An error of SQLite.
class sqlite_failure : public std::runtime_error {
public:
    sqlite_failure(int code, std::string const& text) : std::runtime_error(text), code_(code & 0xff) {}
    /// Whether the file's content is to blame, and not its surroundings.
    bool is_damage() const noexcept { return code_ == SQLITE_CORRUPT || code_ == SQLITE_NOTADB; }
    bool is_conflict() const noexcept { return code_ == SQLITE_CONSTRAINT; }

private:
    int code_;  // the primary one
};

/// One run of a statement, which is reset at its end.
class sqlite_run {
public:
    /// `values`, numbers or bytes, are bound to the parameters in their order.
    /// Lifetime: bytes outlive the run.
    template <class... Values>
    explicit sqlite_run(sqlite3_stmt* of, Values const&... values) : of_(of) {
        int place = 0;
        (bind(++place, values), ...);
    }
    sqlite_run(sqlite_run const&) = delete;
    sqlite_run& operator=(sqlite_run const&) = delete;
    ~sqlite_run() {
        sqlite().reset(of_);
        sqlite().clear_bindings(of_);
    }

    /// Whether there is one more row. Errors: sqlite_failure.
    bool next() {
        int const code = sqlite().step(of_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
        return code == SQLITE_ROW;
    }
    std::int64_t number(int column) const noexcept { return sqlite().column_int64(of_, column); }
    /// Lifetime: until the next call of `next`.
    std::string_view bytes(int column) const noexcept {
        auto const* const data = static_cast<char const*>(sqlite().column_blob(of_, column));
        if (data == nullptr) return {};
        return {data, static_cast<std::size_t>(sqlite().column_bytes(of_, column))};
    }

private:
    void check(int code) const {
        if (code != SQLITE_OK) throw sqlite_failure(code, sqlite().errmsg(sqlite().db_handle(of_)));
    }
    void bind(int place, std::int64_t number) { check(sqlite().bind_int64(of_, place, number)); }
    void bind(int place, std::string_view bytes) {
        char const* const data = bytes.data() == nullptr ? "" : bytes.data();
        check(sqlite().bind_blob64(of_, place, data, bytes.size(), SQLITE_STATIC));
    }

    sqlite3_stmt* of_;
};

/// A statement that is prepared once.
class sqlite_statement {
public:
    /// Errors:   sqlite_failure
    sqlite_statement(sqlite3* in, std::string_view text) {
        sqlite3_stmt* made = nullptr;
        int const code = sqlite().prepare_v3(in, text.data(), static_cast<int>(text.size()),
                                             SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        held_.reset(made);
        if (code != SQLITE_OK) throw sqlite_failure(code, sqlite().errmsg(in));
    }
    template <class... Values>
    sqlite_run run(Values const&... values) {
        return sqlite_run(held_.get(), values...);
    }
    sqlite3_stmt* get() const noexcept { return held_.get(); }

private:
    struct finalize {
        void operator()(sqlite3_stmt* held) const noexcept { sqlite().finalize(held); }
    };
    std::unique_ptr<sqlite3_stmt, finalize> held_;
};

/// A connection. Threads: one at a time.
class sqlite_database {
public:
    /// Opens an existing file.
    /// Errors:   sqlite_failure
    explicit sqlite_database(std::filesystem::path const& file) {
        sqlite3* made = nullptr;
        int const code =
            sqlite().open_v2(file.c_str(), &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
        held_.reset(made);
        if (code != SQLITE_OK)
            throw sqlite_failure(code, made == nullptr ? sqlite().errstr(code) : sqlite().errmsg(made));
        sqlite().extended_result_codes(made, 1);
    }
    /// Runs statements without results. Errors: sqlite_failure.
    void execute(char const* statements) {
        if (int const code = sqlite().exec(get(), statements, nullptr, nullptr, nullptr); code != SQLITE_OK)
            throw sqlite_failure(code, sqlite().errmsg(get()));
    }
    sqlite3* get() const noexcept { return held_.get(); }

private:
    struct close {
        void operator()(sqlite3* held) const noexcept { sqlite().close_v2(held); }
    };
    std::unique_ptr<sqlite3, close> held_;
};

}  // namespace hotswap::plugins
