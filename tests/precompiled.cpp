// Nothing but the headers that CMakeLists.txt has compiled with it.
