// Modules with some of their bytes changed.
#pragma once

#include "module/files.hpp"

#include <hotswap/detail/abi/descriptor.hpp>

#include <doctest/doctest.h>

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace test {

template <class T>
T at(bytes const& file, std::size_t offset) {
    T value;
    REQUIRE(offset + sizeof value <= file.size());
    std::memcpy(&value, file.data() + offset, sizeof value);
    return value;
}

template <class T>
void put(bytes& file, std::size_t offset, T value) {
    REQUIRE(offset + sizeof value <= file.size());
    std::memcpy(file.data() + offset, &value, sizeof value);
}

/// The offset of the descriptor's content in a module's file.
inline std::size_t descriptor_at(bytes const& file) {
    auto const magic = std::as_bytes(std::span(&hotswap::abi::descriptor_magic, 1));
    auto const found = std::search(file.begin(), file.end(), magic.begin(), magic.end());
    REQUIRE(found != file.end());
    return static_cast<std::size_t>(found - file.begin());
}

template <class Field>
std::size_t field_at(bytes const& file, Field hotswap::abi::descriptor::*field) {
    static hotswap::abi::descriptor const sample{};
    auto const* const base = reinterpret_cast<std::byte const*>(&sample);
    auto const* const member = reinterpret_cast<std::byte const*>(&(sample.*field));
    return descriptor_at(file) + static_cast<std::size_t>(member - base);
}

/// The module without its seal, so that alterations are judged by their own effect.
inline bytes unsealed(bytes file) {
    put(file, field_at(file, &hotswap::abi::descriptor::sealed), hotswap::abi::seal::none());
    return file;
}

/// Changes every program header of that type.
inline void change_segments(bytes& file, std::uint32_t type, std::function<void(Elf64_Phdr&)> const& change) {
    auto const header = at<Elf64_Ehdr>(file, 0);
    for (std::size_t i = 0; i != header.e_phnum; ++i) {
        auto const where = header.e_phoff + i * sizeof(Elf64_Phdr);
        auto segment = at<Elf64_Phdr>(file, where);
        if (segment.p_type != type) continue;
        change(segment);
        put(file, where, segment);
    }
}

/// Changes every dynamic entry with that tag; returns their number.
inline int change_dynamic(bytes& file, std::int64_t tag, std::function<void(Elf64_Dyn&)> const& change) {
    int count = 0;
    change_segments(file, PT_DYNAMIC, [&](Elf64_Phdr const& segment) {
        for (std::size_t i = 0; i != segment.p_filesz / sizeof(Elf64_Dyn); ++i) {
            auto const where = segment.p_offset + i * sizeof(Elf64_Dyn);
            auto entry = at<Elf64_Dyn>(file, where);
            if (entry.d_tag != tag) continue;
            change(entry);
            put(file, where, entry);
            ++count;
        }
    });
    return count;
}

/// Writes `text` and a zero over the first occurrence of `old`.
inline void overwrite(bytes& file, std::string_view old, std::string_view text) {
    REQUIRE(text.size() <= old.size());
    auto const words = std::as_bytes(std::span(old));
    auto const found = std::search(file.begin(), file.end(), words.begin(), words.end());
    REQUIRE(found != file.end());
    auto const where = static_cast<std::size_t>(found - file.begin());
    std::memcpy(file.data() + where, text.data(), text.size());
    put(file, where + text.size(), '\0');
}

}  // namespace test
