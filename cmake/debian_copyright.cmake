# Run by cpack when the files of all packages are in place: gives each the licence where Debian looks for it.
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER "${component}" upper)
    set(place "${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME}")
    file(MAKE_DIRECTORY "${place}")
    file(COPY_FILE "${CMAKE_CURRENT_LIST_DIR}/../LICENSE" "${place}/copyright")
endforeach()
