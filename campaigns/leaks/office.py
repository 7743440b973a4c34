"""A day at an office through the real programs, in which every text and key is
a canary."""
import json
import os
import subprocess

import canary
import process

LATIN, KANJI, KANA = (canary.WORDS[k] for k in ("latin", "kanji", "kana"))
WIDE = "".join(chr(ord(c) + 0xFEE0) for c in LATIN)
PASSPHRASE = f"{LATIN} passphrase {KANA}"
COLUMNS = {
    "identity.case_no": "KN-" + canary.WORDS["case number"],
    "identity.family_name": KANJI,
    "identity.given_name": WIDE,
    "identity.family_name_kana": KANA,
    "identity.given_name_kana": KANA + "ア",
    "identity.aliases": f"{LATIN}Alias;{KANJI}花",
    "identity.birth_date": canary.WORDS["birth date"],
    "identity.phone": canary.WORDS["telephone"],
    "identity.contacts": f"{LATIN} contact",
    "identity.safe_contact": f"{KANJI} safe contact",
    "identity.id_documents": f"{LATIN}-passport",
    "location.shelter": f"{LATIN} House",
    "location.room": f"{LATIN} room",
    "location.safety_notes": f"{KANJI}に注意 \U0001f426 {LATIN}",
    "narrative.summary": f"She told {LATIN} of {KANJI}; =1+1 <b>{KANA}</b>",
    "narrative.notes": f"{LATIN} & {KANJI} % \"{KANA}\"",
    "facts.gender": "female",
    "facts.age_at_protection": "17",
    "facts.citizenship": "JPN",
    "facts.identification_status": "actual",
    "facts.identified_on": canary.WORDS["birth date"],
    "facts.counted_by": "national",
    "facts.counted_year": "2022",
}


class Failure(Exception):
    pass


def cell(value):
    return '"' + value.replace('"', '""') + '"'


class Office:
    def __init__(self, programs, place, uid):
        self.programs = programs
        self.place = place
        self.uid = uid
        self.canaries = canary.Canaries()
        self.found = []
        self.samples = 0
        self.commands = 0
        self.vault = "office"
        self.service = None
        # Files that hold secrets because they are for them.
        self.meant = {"office.gate", "A.txt"}
        for name in ("home", "tmp", "run", "out", "keys"):
            self.make(name)
        self.environ = {
            "HOME": self.path("home"), "TMPDIR": self.path("tmp"),
            "XDG_RUNTIME_DIR": self.path("run"), "TZ": "UTC",
            "USER": canary.USER, "LOGNAME": canary.USER,
            "LC_ALL": "C.UTF-8", "LANGUAGE": "en", "NO_COLOR": "1",
            "PATH": os.environ["PATH"]}

    def path(self, name):
        return os.path.join(self.place, name)

    def make(self, name):
        os.mkdir(self.path(name), 0o700)
        self.give(name)

    def give(self, name):
        if self.uid is not None:
            os.chown(self.path(name), self.uid, self.uid)

    def write(self, name, text):
        with open(self.path(name), "wb") as f:
            f.write(text.encode())
        os.chmod(self.path(name), 0o600)
        self.give(name)
        self.meant.add(name)
        return name

    def search_process(self, text):
        """The account's own name may stand there."""
        return self.canaries.search(text, but=("account",))

    def report(self, where, found):
        self.found += [f"{where}: {kind}, {form}, byte {at}"
                       for kind, form, at in found]

    # ---- One command ----

    def start(self, program, *args, **more):
        as_whom = {} if self.uid is None else {
            "user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.Popen([self.programs[program], *args],
                                cwd=self.place, env=self.environ,
                                **as_whom, **more)

    def finish(self, run, line, stdin):
        """Its exit code and output, with all that was seen of it searched."""
        sampler = process.Sampler(run.pid, self.search_process)
        out, err = run.communicate(stdin)
        self.report(f"a process of {line}", sampler.join())
        self.samples += sampler.samples
        self.commands += 1
        return run.returncode, out, err

    def run(self, *args, want=0, who=None, stdin="", secret=None, shows=False):
        """shows: the output is what was asked for, by one who may see it, or
        a form that she fills in."""
        options = []
        if who is not None:
            options = ["--vault", self.vault, "--key", f"keys/{who}"]
        fds = ()
        if secret is not None:
            fd = os.open(self.path(self.write("secret", secret + "\n")),
                         os.O_RDONLY)
            options += ["--passphrase-fd", str(fd)]
            fds = (fd,)
        pipe = subprocess.PIPE
        run = self.start("svault", *options, *args, stdin=pipe, stdout=pipe,
                         stderr=pipe, pass_fds=fds)
        for fd in fds:
            os.close(fd)
            os.unlink(self.path("secret"))
        line = "svault " + " ".join(args)
        code, out, err = self.finish(run, line, stdin.encode())
        if code != want:
            raise Failure(f"{line}: exit {code}, not {want}: {err.decode()}")
        if not shows:
            self.report(f"stdout of {line}", self.canaries.search(out))
            self.report(f"stderr of {line}", self.canaries.search(err))
        return out

    def ask(self, *args, **more):
        return json.loads(self.run(*args, "--json", **more))

    # ---- People ----

    def key(self, name):
        self.run("key", "new", f"keys/{name}", "--name", name, "--unprotected")
        with open(self.path(f"keys/{name}"), "rb") as f:
            self.canaries.add_key(f"seed of {name}", f.read()[-32:])
        self.meant.add(f"keys/{name}")

    def protect(self, name, secret):
        """From here on her seed is not in its file."""
        self.run("key", "passwd", f"keys/{name}", secret=secret)
        self.meant.remove(f"keys/{name}")

    def hire(self, name, role):
        self.key(name)
        card = self.ask("key", "show", f"keys/{name}")
        self.run("staff", "propose", f"keys/{name}.pub", "--role", role,
                 who="kudo")
        self.run("staff", "confirm", name, "--no-input", "--fingerprint",
                 card["fingerprint"], who="mori")
        self.run("--gate", self.gate, "whoami", who=name)

    def found_vault(self):
        for name in ("kudo", "mori", "rescue"):
            self.key(name)
        self.gate = self.ask(
            "init", "office", "--origin", "office.example/vault",
            "--administrator", "keys/kudo", "--supervisor", "keys/mori",
            "--recovery", "keys/rescue.pub")["gate_fingerprint"]
        with open(self.path("office.gate"), "rb") as f:
            root = f.read()[40:72]
        self.canaries.add_key("gate's root", root)
        for name, role in (("sato", "caseworker"), ("ito", "justice_liaison"),
                           ("abe", "intake"), ("nagai", "auditor"),
                           ("toda", "statistics_officer"),
                           ("hara", "approver")):
            self.hire(name, role)
        self.hire("ueda", "caseworker")
        self.protect("ueda", PASSPHRASE)
        self.run("sheet", "gate", "office.gate", "-o", "A.txt")

    # ---- Work ----

    def records(self):
        rows = dict(COLUMNS)
        self.write("one.csv", ",".join(rows) + "\n" +
                   ",".join(map(cell, rows.values())) + "\n")
        head = "identity.case_no,facts.gender,facts.counted_by," \
            "facts.counted_year,facts.identification_status\n"
        self.write("more.csv", head + "".join(
            f"KN-730591482-{i},{'male' if i % 3 else 'female'},national,2022,"
            f"actual\n" for i in range(30)))
        record = self.ask("record", "add", "victim", "--from", "one.csv",
                          who="sato")["record"]
        self.run("import", "more.csv", "--type", "victim", who="sato")
        self.run("record", "edit", record, "-c", "narrative", who="sato",
                 stdin=f"\nLater {LATIN} added {KANJI}\n.\n.\nyes\n",
                 shows=True)
        self.run("record", "show", record, who="sato", shows=True)
        self.run("--lang", "ja", "record", "show", record, "--json",
                 who="sato", shows=True)
        for line in (LATIN, KANA, canary.WORDS["telephone"]):
            self.run("record", "find", "victim", "--no-input", "--json",
                     who="sato", stdin=line + "\n")
        self.run("record", "list", "victim", "--json", who="sato", shows=True)
        self.run("record", "history", record, "--json", who="sato")
        self.run("record", "assign", record, "ueda", who="mori")
        self.run("record", "show", record, who="ueda", secret=PASSPHRASE,
                 shows=True)
        return record

    def refusals(self, record):
        """Who may not see, and what is not accepted."""
        for who, command in (("nagai", "show"), ("ito", "show"),
                             ("abe", "show"), ("toda", "show"),
                             ("hara", "show")):
            self.run("record", command, record, "--json", who=who, want=77)
        for who in ("mori", "kudo"):
            self.run("record", "show", record, "-c", "identity", "--json",
                     who=who, want=77)
        self.run("record", "edit", record, "-c", "narrative", who="ito",
                 want=77, stdin=f"{LATIN}\n.\nyes\n")
        self.run("record", "find", "victim", "--no-input", who="hara", want=77,
                 stdin=KANJI + "\n")
        with open(self.path("one.csv"), "rb") as f:
            good = f.read()
        for n, (was, now) in enumerate((
                (b'"female"', ('"' + LATIN + '"').encode()),
                (b"identity.phone", LATIN.encode()),
                (b'"KN-', b'"KN-"'), (b'"JPN"', b'"\xff' + LATIN.encode()),
                (b'"1911-11-07"', b'"1911-11-07x"'))):
            name = f"bad{n}.csv"
            self.write(name, "")
            with open(self.path(name), "wb") as f:
                f.write(good.replace(was, now))
            for command in (("import",), ("record", "add")):
                args = (name, "--type", "victim") if len(command) == 1 else \
                    ("victim", "--from", name)
                self.run(*command, *args, who="sato", want=65)
        self.run("import", "one.csv", "--type", "victim", who="sato", want=65)
        self.run("import", "keys/sato", "--type", "victim", who="sato", want=65)
        self.run("whoami", who="ueda", secret=f"{LATIN} wrong", want=77)

    def figures(self):
        self.run("report", "annual", "--year", "2022", "--json", who="toda")
        release = self.ask("release", "request", "annual", "--year", "2022",
                           "--profile", "exact", "--basis", "Action Plan",
                           "--acknowledge", "all", who="toda")["release"]
        number = str(release)
        shown = self.ask("release", "show", number, who="hara")
        self.run("release", "approve", number, "--no-input", "--commitment",
                 shown["commitment"], who="hara")
        self.run("release", "fetch", number, "-o", f"out/release-{number}",
                 who="toda")

    def log(self):
        self.run("log", "list", "--limit", "200", "--json", who="nagai")
        self.run("log", "verify", "--json", who="nagai")
        self.run("log", "export", f"out/log-{self.vault[:4]}", who="nagai")
        self.run("staff", "list", "--json", who="nagai")
        self.run("status", "--json", who="mori")
        self.run("doctor", "--json", who="sato")
        name = f"out/{self.vault[:4]}.svb"
        self.run("backup", "create", name, who="kudo")
        self.run("backup", "verify", name, who="kudo")

    def day(self):
        """Embedded first, and then through the service."""
        if self.vault == "office":
            self.record = self.records()
        else:
            self.again(self.record)
        self.refusals(self.record)
        self.figures()
        self.log()

    def again(self, record):
        self.run("record", "show", record, who="sato", shows=True)
        self.run("record", "find", "victim", "--no-input", "--json",
                 who="sato", stdin=KANJI + "\n")
        self.run("record", "edit", record, "-c", "narrative", who="sato",
                 stdin=f"\nAgain {LATIN} said {KANJI}\n.\n.\nyes\n", shows=True)
