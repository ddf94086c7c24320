// The one place where the code of Asio, Beast and Boost.URL is compiled; everything else only sees
// declarations.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/url/src.hpp>
