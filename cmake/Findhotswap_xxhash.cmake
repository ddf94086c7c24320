# xxHash's header, used inline by the library's own sources only; a consumer of the package does not need it.
find_path(hotswap_xxhash_INCLUDE_DIR xxhash.h)
mark_as_advanced(hotswap_xxhash_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hotswap_xxhash
    REQUIRED_VARS hotswap_xxhash_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "install xxHash's development files (Debian: libxxhash-dev)")
