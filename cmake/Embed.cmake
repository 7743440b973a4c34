# Writes the files of schema/ into a C file as byte arrays.
# cmake -DOUT=builtin.c -DDIR=schema -P Embed.cmake

set(text "#include \"vault/builtin.h\"\n")
foreach(file schema.json codes.csv policy.json)
    string(MAKE_C_IDENTIFIER "${file}" name)
    file(READ "${DIR}/${file}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    string(APPEND text
        "\nstatic const uint8_t ${name}[] = {\n${bytes}\n};\n\n"
        "struct bytes\nbuiltin_${name}(void)\n{\n"
        "    return BYTES(${name});\n}\n")
endforeach()
file(WRITE "${OUT}" "${text}")
