// The component on either state.
#pragma once

#include "ledger.hpp"
#include "states.hpp"

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace books {

template <class Contract, class State, char Release>
class ledger_on : public Contract {
public:
    using state = State;

    ledger_on(hotswap::host&, State& state) : state_(state) {}

    std::uint64_t add(std::string account, std::uint64_t amount) override {
        if (account.empty()) throw std::runtime_error("an account has a name");
        std::uint64_t now = amount;
        state_.accounts.try_emplace_or_visit(account, make_row(amount), [&](auto& entry) {
            now = entry.second.amount += static_cast<decltype(entry.second.amount)>(amount);
        });
        state_.pairs.insert_or_assign(pair{account, now % 8}, now % 2 == 0 ? kind::asset : kind::debt);
        std::lock_guard const lock(mutex_);
        remember(account, now);
        return now;
    }
    std::optional<std::uint64_t> balance(std::string_view account) override {
        std::optional<std::uint64_t> found;
        state_.accounts.cvisit(account, [&](auto const& entry) { found = entry.second.amount; });
        return found;
    }
    std::map<std::string, std::uint64_t> balances() override {
        std::map<std::string, std::uint64_t> all;
        state_.accounts.cvisit_all([&](auto const& entry) { all[entry.first] = entry.second.amount; });
        return all;
    }
    std::vector<std::string> notes() override {
        std::lock_guard const lock(mutex_);
        auto all = state_.text.notes;
        for (auto const& [account, count] : state_.text.by_length)
            all.push_back(account + " " + std::to_string(count));
        for (auto const& [account, numbers] : state_.text.by_account)
            all.push_back(account + " " + std::to_string(numbers.size()));
        all.push_back(std::to_string(state_.text.seen.size()) + " " +
                      std::to_string(state_.text.kinds.size()) + " " +
                      std::to_string(state_.text.opened == nullptr ? 0 : state_.text.opened->year));
        return all;
    }
    void each(std::function<void(std::string const&, std::uint64_t)> const& f) override {
        for (auto const& [account, amount] : balances()) f(account, amount);
    }
    std::string made_by() override { return std::string(compiler) + " " + Release; }

protected:
    State& state_;

private:
    static auto make_row(std::uint64_t amount) {
        if constexpr (Release == '1')
            return v1::row{static_cast<std::uint32_t>(amount)};
        else
            return v2::row{amount, compiler};
    }

    // A few entries in each kind of container, so that every swap moves entries of each kind.
    void remember(std::string const& account, std::uint64_t now) {
        auto& text = state_.text;
        ++text.by_length[account];
        text.from_the_end[account] = static_cast<int>(now % 100);
        if (auto& numbers = text.by_account[account]; numbers.size() < 16) numbers.push_back(now);
        if (text.seen.size() < 16) text.seen.push_back(std::chrono::system_clock::now());
        if (now % 2 == 0)
            text.last = account;
        else
            text.last = static_cast<std::int64_t>(now);
        text.kinds[account] = now % 2 == 0 ? kind::asset : kind::debt;
        if (text.notes.size() < 16) text.notes.push_back(account + " by " + compiler);
        if (text.opened == nullptr) text.opened.reset(new date);
    }

    std::mutex mutex_;
};

}  // namespace books
