# cmake -D COMPILER=… -D INCLUDES=dir;… -D SOURCE=file.cpp -P check.cmake
# The first line of the source has the words of the compiler's first error (`// expect: words`), and the second may have a text
# that must be anywhere in the output (`// names: type`).
file(STRINGS "${SOURCE}" head LIMIT_COUNT 2)
list(GET head 0 expected)
list(GET head 1 named)
if(NOT expected MATCHES "^// expect: (.+)$")
    message(FATAL_ERROR "${SOURCE} must begin with `// expect: words`")
endif()
set(expected "${CMAKE_MATCH_1}")
if(named MATCHES "^// names: (.+)$")
    set(named "${CMAKE_MATCH_1}")
else()
    set(named "")
endif()

string(REPLACE "\\;" ";" INCLUDES "${INCLUDES}")  # as they come through ctest
list(TRANSFORM INCLUDES PREPEND "-I")
execute_process(
    COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -fdiagnostics-color=never ${INCLUDES} "${SOURCE}"
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(status EQUAL 0)
    message(FATAL_ERROR "it compiles, and should be refused: ${expected}")
endif()
string(REGEX MATCH "[^\n]*error:[^\n]*" first "${output}")
foreach(words IN ITEMS "hotswap:" "${expected}")
    string(FIND "${first}" "${words}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "the first error does not say \"${words}\" but\n${first}\n\n${output}")
    endif()
endforeach()
string(FIND "${output}" "${named}" at)
if(at EQUAL -1)
    message(FATAL_ERROR "nothing names ${named} in\n${output}")
endif()
