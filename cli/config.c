#include "cli/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

enum sv_err
config_path(char out[static PATH_SIZE])
{
    const char *base = getenv("XDG_CONFIG_HOME");
    char home[PATH_SIZE];
    enum sv_err err;

    if (base != NULL && base[0] == '/')
        return path_join(out, base, "svault/config");
    base = getenv("HOME");
    if (base == NULL || base[0] != '/')
        return SV_ERR_NOT_FOUND;
    err = path_join(home, base, ".config");
    return err != SV_OK ? err : path_join(out, home, "svault/config");
}

static struct bytes
trim(struct bytes t)
{
    while (t.len > 0 && (t.ptr[0] == ' ' || t.ptr[0] == '\t'))
        t = bytes_slice(t, 1, t.len - 1);
    while (t.len > 0 && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '\t'))
        t.len--;
    return t;
}

/* NULL and *reason for what cannot be. */
static const char *
set_path(char out[static PATH_SIZE], struct bytes value)
{
    if (value.len == 0 || value.ptr[0] != '/')
        return N_("not an absolute path");
    return text_copy(value, out, PATH_SIZE) != SV_OK ? N_("too long") : NULL;
}

/* A directory, or where a service is: unix:/PATH, ssh:HOST. */
static bool
is_service(const char *vault)
{
    return strncmp(vault, "unix:/", 6) == 0 || strncmp(vault, "ssh:", 4) == 0;
}

static const char *
set_vault(char out[static PATH_SIZE], struct bytes value)
{
    char text[PATH_SIZE];

    if (text_copy(value, text, sizeof text) != SV_OK || !is_service(text))
        return set_path(out, value);
    return text_copy(value, out, PATH_SIZE) != SV_OK ? N_("too long") : NULL;
}

static const char *
set_lang(char out[static 8], struct bytes value)
{
    if (!text_is(value, "en") && !text_is(value, "ja"))
        return N_("not a language of this program: en or ja");
    return text_copy(value, out, 8) != SV_OK ? N_("too long") : NULL;
}

static enum sv_err
parse_line(struct bytes line, struct config *c, struct diag *where, size_t n)
{
    const char *reason = NULL;
    struct bytes name, value = line;
    char column[NAME_SIZE] = "";

    if (!text_split(&value, '=', &name) || name.len == line.len)
        reason = N_("not of the form \"name = value\"");
    name = trim(name);
    value = trim(value);
    if (reason == NULL && (!text_is_code(name) ||
                           text_copy(name, column, sizeof column) != SV_OK))
        reason = N_("not a setting of this program");
    if (reason == NULL && strcmp(column, "vault") == 0)
        reason =
            c->vault[0] != '\0' ? N_("set twice") : set_vault(c->vault, value);
    else if (reason == NULL && strcmp(column, "key") == 0)
        reason = c->key[0] != '\0' ? N_("set twice") : set_path(c->key, value);
    else if (reason == NULL && strcmp(column, "lang") == 0)
        reason =
            c->lang[0] != '\0' ? N_("set twice") : set_lang(c->lang, value);
    else if (reason == NULL)
        reason = N_("not a setting of this program");
    if (reason == NULL)
        return SV_OK;
    diag_set(where, n, column, reason);
    return SV_ERR_INPUT;
}

enum sv_err
config_load(struct config *out, struct diag *where)
{
    struct config c = {0};
    struct buf text = BUF_INIT;
    struct bytes rest, line;
    char path[PATH_SIZE];
    enum sv_err err;

    err = config_path(path);
    if (err == SV_OK)
        err = file_read(path, CONFIG_MAX, &text);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_OK;
    if (err != SV_OK)
        goto out;
    (void)text_copy(bytes_text(path), where->file, sizeof where->file);
    rest = buf_bytes(&text);
    for (size_t n = 1; err == SV_OK && text_split(&rest, '\n', &line); n++) {
        line = trim(line);
        if (!text_is_utf8(line)) {
            diag_set(where, n, NULL, N_("broken UTF-8 or a NUL"));
            err = SV_ERR_INPUT;
        } else if (line.len > 0 && line.ptr[0] != '#') {
            err = parse_line(line, &c, where, n);
        }
    }
    if (err == SV_OK)
        *out = c;
out:
    buf_free(&text);
    return err;
}

/* The directories down to path's own; private ones where they are new. */
static enum sv_err
make_parents(const char *path)
{
    char dir[PATH_SIZE];
    enum sv_err err = text_copy(bytes_text(path), dir, sizeof dir);

    for (char *at = dir + 1; err == SV_OK && *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(dir, 0700) != 0 && errno != EEXIST)
            err = err_of_errno(errno);
        *at = '/';
    }
    return err;
}

enum sv_err
config_add_path(const char *name, const char *path, bool *added)
{
    char file[PATH_SIZE], whole[PATH_MAX];
    struct config now = {0};
    struct diag where = {0};
    struct buf text = BUF_INIT;
    enum sv_err err;

    err = config_load(&now, &where);
    if (err != SV_OK)
        goto out;
    if ((strcmp(name, "vault") == 0 ? now.vault : now.key)[0] != '\0') {
        *added = false;
        goto out;
    }
    if (is_service(path))
        err = text_copy(bytes_text(path), whole, sizeof whole);
    else if (realpath(path, whole) == NULL)
        err = err_of_errno(errno);
    if (err != SV_OK)
        goto out;
    /* A line break in a path would be a line of the file. */
    if (strchr(whole, '\n') != NULL || !text_is_utf8(bytes_text(whole))) {
        err = SV_ERR_FORMAT;
        goto out;
    }
    err = config_path(file);
    if (err == SV_OK)
        err = file_read(file, CONFIG_MAX, &text);
    if (err == SV_ERR_NOT_FOUND)
        err = make_parents(file);
    if (err == SV_OK && text.len > 0 && text.ptr[text.len - 1] != '\n')
        err = buf_text(&text, "\n");
    if (err == SV_OK)
        err = buf_printf(&text, "%s = %s\n", name, whole);
    if (err == SV_OK)
        err = file_replace(file, 0600, buf_bytes(&text));
    if (err == SV_OK)
        *added = true;
out:
    buf_free(&text);
    return err;
}
