// Compiles the code of Asio and Beast, only here; all other sources see only
// declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
