# libsodium without pkg-config: target hotswap_sodium::sodium. The name has a prefix, so that no other FindSodium is used instead.
find_path(hotswap_sodium_INCLUDE_DIR sodium.h)
find_library(hotswap_sodium_LIBRARY sodium)
mark_as_advanced(hotswap_sodium_INCLUDE_DIR hotswap_sodium_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hotswap_sodium
    REQUIRED_VARS hotswap_sodium_LIBRARY hotswap_sodium_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "install libsodium's development files (Debian: libsodium-dev)")

if(hotswap_sodium_FOUND AND NOT TARGET hotswap_sodium::sodium)
    add_library(hotswap_sodium::sodium UNKNOWN IMPORTED)
    set_target_properties(hotswap_sodium::sodium PROPERTIES
        IMPORTED_LOCATION "${hotswap_sodium_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${hotswap_sodium_INCLUDE_DIR}")
endif()
