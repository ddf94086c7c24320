// A random program of writes to a table, and to a std::map that is the model of the table.
#pragma once

#include "state/table_contents.hpp"

#include <hotswap/table.hpp>

#include <compare>
#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace hotswap_test {

struct old_row {
    std::uint64_t value = 0;
    std::string note;

    old_row() = default;
    /// Throws for the number of `unmakable`.
    explicit old_row(std::uint64_t number) : value(number), note(number % 40, 'n') {
        if (number == unmakable) throw std::runtime_error("this row cannot be made");
    }
    static constexpr std::uint64_t unmakable = 77'777;

    auto operator<=>(old_row const&) const = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& value& note;
    }
};

inline void change(old_row& row, std::uint64_t number) {
    row.value = row.value * 3 + number;
    row.note.assign(number % 30, 'c');
}

template <class Key>
Key make_key(std::uint32_t number) {
    if constexpr (std::is_integral_v<Key>)
        return static_cast<Key>(number);
    else
        return "key " + std::to_string(number);
}

/// Does the same operations on a table and on its model.
template <class Table>
class table_program {
    using key_type = typename Table::key_type;
    using row_type = typename Table::mapped_type;

public:
    table_program(Table& table, std::uint64_t seed, std::uint32_t keys)
        : model(contents(table)), table_(table), random_(seed), keys_(keys) {}

    std::map<key_type, row_type> model;
    /// Answers of the table that differ from the model's.
    std::size_t wrong = 0;

    void run(std::size_t steps) {
        for (std::size_t i = 0; i != steps; ++i) step();
    }

    void step() {
        key_ = make_key<key_type>(below(keys_));
        number_ = below(1000);
        there_ = model.contains(key_);
        auto const choice = below(1000);
        if (choice < 380)
            add(choice % 6);
        else if (choice < 620)
            erase(choice % 4);
        else if (choice < 940)
            visit(choice % 5);
        else if (choice < 980)
            go_wrong(choice % 5);
        else
            change_many(choice % 10);
    }

private:
    void expect(bool as_expected) { wrong += !as_expected; }
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
    row_type made() const { return row_type(number_); }
    auto changing() const {
        return [this](auto& row) { change(row.second, number_); };
    }

    void add(std::uint32_t how) {
        bool added = false;
        switch (how) {
            case 0:
                added = table_.insert(std::pair<key_type, row_type>(key_, made()));
                break;
            case 1:
                added = table_.try_emplace(key_, number_);
                break;
            case 2:
                added = table_.insert_or_visit(std::pair<key_type, row_type>(key_, made()), changing());
                break;
            case 3:
                added = table_.try_emplace_or_visit(key_, number_, changing());
                break;
            default:
                added = table_.insert_or_assign(key_, made());
        }
        expect(added == !there_);
        if (!there_ || how > 3)
            model[key_] = made();
        else if (how > 1)
            change(model[key_], number_);
    }
    void erase(std::uint32_t how) {
        auto const unwanted = [this](auto& row) {
            change(row.second, number_);
            return row.second.value % 2 == 0;
        };
        if (how == 0) {
            auto const erased = table_.erase_if(key_, unwanted);
            bool gone = false;
            if (there_) gone = unwanted(*model.find(key_));
            expect(erased == gone);
            if (gone) model.erase(key_);
        } else {
            expect(table_.erase(key_) == model.erase(key_));
        }
    }
    void visit(std::uint32_t how) {
        if (how == 0) {
            bool same = there_;
            expect(table_.cvisit(key_, [&](auto& row) { same = row.second == model[key_]; }) == there_);
            expect(same == there_);
        } else {
            expect(table_.visit(key_, changing()) == there_);
            if (there_) change(model[key_], number_);
        }
    }
    // Calls that end with an exception, before or after a change.
    void go_wrong(std::uint32_t how) {
        auto const change_and_throw = [this](auto& row) -> bool {
            change(row.second, number_);
            throw std::runtime_error("thrown by a visitor");
        };
        bool thrown = false;
        try {
            if (how == 0)
                table_.visit(key_, change_and_throw);
            else if (how == 1)
                table_.erase_if(key_, change_and_throw);
            else if (how == 2)
                table_.try_emplace_or_visit(key_, number_, change_and_throw);
            else
                table_.try_emplace(key_, old_row::unmakable);
        } catch (std::runtime_error const&) {
            thrown = true;
        }
        expect(thrown == (how > 2 ? !there_ : there_));
        if (how <= 2 && there_) change(model[key_], number_);
        if (how == 2 && !there_) model[key_] = made();
    }
    void change_many(std::uint32_t how) {
        if (how < 4) {
            expect(table_.visit_all(changing()) == model.size());
            for (auto& row : model) change(row.second, number_);
        } else if (how < 8) {
            auto const unwanted = [this](auto& row) { return row.second.value % 4 == number_ % 4; };
            expect(table_.erase_if(unwanted) == std::erase_if(model, unwanted));
        } else if (how == 8) {
            table_.reserve(number_);
        } else if (number_ % 4 == 0) {
            table_.clear();
            model.clear();
        }
        expect(table_.size() == model.size());
    }

    Table& table_;
    std::mt19937_64 random_;
    std::uint32_t keys_;
    key_type key_{};
    std::uint64_t number_ = 0;
    bool there_ = false;
};

}  // namespace hotswap_test
