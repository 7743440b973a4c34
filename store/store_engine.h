#ifndef SV_STORE_STORE_ENGINE_H
#define SV_STORE_STORE_ENGINE_H

#include "store/store.h"

/*
 * What an engine implements; the calls of store.h check and pass on.  An
 * engine sets neither the fields of store_txn nor open, snapshot and unsure.
 */
struct store_ops {
    void (*close)(struct store *s);
    enum sv_err (*begin)(struct store *s, enum store_mode mode,
                         struct store_txn **out);
    enum sv_err (*commit)(struct store_txn *txn); /* frees txn */
    void (*abort)(struct store_txn *txn);         /* frees txn */
    /* Ended by abort. */
    enum sv_err (*snapshot)(struct store *s, struct store_txn **out);
    enum sv_err (*get)(struct store_txn *txn, unsigned table, struct bytes key,
                       struct bytes *value);
    enum sv_err (*put)(struct store_txn *txn, unsigned table, struct bytes key,
                       struct bytes value);
    enum sv_err (*del)(struct store_txn *txn, unsigned table, struct bytes key);
    enum sv_err (*scan)(struct store_txn *txn, unsigned table,
                        struct bytes from, store_scan_fn fn, void *ctx);
    enum sv_err (*last)(struct store_txn *txn, unsigned table,
                        struct bytes *key, struct bytes *value);
    /* NULL: there is nothing to look at. */
    enum sv_err (*check)(struct store *s, struct store_damage *out);
};

/* Engines embed these as their first member. */
struct store {
    const struct store_ops *ops;
    unsigned n_tables;
    struct store_txn *open;     /* the transaction under way, or NULL */
    struct store_txn *snapshot; /* or NULL */
    bool unsure;                /* a commit's outcome is unknown */
};
struct store_txn {
    struct store *store;
    enum store_mode mode;
    uint64_t changes;   /* calls of put and delete */
    enum sv_err failed; /* the error after which only abort is possible */
};

#endif
