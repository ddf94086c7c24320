#include "rehearsal/frame_rehearsal.hpp"

#include "base/refuse.hpp"
#include "module/module_source.hpp"
#include "rehearsal/helper_environment.hpp"
#include "rehearsal/helper_process.hpp"
#include "rehearsal/helper_report.hpp"
#include "rehearsal/helper_request.hpp"

#include <hotswap/detail/state/frame.hpp>

#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace hotswap::detail {

namespace fs = std::filesystem;

namespace {

result<file_descriptor> make_request(fs::path const& module_path, frame const& state,
                                     helper_limits const& limits, arguments const& given,
                                     settings const& with) {
    auto const packed_arguments = pack_arguments(given);
    auto const packed_settings = pack_arguments(with);
    auto const origin = fs::absolute(module_path).parent_path().string();
    auto head = begin_request(rehearsal_options{}, limits, std::chrono::system_clock::now());
    head.version = state.version;
    head.argument_count = static_cast<std::uint32_t>(given.size());
    head.argument_bytes = packed_arguments.size();
    head.setting_count = static_cast<std::uint32_t>(with.size());
    head.setting_bytes = packed_settings.size();
    head.origin_bytes = origin.size();
    head.payload_bytes = state.payload.size();
    std::array const parts{std::as_bytes(std::span(&head, 1)), std::span<std::byte const>(packed_arguments),
                           std::span<std::byte const>(packed_settings), std::as_bytes(std::span(origin)),
                           state.payload};
    return seal_in_memory(parts);
}

result<migration_path> attempt(fs::path const& module_path, module_file const& module, fs::path const& helper,
                               fs::path const& frame_path, arguments const& given, settings const& with,
                               std::vector<std::string>& log) {
    auto const bytes = read_regular_file(frame_path);
    if (!bytes) return bytes.error();
    auto const state = read_frame(*bytes);
    if (!state) return state.error();
    auto const name = module_path.filename().string();
    auto path = find_import_path({state->schema, state->version, state->layout}, module, name);
    if (!path) return path;
    rehearsal_options const usual;
    auto const limits = limits_for(usual, state->payload.size());
    auto const request = make_request(module_path, *state, limits, given, with);
    if (!request) return request.error();
    auto const ended =
        run_helper(helper, {fs::absolute(module_path).string()}, helper_environment(usual), *request,
                   wire::longest_report, std::chrono::steady_clock::now() + limits.deadline);
    if (!ended) return ended.error();
    auto told = read_report(ended->written);
    log = std::move(told.log);
    if (auto const passed = check_report(told, *ended, limits, name); !passed) return passed.error();
    return path;
}

}  // namespace

result<module_file> read_module_to_try(fs::path const& file) {
    module_policy policy;
    policy.check_ownership = false;  // as the build left it
    auto source = read_module(file, policy);
    if (!source) return source.error();
    return verify_module(source->bytes, file.filename().string(), policy);
}

result<migration_path> try_frame(fs::path const& module_path, module_file const& module,
                                 fs::path const& helper, fs::path const& frame, arguments const& given,
                                 settings const& with, std::vector<std::string>& log) {
    auto tried = attempt(module_path, module, helper, frame, given, with, log);
    if (tried) return tried;
    auto why = tried.error();
    // A file that cannot be read is named already.
    if (why.message.find(frame.native()) == std::string::npos)
        why.message = frame.native() + ": " + why.message;
    return why;
}

}  // namespace hotswap::detail
