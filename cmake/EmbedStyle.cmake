# Writes a style sheet into a C file, with the SHA-256 by which a page's
# Content-Security-Policy allows it.
# cmake -DOUT=page_style.c -DIN=page.css -P EmbedStyle.cmake

file(READ "${IN}" hex HEX)
file(SHA256 "${IN}" sum)
foreach(name hex sum)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," ${name} "${${name}}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" ${name} "${${name}}")
endforeach()
file(WRITE "${OUT}" "#include \"release/page_style.h\"

static const uint8_t text[] = {
${hex}
};

static const uint8_t sum[] = {
${sum}
};

struct bytes
page_style(void)
{
    return BYTES(text);
}

struct bytes
page_style_sha256(void)
{
    return BYTES(sum);
}
")
