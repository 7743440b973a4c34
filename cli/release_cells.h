#ifndef SV_CLI_RELEASE_CELLS_H
#define SV_CLI_RELEASE_CELLS_H

#include "cli/app.h"
#include "counts/risk.h"

/*
 * The unsafe cells of a release, as people see and acknowledge them.  spec:
 * what was asked for; it has the words for the figures.
 */
enum sv_err release_cells_print(struct app *app, const struct schema *schema,
                                struct bytes spec, const struct risk_list *l);
json_t *release_cells_json(const struct risk_list *l);
size_t release_cells_unsafe(const struct risk_list *l); /* how many */
/* Each figure beside what it would be for the public. */
enum sv_err release_cells_print_rounded(struct app *app,
                                        const struct schema *schema,
                                        struct bytes spec,
                                        const struct risk_list *l);
json_t *release_cells_rounded_json(const struct risk_list *l);

/*
 * Ask about each cell of the encoded list, or none with all, and acknowledge
 * them.  Reports, with how to go on: the request stands whatever happens.
 */
enum exit_code release_cells_acknowledge(struct session *s, uint64_t number,
                                         struct bytes spec, struct bytes cells,
                                         bool all);

#endif
