# Linked by every target of ours; never by anything that others consume.
add_library(barid_warnings INTERFACE)
target_compile_options(barid_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
