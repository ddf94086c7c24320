// The module that an operation takes.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hotswap {

/// A module by its file, its release or its family; without any of these it is the newest release of the
/// component's family.
/// A text is read as an operator writes it. "" is the newest release. A text with a slash or the ending ".so"
/// is a file; without a slash and not in the working directory, the file is in the modules directory. "2.1.0"
/// is a release; any other text is a family.
class module_ref {
public:
    enum class kind : std::uint8_t { newest, family, release, file };

    module_ref() noexcept = default;
    /// A text, or a path that is read as its text.
    template <class Text>
    requires(std::convertible_to<Text, std::filesystem::path> &&
             !std::same_as<std::remove_cvref_t<Text>, module_ref>) module_ref(Text&& text)
        : module_ref(parsed(std::filesystem::path(std::forward<Text>(text)).native())) {}

    kind which() const noexcept { return kind_; }
    /// The family, the release or the file; empty for the newest.
    std::string const& text() const noexcept { return text_; }
    bool empty() const noexcept { return kind_ == kind::newest; }

    friend bool operator==(module_ref const&, module_ref const&) = default;
    friend module_ref release(std::string number);
    friend module_ref family(std::string name);

private:
    module_ref(kind which, std::string text) : kind_(which), text_(std::move(text)) {}
    static module_ref parsed(std::string text);

    kind kind_ = kind::newest;
    std::string text_{};
};

/// The release of that number, "2.1.0", of the component's family, in the modules directory.
module_ref release(std::string number);

/// The newest release of another family.
module_ref family(std::string name);

/// A text that `module_ref` reads as the same module.
std::string to_string(module_ref const& module);

}  // namespace hotswap
