# The compiler matters here: g++ before 14 miscompiles co_await (docs/decisions/0001-toolchain.md).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    message(FATAL_ERROR
        "g++ ${CMAKE_CXX_COMPILER_VERSION} silently miscompiles coroutines that Barid relies on. "
        "Use clang 19: `scripts/setup`, then `cmake --preset dev`.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR
        "Barid needs clang 19 or newer, found ${CMAKE_CXX_COMPILER_VERSION}. "
        "Use `scripts/setup`, then `cmake --preset dev`.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_link_options(-fuse-ld=lld)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    # Paths are taken relative to the checkout, so that a second clone finds the first one's objects.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
        ${CCACHE_PROGRAM})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

# BARID_SANITIZE: a value for -fsanitize=, set by the presets asan, tsan and fuzz.
set(BARID_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
if(BARID_SANITIZE)
    add_compile_options(-fsanitize=${BARID_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${BARID_SANITIZE})
endif()
option(BARID_COVERAGE "Instrument for llvm-cov" OFF)
if(BARID_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
    add_link_options(-fprofile-instr-generate)
endif()
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
