# hotswap_contract(header…)
#
# Watches the contracts that the headers declare: `static constexpr hotswap::contract contract{"demo.counter", 1}`. The first time, a line
# for each goes into contract.lock next to the header; commit that file with the header: name, number and a digest of the header's text,
# without comments and white space. Configuring fails (and so does the build, which configures anew when the header changes) when the
# text has changed under the same number. hotswap_add_component(… CONTRACT header…) calls this function.
#
# The whole text counts, because types that a contract passes on are part of it: declare one contract per header, with those types.
# Includes do not count: a revision that `extends` a contract has a separate header, which includes the header before.
function(hotswap_contract)
    if(NOT ARGN)
        message(FATAL_ERROR "hotswap_contract(): names no header; write hotswap_contract(header…)")
    endif()
    foreach(header IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
        if(NOT EXISTS "${header}")
            message(FATAL_ERROR "hotswap_contract(): there is no header ${header}")
        endif()
        _hotswap_check_contract("${header}")
        if(NOT CMAKE_SCRIPT_MODE_FILE)
            cmake_path(GET header PARENT_PATH directory)
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}" "${directory}/contract.lock")
        endif()
    endforeach()
endfunction()

# The header's text as the compiler sees it, without the parts that do not matter to callers: comments, white space, includes and pragmas.
function(_hotswap_normal_text header out)
    file(READ "${header}" text)
    string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" " " text "${text}")
    string(REGEX REPLACE "//[^\n]*" "" text "${text}")
    string(REGEX REPLACE "(^|\n)[ \t]*#[ \t]*(include|pragma)[^\n]*" "\n" text "${text}")
    string(REGEX REPLACE "[ \t\r\n]+" " " text "${text}")
    # White space only matters between two words.
    string(REGEX REPLACE " ?([^A-Za-z0-9_ ]) ?" "\\1" text "${text}")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(_hotswap_check_contract header)
    _hotswap_normal_text("${header}" text)
    set(declaration "contract contract[{]\"([^\"]+)\",([0-9]+)[}]")
    string(REGEX MATCHALL "${declaration}" declared "${text}")
    list(LENGTH declared count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "hotswap_contract(${header}): a header declares one contract, `static constexpr hotswap::contract "
            "contract{\"name\", 1}`, and this one ${count}; give each contract a header of its own")
    endif()
    string(REGEX MATCH "${declaration}" declared "${text}")
    set(name "${CMAKE_MATCH_1}")
    set(number "${CMAKE_MATCH_2}")
    string(REPLACE "${declared}" "contract contract" text "${text}")
    string(SHA256 digest "${text}")
    string(SUBSTRING "${digest}" 0 32 digest)

    cmake_path(GET header PARENT_PATH lock)
    cmake_path(APPEND lock "contract.lock")
    set(known "")
    if(EXISTS "${lock}")
        file(STRINGS "${lock}" known)
    endif()
    foreach(line IN LISTS known)
        if(NOT line MATCHES "^([^ #]+) ([0-9]+) ([0-9a-f]+)$")
            continue()
        elseif(CMAKE_MATCH_1 STREQUAL name AND CMAKE_MATCH_2 EQUAL number)
            if(CMAKE_MATCH_3 STREQUAL digest)
                return()
            endif()
            math(EXPR next "${number} + 1")
            message(FATAL_ERROR "hotswap: the contract ${name} ${number} was changed under the same number, in ${header}: hosts and "
                "modules that were built with the earlier text would call the wrong functions. Raise its number to ${next}; or, if "
                "${name} ${number} was never released, delete its line from ${lock}. To add functions after all others, declare "
                "${name} ${next} in a separate header: it `extends` this one and serves the hosts of both")
        endif()
    endforeach()
    if(NOT known)
        file(WRITE "${lock}" "# Contracts as they were released: name, number, digest of the header (hotswap_contract). Commit this file.\n")
    endif()
    file(APPEND "${lock}" "${name} ${number} ${digest}\n")
    message(STATUS "hotswap: the contract ${name} ${number} is new in ${lock}")
endfunction()
