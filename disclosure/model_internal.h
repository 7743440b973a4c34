#ifndef SV_DISCLOSURE_MODEL_INTERNAL_H
#define SV_DISCLOSURE_MODEL_INTERNAL_H

#include "disclosure/model.h"

/* For model*.c only. */

/* Fills axes, sets and set_of. */
enum sv_err model_make_sets(struct model *m);
/* Fills n_atoms, members, ties and statements. */
enum sv_err model_make_atoms(struct model *m);

#endif
