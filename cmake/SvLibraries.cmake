# What we stand on, with the versions of Debian 12 as the minimum.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
# The version does not tell whether a distribution has mended it: try.
if(NOT CMAKE_CROSSCOMPILING)
    include(CheckCSourceRuns)
    file(READ "${CMAKE_SOURCE_DIR}/cmake/check_sodium.c" check_sodium)
    set(CMAKE_REQUIRED_LIBRARIES PkgConfig::SODIUM)
    check_c_source_runs("${check_sodium}" SV_SODIUM_CHECKS_POINTS)
    unset(CMAKE_REQUIRED_LIBRARIES)
    if(NOT SV_SODIUM_CHECKS_POINTS)
        message(FATAL_ERROR "this libsodium lacks the fix of CVE-2025-69277 "
                            "(Debian 12 has it from 1.0.18-1+deb12u1 on)")
    endif()
endif()
pkg_check_modules(LIBCRYPTO REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(LMDB REQUIRED IMPORTED_TARGET lmdb>=0.9.24)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
# Debian 12 has 2.8.0, whose .pc file says 2.6.0.
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc>=2.6.0)
pkg_check_modules(SMARTCOLS REQUIRED IMPORTED_TARGET smartcols>=2.38)
# Its .pc file has no version of the library; release/workbook.c asks for it.
pkg_check_modules(XLSXWRITER REQUIRED IMPORTED_TARGET xlsxwriter)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5.4)
# The solver of svault-solver.
pkg_check_modules(COIN REQUIRED IMPORTED_TARGET clp>=1.17.6 cbc>=2.10.8)
pkg_check_modules(BSD REQUIRED IMPORTED_TARGET libbsd-overlay>=0.11)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# libcsv has no .pc file.
find_path(CSV_INCLUDE csv.h REQUIRED)
find_library(CSV_LIBRARY csv REQUIRED)
add_library(sv_libcsv INTERFACE)
target_include_directories(sv_libcsv SYSTEM INTERFACE "${CSV_INCLUDE}")
target_link_libraries(sv_libcsv INTERFACE "${CSV_LIBRARY}")

if(BUILD_TESTING)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
endif()
