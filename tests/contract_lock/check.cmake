# cmake -D CLAIM=… -D SCRATCH=dir -D HOTSWAP_CMAKE=dir -P check.cmake
# Configures a project whose one header declares a contract, edits the header, configures (or builds) again.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${SCRATCH}")
set(header "${SCRATCH}/source/counter.hpp")
set(lock "${SCRATCH}/source/contract.lock")
set(text [[
#pragma once
#include <hotswap/contract.hpp>

/// What it counts.
struct amount {
    int n = 0;
};

struct counter {
    static constexpr hotswap::contract contract{"demo.counter", 1};
    virtual ~counter() = default;
    virtual amount add(std::string_view key, std::uint64_t n) = 0;
    virtual amount total(std::string_view key) = 0;  // of one key
};
]])
file(WRITE "${SCRATCH}/source/CMakeLists.txt" "
cmake_minimum_required(VERSION 3.25)
project(contracts NONE)
include(\"${HOTSWAP_CMAKE}/hotswap_contract.cmake\")
hotswap_contract(counter.hpp)
add_custom_target(nothing ALL)
")

function(edit from to)
    file(READ "${header}" now)
    string(FIND "${now}" "${from}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "the header does not hold ${from}")
    endif()
    string(REPLACE "${from}" "${to}" now "${now}")
    file(WRITE "${header}" "${now}")
endfunction()

function(run out)
    execute_process(COMMAND "${CMAKE_COMMAND}" ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    set(${out} "${status}" PARENT_SCOPE)
    string(REGEX REPLACE "[ \n]+" " " said "${said}")
    set(said "${said}" PARENT_SCOPE)
endfunction()

# The header is accepted, and contract.lock has that number of contracts afterwards.
function(accepted contracts)
    run(status -G Ninja -S "${SCRATCH}/source" -B "${SCRATCH}/build")
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "refused:\n${said}")
    endif()
    file(STRINGS "${lock}" lines REGEX "^demo[.]counter [0-9]+ [0-9a-f]+$")
    list(LENGTH lines count)
    if(NOT count EQUAL contracts)
        message(FATAL_ERROR "contract.lock has ${count} contracts, not ${contracts}: ${lines}")
    endif()
endfunction()

# The header is refused with these words, and contract.lock does not change.
function(refused)
    file(READ "${lock}" before)
    run(status -G Ninja -S "${SCRATCH}/source" -B "${SCRATCH}/build")
    check_refused(${ARGN})
    file(READ "${lock}" after)
    if(NOT before STREQUAL after)
        message(FATAL_ERROR "contract.lock was changed:\n${after}")
    endif()
endfunction()
function(check_refused)
    if(status EQUAL 0)
        message(FATAL_ERROR "accepted, and should be refused:\n${said}")
    endif()
    foreach(words IN LISTS ARGN)
        string(FIND "${said}" "${words}" at)
        if(at EQUAL -1)
            message(FATAL_ERROR "it does not say \"${words}\" but\n${said}")
        endif()
    endforeach()
endfunction()
set(in_words "the contract demo.counter 1 was changed under the same number" "Raise its number to 2" "was never released")

file(WRITE "${header}" "${text}")
accepted(1)
if(CLAIM STREQUAL new_contract)
    accepted(1)
    edit("virtual amount total" "virtual void reset() = 0;\n    virtual amount total")
    edit("\"demo.counter\", 1" "\"demo.counter\", 2")
    accepted(2)
elseif(CLAIM STREQUAL changed_text)
    # Added in the middle, reordered, another signature: checks at run time do not find all of these.
    edit("virtual amount total" "virtual void reset() = 0;\n    virtual amount total")
    refused(${in_words})
    file(WRITE "${header}" "${text}")
    edit("    virtual amount add(std::string_view key, std::uint64_t n) = 0;\n" "")
    edit("// of one key\n" "\n    virtual amount add(std::string_view key, std::uint64_t n) = 0;\n")
    refused(${in_words})
    file(WRITE "${header}" "${text}")
    edit("std::uint64_t n" "std::uint32_t n")
    refused(${in_words})
    # A contract that never was released.
    file(REMOVE "${lock}")
    accepted(1)
elseif(CLAIM STREQUAL changed_type)
    edit("int n = 0;" "int n = 0;\n    int of = 0;")
    refused(${in_words})
elseif(CLAIM STREQUAL same_text)
    edit("// of one key" "/* the total, of one key; [not of all] */")
    edit("/// What it counts.\n" "")
    edit("virtual ~counter() = default;" "virtual  ~counter( )  =  default ;\n\n")
    edit("#include <hotswap/contract.hpp>" "#include <hotswap/contract.hpp>\n#include <string>")
    accepted(1)
elseif(CLAIM STREQUAL several_contracts)
    edit("};\n" "};\nstruct other {\n    static constexpr hotswap::contract contract{\"demo.other\", 1};\n};\n")
    refused("a header declares one contract")
elseif(CLAIM STREQUAL revision)
    # In a separate header; the header of the extended contract does not change.
    file(WRITE "${SCRATCH}/source/counter_2.hpp" [[
#pragma once
#include "counter.hpp"
struct counter_2 : counter {
    using extends = counter;
    static constexpr hotswap::contract contract{"demo.counter", 2};
    virtual void reset() = 0;
};
]])
    file(APPEND "${SCRATCH}/source/CMakeLists.txt" "hotswap_contract(counter_2.hpp)\n")
    accepted(2)
    edit("std::uint64_t n" "std::uint32_t n")
    refused(${in_words} "`extends` this one")
    file(WRITE "${header}" "${text}")
    accepted(2)
    set(header "${SCRATCH}/source/counter_2.hpp")
    edit("virtual void reset() = 0;" "virtual void reset() = 0; virtual void stop() = 0;")
    refused("the contract demo.counter 2 was changed under the same number" "Raise its number to 3")
elseif(CLAIM STREQUAL rebuild)
    # The build configures anew when the header changes.
    run(status --build "${SCRATCH}/build")
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${said}")
    endif()
    execute_process(COMMAND "${CMAKE_COMMAND}" -E sleep 1.1)  # for file systems with a coarse clock
    edit("std::uint64_t n" "std::uint32_t n")
    run(status --build "${SCRATCH}/build")
    check_refused(${in_words})
else()
    message(FATAL_ERROR "what is ${CLAIM}?")
endif()
