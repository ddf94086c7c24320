// Empty: only for the headers that CMakeLists.txt precompiles with this file.
