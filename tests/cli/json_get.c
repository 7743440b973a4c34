#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/*
 * json_get PATH < FILE: the input must be exactly one JSON value; print what
 * PATH names in it ("a.0.b"; "" is all of it): a text or number as it is, a
 * list or object as its number of members.  Exit code 1 where anything is
 * wrong or absent.
 */
static const json_t *
step(const json_t *at, const char *name)
{
    if (json_is_array(at))
        return json_array_get(at, strtoul(name, NULL, 10));
    return json_object_get(at, name);
}

static void
print(const json_t *v)
{
    if (json_is_string(v))
        (void)printf("%s\n", json_string_value(v));
    else if (json_is_integer(v))
        (void)printf("%lld\n", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        (void)puts(json_is_true(v) ? "true" : "false");
    else if (json_is_null(v))
        (void)puts("null");
    else if (json_is_array(v))
        (void)printf("%zu\n", json_array_size(v));
    else
        (void)printf("%zu\n", json_object_size(v));
}

int
main(int argc, char **argv)
{
    json_error_t error;
    json_t *all =
        json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    const json_t *at = all;

    if (argc != 2)
        return 2;
    if (all == NULL) {
        (void)fprintf(stderr, "json_get: %d: %s\n", error.line, error.text);
        return 1;
    }
    for (char *name = strtok(argv[1], "."); name != NULL && at != NULL;
         name = strtok(NULL, "."))
        at = step(at, name);
    if (at != NULL)
        print(at);
    json_decref(all);
    return at != NULL ? 0 : 1;
}
