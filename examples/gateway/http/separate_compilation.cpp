// The one place where the code of Asio and Beast is compiled; everything else only sees
// declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
