# Compiler and linker flags, on one interface target that all of ours link.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported()

add_library(sv_flags INTERFACE)
target_include_directories(sv_flags INTERFACE "${CMAKE_SOURCE_DIR}"
                                              "${CMAKE_BINARY_DIR}")
target_compile_definitions(sv_flags INTERFACE _GNU_SOURCE
                                              SV_VERSION="${PROJECT_VERSION}")
target_compile_options(sv_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wvla -Wundef
    -Wwrite-strings -Wpointer-arith -Wcast-qual -Wformat=2
    -Werror=incompatible-pointer-types -Werror=implicit-function-declaration
    -fstack-protector-strong -fstack-clash-protection -fno-strict-overflow
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
check_c_compiler_flag(-fcf-protection SV_HAS_CF_PROTECTION) # x86 alone
if(SV_HAS_CF_PROTECTION)
    target_compile_options(sv_flags INTERFACE -fcf-protection)
endif()
target_link_options(sv_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(SV_WERROR)
    target_compile_options(sv_flags INTERFACE -Werror)
endif()
if(SV_SANITIZE)
    target_compile_options(sv_flags INTERFACE -fsanitize=${SV_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(sv_flags INTERFACE -fsanitize=${SV_SANITIZE})
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(sv_flags INTERFACE
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(SV_FUZZ)
    target_compile_options(sv_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# A program that wipes whatever it frees; a sanitizer has a heap of its own.
function(sv_wipes_what_it_frees target)
    if(NOT SV_SANITIZE)
        target_sources(${target} PRIVATE "${CMAKE_SOURCE_DIR}/base/free_wipes.c")
    endif()
endfunction()

# One static library per folder, with the layers that it may use.
function(sv_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;USES;PACKAGES" ${ARGN})
    add_library(sv_${name} STATIC ${arg_SOURCES})
    target_link_libraries(sv_${name} PUBLIC sv_flags ${arg_PACKAGES})
    foreach(layer IN LISTS arg_USES)
        target_link_libraries(sv_${name} PUBLIC sv_${layer})
    endforeach()
endfunction()
