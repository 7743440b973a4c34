#include "audit/request.h"

static const struct {
    const char *name;
    unsigned lines;
    bool is_roster;
} acts[ACT_N] = {
    [ACT_GENESIS] = {"genesis", LINE_GENESIS, true},
    [ACT_POLICY] = {"policy", LINE_TEXT, true},
    [ACT_KEYS] = {"keys", LINE_BODY | LINE_KEYS, true},
    [ACT_STAFF_PROPOSE] = {"staff.propose",
                           LINE_PERSON | LINE_SIGN | LINE_BOX | LINE_GRANTS |
                               LINE_UNTIL,
                           true},
    [ACT_STAFF_CONFIRM] = {"staff.confirm",
                           LINE_BODY | LINE_ENTRY | LINE_PERSON | LINE_GRANTS,
                           true},
    [ACT_STAFF_REPLACE] = {"staff.replace", LINE_PERSON | LINE_SIGN | LINE_BOX,
                           true},
    [ACT_STAFF_REINSTATE] = {"staff.reinstate",
                             LINE_BODY | LINE_ENTRY | LINE_PERSON, true},
    [ACT_STAFF_REVOKE] = {"staff.revoke", LINE_PERSON | LINE_GRANTS, true},
    [ACT_STAFF_SUSPEND] = {"staff.suspend", LINE_PERSON, true},
    [ACT_RECORD_CREATE] = {"record.create",
                           LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS |
                               LINE_BODY,
                           false},
    [ACT_RECORD_IMPORT] = {"record.import", LINE_TYPE | LINE_BODY | LINE_COUNT,
                           false},
    [ACT_RECORD_SAVE] = {"record.save",
                         LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS |
                             LINE_BODY,
                         false},
    [ACT_RECORD_READ] = {"record.read",
                         LINE_TYPE | LINE_RECORD | LINE_COMPARTMENTS, false},
    [ACT_RECORD_LIST] = {"record.list", LINE_TYPE | LINE_COUNT | LINE_ENTRY,
                         false},
    [ACT_RECORD_FIND] = {"record.find", LINE_TYPE | LINE_BODY, false},
    [ACT_RECORD_HISTORY] = {"record.history", LINE_TYPE | LINE_RECORD, false},
    [ACT_RECORD_ASSIGN] = {"record.assign",
                           LINE_TYPE | LINE_RECORD | LINE_PERSON, false},
    [ACT_RECORD_UNASSIGN] = {"record.unassign",
                             LINE_TYPE | LINE_RECORD | LINE_PERSON, false},
    [ACT_FLAG_ACKNOWLEDGE] = {"flag.acknowledge", LINE_ENTRY, false},
    [ACT_COUNTS_PREVIEW] = {"counts.preview", LINE_BODY, false},
    [ACT_RELEASE_REQUEST] = {"release.request", LINE_BODY | LINE_PROFILE,
                             false},
    [ACT_RELEASE_LIST] = {"release.list", 0, false},
    [ACT_RELEASE_SHOW] = {"release.show", LINE_ENTRY, false},
    [ACT_RELEASE_ACKNOWLEDGE] = {"release.acknowledge",
                                 LINE_BODY | LINE_COUNT | LINE_ENTRY, false},
    [ACT_RELEASE_APPROVE] = {"release.approve", LINE_BODY | LINE_ENTRY, false},
    [ACT_RELEASE_REFUSE] = {"release.refuse", LINE_ENTRY, false},
    [ACT_RELEASE_FETCH] = {"release.fetch", LINE_ENTRY, false},
    [ACT_LOG_READ] = {"log.read", LINE_COUNT | LINE_ENTRY, false},
    [ACT_STORE_CHECK] = {"store.check", 0, false},
    [ACT_BACKUP_OPEN] = {"backup.open", 0, false},
    [ACT_BACKUP_READ] = {"backup.read", LINE_COUNT | LINE_ENTRY, false},
    [ACT_RESTORE] = {"restore", LINE_RESTORE, true},
};

const char *
request_act_name(enum request_act act)
{
    return (unsigned)act < ACT_N ? acts[act].name : NULL;
}

enum sv_err
request_act_parse(struct bytes name, enum request_act *out)
{
    for (unsigned a = 0; a < ACT_N; a++) {
        if (text_is(name, acts[a].name)) {
            *out = (enum request_act)a;
            return SV_OK;
        }
    }
    return SV_ERR_NOT_FOUND;
}

bool
request_act_changes(enum request_act act)
{
    switch (act) {
    case ACT_RECORD_READ:
    case ACT_RECORD_LIST:
    case ACT_RECORD_FIND:
    case ACT_RECORD_HISTORY:
    case ACT_COUNTS_PREVIEW:
    case ACT_RELEASE_LIST:
    case ACT_RELEASE_SHOW:
    case ACT_RELEASE_FETCH:
    case ACT_LOG_READ:
    case ACT_STORE_CHECK:
    case ACT_BACKUP_OPEN:
    case ACT_BACKUP_READ:
        return false;
    default:
        return true;
    }
}

unsigned
request_act_lines(enum request_act act)
{
    return (unsigned)act < ACT_N ? acts[act].lines : 0;
}

bool
request_act_is_roster(enum request_act act)
{
    return (unsigned)act < ACT_N && acts[act].is_roster;
}
