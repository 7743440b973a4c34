"""The office that every verb starts from, made once and copied for each."""
import json
import os
import shutil

# What no error text may say: values of records, and passphrases.
CANARIES = ("Canaryfamily", "Canarygiven", "Canarystory", "canary passphrase")
PASSPHRASE = b"canary passphrase one\n"

HEADER = ("identity.case_no,identity.family_name,identity.given_name,"
          "facts.gender,facts.age_at_protection,facts.citizenship,"
          "facts.identification_status,facts.services,facts.counted_by,"
          "facts.counted_year,narrative.summary\n")


def row(number, year=2022):
    return (f"C-{number},Canaryfamily,Canarygiven,"
            f"{'male' if number % 4 == 0 else 'female'},{16 + number % 20},"
            f"{('JPN', 'PHL', 'THA')[number % 3]},actual,food;shelter,"
            f"national,{year},Canarystory of {number}\n")


class Office:
    def __init__(self, engine, build):
        self.engine = engine
        self.svault = os.path.join(build, "svault")
        self.svaultd = os.path.join(build, "svaultd")
        self.audit = os.path.join(build, "svault-audit")
        self.careless = os.path.join(build, "campaigns", "sv_careless")
        self.template = os.path.join(os.path.dirname(engine.cwd), "template")

    def must(self, *args, program=None, **how):
        r = self.engine.run([program or self.svault, *args], **how)
        if r.code != 0:
            raise SystemExit(f"faults: the office cannot be made: "
                             f"{args}: exit {r.code}: {r.err}")
        return r.out

    def must_json(self, *args, **how):
        return json.loads(self.must(*args, "--json", **how))

    def write(self, name, text):
        with open(os.path.join(self.engine.cwd, name), "w") as f:
            f.write(text)

    def new_key(self, name):
        self.must("key", "new", f"{name}.key", "--name", name, "--unprotected")

    def fingerprint(self, key):
        return self.must_json("key", "show", key)["fingerprint"]

    def hire(self, name, role):
        self.new_key(name)
        self.must("--key", "kudo.key", "staff", "propose", f"{name}.key.pub",
                  "--role", role)
        self.must("--key", "mori.key", "staff", "confirm", name, "--no-input",
                  "--fingerprint", self.fingerprint(f"{name}.key"))
        self.must("--key", f"{name}.key", "--gate", self.gate, "--no-input",
                  "whoami")

    def request(self, *what):
        return str(self.must_json("--key", "toda.key", "release", "request",
                                  *what)["release"])

    def commitment(self, number):
        return self.must_json("--key", "hara.key", "release", "show",
                              number)["commitment"]

    def approve(self, number):
        self.must("--key", "hara.key", "release", "approve", number,
                  "--no-input", "--commitment", self.commitment(number))

    def make(self):
        os.mkdir(self.engine.cwd)
        os.mkdir(os.path.join(self.engine.cwd, "home"))
        os.mkdir(os.path.join(self.engine.cwd, "rt"), 0o700)
        self.found()
        self.fill()
        self.release()
        self.hand_out()
        shutil.copytree(self.engine.cwd, self.template)

    def found(self):
        for name in ("kudo", "mori", "rescue"):
            self.new_key(name)
        # The programs take the vault from the configuration or --vault.
        self.gate = self.must_json(
            "init", "office", "--origin", "office.example/vault",
            "--administrator", "kudo.key", "--supervisor", "mori.key",
            "--recovery", "rescue.key.pub")["gate_fingerprint"]
        for name, role in (("sato", "caseworker"), ("abe", "intake"),
                           ("nagai", "auditor"), ("ueda", "caseworker"),
                           ("toda", "statistics_officer"), ("wada", "caseworker"),
                           ("hara", "approver")):
            self.hire(name, role)
        for name in ("oka", "tani", "kato", "minister", "endo"):
            self.new_key(name)
        # tani waits to be confirmed; oka and kato are for the verbs.
        self.must("--key", "kudo.key", "staff", "propose", "tani.key.pub",
                  "--role", "intake")
        self.must("--key", "mori.key", "staff", "suspend", "abe")
        self.must("--key", "kudo.key", "staff", "replace", "abe",
                  "abe.key.pub")
        self.tani = self.fingerprint("tani.key")
        self.abe = self.fingerprint("abe.key")

    def fill(self):
        self.write("rows.csv",
                   HEADER + "".join(row(n) for n in range(1, 25)))
        self.must("--key", "sato.key", "import", "rows.csv", "--type",
                  "victim")
        self.write("one.csv", HEADER + row(900))
        self.write("more.csv",
                   HEADER + "".join(row(n) for n in range(1001, 1601)))
        records = self.must_json("--key", "sato.key", "record", "list",
                                 "victim")
        self.record = records["records"][0]["record"]
        self.must("--key", "mori.key", "record", "assign", self.record,
                  "ueda")

    def release(self):
        exact = ("annual", "--year", "2022", "--profile", "exact", "--basis",
                 "Action Plan", "--acknowledge", "all")
        self.write("all.counts", """\
plan "For all" population victim unit person as_of 2026-01-01
count basis national period calendar 2022
codelist age_band v1
table sex by gender where identification_status = actual
method round base 5
""")
        self.fetched = self.request(*exact)
        self.approve(self.fetched)
        self.must("--key", "toda.key", "release", "fetch", self.fetched, "-o",
                  "report")
        self.waiting = self.request(*exact)
        self.commit = self.commitment(self.waiting)

    def hand_out(self):
        """Cards, an export, a proof, backups and what a witness keeps."""
        nagai = ("--key", "nagai.key")
        self.write("office.card", self.must(*nagai, "status", "--card"))
        self.must(*nagai, "log", "export", "log-1")
        self.must(*nagai, "log", "export", "log-2")
        self.must(*nagai, "log", "prove", "3", "-o", "third.tlog-proof")
        self.must("sheet", "gate", "office.gate", "-o", "A.txt")
        vkey = self.must("witness", "--new-key", "board.key", "--name",
                         "board.example/w1", program=self.audit).strip()
        self.must(*nagai, "log", "witness", "-o", "request-1", "--witness",
                  vkey)
        self.must("witness", "request-1", "--key", "office.card", "--signer",
                  "board.key", "--first", program=self.audit)
        self.must("--key", "kudo.key", "backup", "create", "one.svb")
        self.must("backup", "restore", "one.svb", "back", "--sheet", "A.txt")
        # ueda works with an agent.
        self.must("key", "passwd", "ueda.key", "--passphrase-fd", "30",
                  passphrase=PASSPHRASE)

    def leave(self):
        """Somebody who holds keys leaves: new epochs are due."""
        self.must("--key", "kudo.key", "staff", "revoke", "ueda", "--yes")

    def again(self, after=None):
        """A fresh copy."""
        shutil.rmtree(self.engine.cwd, ignore_errors=True)
        shutil.copytree(self.template, self.engine.cwd)
        if after is not None:
            after()
