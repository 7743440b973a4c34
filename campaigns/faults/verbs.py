"""The commands that meet the faults; each from the same office."""
import os


class Verb:
    """
    argv: without the program; vault: whose log the auditor looks at after it
    (None: it is about no vault); shows: the acts of which one must stand in
    the log before content may be seen (empty: it has none to show); remedy:
    the words with which the same command says that something of it is there
    already or left over, and (group 1, if any) what to remove first; look:
    what must succeed where the verb is done; optional: acts that it may leave
    out; after: what is done to the copy of the office before;
    varies: its figures are this machine's.
    """

    def __init__(self, name, *argv, program="svault", give=b"", secret=None,
                 shows=(), vault="office", remedy=None, look=None, code=0,
                 optional=(), after=None,
                 varies=False):
        self.name, self.argv, self.program = name, list(argv), program
        self.give, self.secret, self.shows = give, secret, shows
        self.vault, self.remedy, self.look = vault, remedy, look
        self.code, self.optional, self.after = code, optional, after
        self.varies = varies

    def skips(self, fault):
        """Is it not for this verb?"""
        return False

    def run(self, office, fault=None):
        program = {"svault": office.svault, "svaultd": office.svaultd,
                   "svault-audit": office.audit,
                   "sv_careless": office.careless}[self.program]
        return office.engine.run([program, *self.argv], fault, self.give,
                                 self.secret)


def as_(who, *argv):
    return ("--key", f"{who}.key", "--no-input", *argv)


def small_verbs(o):
    """Keys, states, staff and single records."""
    yield Verb("key new", "key", "new", "new.key", "--name", "neu",
               "--unprotected", "--json", vault=None,
               look="key show new.key",
               remedy=r"(new\.key\S*): exists already")
    yield Verb("status", *as_("sato", "status"))
    yield Verb("whoami", *as_("sato", "whoami"))
    yield Verb("doctor", *as_("mori", "--vault", "office", "doctor"),
               varies=True)
    yield Verb("staff list", *as_("mori", "staff", "list"))
    yield Verb("staff propose", *as_("kudo", "staff", "propose", "oka.key.pub",
                                     "--role", "intake", "--json"))
    yield Verb("staff confirm", *as_("mori", "staff", "confirm", "tani",
                                     "--fingerprint", o.tani))
    yield Verb("staff reinstate", *as_("mori", "staff", "confirm", "abe",
                                       "--fingerprint", o.abe, "--json"))
    yield Verb("staff revoke", *as_("kudo", "staff", "revoke", "ueda",
                                    "--yes", "--json"))
    yield Verb("staff suspend", *as_("mori", "staff", "suspend", "ueda"))
    yield Verb("record add", *as_("sato", "record", "add", "victim", "--from",
                                  "one.csv", "--json"),
               optional=["record.find"])
    yield Verb("record edit", "--key", "sato.key", "record", "edit", o.record,
               "-c", "facts", give=b"female\n.\nyes\n", shows=["record.read"])
    yield Verb("record show", *as_("sato", "record", "show", o.record),
               shows=["record.read"])
    yield Verb("record show --json",
               *as_("sato", "record", "show", o.record, "--json"),
               shows=["record.read"])
    yield Verb("record list", *as_("sato", "record", "list", "victim",
                                   "--limit", "5"), shows=["record.read"])
    yield Verb("record find", "--key", "sato.key", "record", "find", "victim",
               give=b"C-9\n", shows=["record.read"])
    yield Verb("record history", *as_("sato", "record", "history", o.record))
    yield Verb("record assign", *as_("mori", "record", "assign", o.record,
                                     "wada"))
    yield Verb("record unassign", *as_("mori", "record", "unassign", o.record,
                                       "ueda"))


def figure_verbs(o):
    yield Verb("report annual", *as_("toda", "report", "annual", "--year",
                                     "2022", "--json"))
    yield Verb("release request exact",
               *as_("toda", "release", "request", "annual", "--year", "2022",
                    "--profile", "exact", "--basis", "Action Plan",
                    "--acknowledge", "all", "--json"),
               optional=["release.show"])  # whether it was made, where in doubt
    yield Verb("release request public",
               *as_("toda", "release", "request", "all.counts", "--json"),
               optional=["release.show"])
    yield Verb("release show", *as_("hara", "release", "show", o.waiting,
                                    "--json"), shows=["release.show"])
    yield Verb("release approve", *as_("hara", "release", "approve", o.waiting,
                                       "--commitment", o.commit))
    yield Verb("release fetch", *as_("toda", "release", "fetch", o.fetched,
                                     "-o", "again"), shows=["release.fetch"],
               remedy=r"(again): ")


def log_verbs(_):
    yield Verb("log list", *as_("nagai", "log", "list", "--limit", "10"))
    yield Verb("log verify", *as_("nagai", "log", "verify"))
    yield Verb("log export", *as_("nagai", "log", "export", "log-3"))
    yield Verb("log export more", *as_("nagai", "log", "export", "log-2"))
    yield Verb("log prove", *as_("nagai", "log", "prove", "5", "-o",
                                 "fifth.tlog-proof"),
               remedy=r"(fifth\.\S*): exists already")
    yield Verb("log witness request",
               *as_("nagai", "log", "witness", "-o", "request-2"),
               remedy=r"(request-2): exists already")
    yield Verb("log witness collect",
               *as_("nagai", "log", "witness", "--collect",
                    "request-1.cosigned"))


def audit_verbs(_):
    def audit(name, *argv, **how):
        return Verb(f"audit {name}", *argv, "--key", "office.card",
                    program="svault-audit", vault=None, **how)
    yield audit("verify", "verify", "log-2")
    yield audit("compare", "compare", "log-1", "log-2")
    yield audit("proof", "proof", "third.tlog-proof")
    yield audit("who", "who", "--actor", "sato", "log-2")
    yield audit("report", "report", "log-2", "--csv", "report.csv")
    yield audit("release", "release", "report", "--log", "log-2")
    yield audit("witness", "witness", "request-1", "--signer", "board.key",
                "--output", "answer", remedy=r"(answer): exists already")
    yield Verb("audit new-key", "witness", "--new-key", "w2.key", "--name",
               "board.example/w2", program="svault-audit", vault=None,
               remedy=r"(w2\.key\S*): exists already")


def vault_verbs(_):
    """What makes, keeps or brings back a vault."""
    yield Verb("backup create", *as_("kudo", "backup", "create", "two.svb",
                                     "--json"),
               look="--vault office --key kudo.key backup verify two.svb",
               remedy=r"(two\.svb\S*): exists already")
    yield Verb("backup verify", "backup", "verify", "one.svb", "--sheet",
               "A.txt", vault=None)
    yield Verb("backup restore", "backup", "restore", "one.svb", "third",
               "--sheet", "A.txt", vault=None,
               remedy=r"(third(?:\.gate)?): exists already")
    yield Verb("backup confirm", *as_("kudo", "--vault", "back", "backup",
                                      "confirm", "one.svb", "--with",
                                      "mori.key"),
               vault=None, look="--vault back --key kudo.key --accept-restore status")
    yield Verb("sheet gate", "sheet", "gate", "office.gate", "-o", "B.txt",
               vault=None, remedy=r"(B\.txt): exists already")
    yield Verb("init", "init", "site", "--origin", "site.example/vault",
               "--administrator", "oka.key", "--supervisor", "kato.key",
               "--json", vault=None, look="--vault site status",
               remedy=r"(site(?:\.gate)?): exists already")
    yield Verb("setup", "setup", "--no-input", "--place", "pc", "--dir",
               "site", "--origin", "site.example/vault", "--profile",
               "standard", "--administrator", "oka.key", "--supervisor",
               "kato.key", "--recovery", "endo.key.pub", vault=None,
               look="--vault site status",
               remedy=r"(site(?:\.gate)?): exists already")


def big_verbs(o):
    yield Verb("import", *as_("sato", "import", "more.csv", "--type",
                              "victim", "--json"))
    yield Verb("rotate", *as_("mori", "staff", "list"), after=o.leave,
               optional=["keys"])
    yield Verb("key passwd", "key", "passwd", "minister.key",
               "--passphrase-fd", "30", "--json", secret=b"canary passphrase one\n",
               vault=None, look="key show minister.key")


def all_verbs(o):
    for group in (small_verbs, figure_verbs, log_verbs, audit_verbs,
                  vault_verbs, big_verbs):
        yield from group(o)
