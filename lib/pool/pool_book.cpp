#include "pool/pool_book.hpp"

#include "base/refuse.hpp"
#include "pool/described.hpp"
#include "pool/file_image.hpp"
#include "pool/file_steps.hpp"
#include "report/json_reader.hpp"
#include "report/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace hotswap::detail {

namespace {

namespace fs = std::filesystem;

fs::path records_of(fs::path const& directory) { return directory / "pools.json"; }

result<void> make_directory(fs::path const& path) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return file_failed("make the directory", path, errno);
    return {};
}

// What is in it is run as this user later: no other user may write it.
result<void> expect_ours(fs::path const& path) {
    struct ::stat found {};
    if (::lstat(path.c_str(), &found) != 0) return file_failed("look at", path, errno);
    bool const is_ours = S_ISDIR(found.st_mode) && (found.st_uid == ::geteuid() || found.st_uid == 0);
    if (is_ours && (found.st_mode & 022U) == 0) return {};
    return refuse(errc::pool_refused, phase::none,
                  "the state directory {} must be a directory of this user that others cannot write; chmod "
                  "700 it, or name another one",
                  path.native());
}

// A power failure may lose a directory, with all that was synced in it, until its name is on disk too, and so may those above it. The first
// record is written after this: where there is one, they are on disk.
result<void> expect_lasting(fs::path const& path) {
    struct ::stat found {};
    if (::lstat(records_of(path).c_str(), &found) == 0) return {};
    return sync_file_system(path);
}

result<pool_records> read_records(fs::path const& file) {
    pool_records made;
    std::error_code error;
    if (!fs::exists(file, error) && !error) return made;
    auto const text = read_text(file);
    if (!text) return refuse(errc::pool_failed, phase::none, "{}", text.error().message);
    boost::system::error_code wrong;
    auto const value = boost::json::parse(*text, wrong);
    json_reader reader(true);
    if (!wrong && reader.read(value, made)) return made;
    return refuse(errc::pool_damaged, phase::none,
                  "{} cannot be understood ({}); it stays as it is: put back a copy of it, or move it away, "
                  "and all pools count as never "
                  "applied",
                  file.native(), wrong ? wrong.message() : reader.wrong());
}

// Waits in short steps, so that it can be asked to stop: another process may hold it for as long as a closure takes.
result<void> lock_whole(fs::path const& path, int file, std::stop_token const& stop) {
    constexpr std::chrono::milliseconds between_locks{10};
    while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return file_failed("lock", path, errno);
        if (stop.stop_requested())
            return refuse(errc::aborted, phase::none, "it was asked to stop while another run had {}",
                          path.parent_path().native());
        std::this_thread::sleep_for(between_locks);
    }
    return {};
}

}  // namespace

result<pool_book> pool_book::open(fs::path const& where, std::stop_token const& stop) {
    auto const directory = fs::absolute(where);
    if (auto made = make_directory(directory); !made) return made.error();
    if (auto ours = expect_ours(directory); !ours) return ours.error();
    auto const lock_file = directory / "lock";
    file_descriptor lock(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!lock) return file_failed("open", lock_file, errno);
    if (auto locked = lock_whole(lock_file, lock.get(), stop); !locked) return locked.error();
    pool_book made(directory, std::move(lock));
    if (auto there = make_directory(made.transactions()); !there) return there.error();
    if (auto lasting = expect_lasting(directory); !lasting) return lasting.error();
    auto records = read_records(records_of(directory));
    if (!records) return records.error();
    made.records_ = std::move(*records);
    return made;
}

result<std::vector<pool_record>> pool_book::read(fs::path const& directory) {
    auto records = read_records(records_of(directory));
    if (!records) return records.error();
    return std::move(records->pools);
}

pool_record const* pool_book::find(std::string_view id) const {
    auto const found = std::ranges::find(records_.pools, id, &pool_record::id);
    return found == records_.pools.end() ? nullptr : &*found;
}

result<std::uint64_t> pool_book::next_transaction() {
    auto next = records_;
    ++next.last_transaction;
    if (auto saved = save(next); !saved) return saved.error();
    records_ = std::move(next);
    return records_.last_transaction;
}

result<void> pool_book::put(pool_record record) {
    auto next = records_;
    auto const found = std::ranges::find(next.pools, record.id, &pool_record::id);
    if (found == next.pools.end())
        next.pools.push_back(std::move(record));
    else
        *found = std::move(record);
    if (auto saved = save(next); !saved) return saved;
    records_ = std::move(next);
    return {};
}

result<void> pool_book::save(pool_records const& next) {
    return write_record(records_of(directory_), boost::json::serialize(json_writer()(next)) + "\n");
}

}  // namespace hotswap::detail
