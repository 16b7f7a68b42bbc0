#include "admin/console.hpp"
