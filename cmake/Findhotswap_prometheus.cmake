# The core of prometheus-cpp: target hotswap_prometheus::core. Its own package also asks for the HTTP libraries of its other parts.
find_path(hotswap_prometheus_INCLUDE_DIR prometheus/text_serializer.h)
find_library(hotswap_prometheus_LIBRARY prometheus-cpp-core)
mark_as_advanced(hotswap_prometheus_INCLUDE_DIR hotswap_prometheus_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(hotswap_prometheus
    REQUIRED_VARS hotswap_prometheus_LIBRARY hotswap_prometheus_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "install the development files of prometheus-cpp (Debian: prometheus-cpp-dev)")

if(hotswap_prometheus_FOUND AND NOT TARGET hotswap_prometheus::core)
    add_library(hotswap_prometheus::core UNKNOWN IMPORTED)
    set_target_properties(hotswap_prometheus::core PROPERTIES
        IMPORTED_LOCATION "${hotswap_prometheus_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${hotswap_prometheus_INCLUDE_DIR}")
endif()
