// Boost.Asio's TLS sources, compiled once, as base/asio.cpp does with the rest.
#include <boost/asio/ssl/impl/src.hpp>
