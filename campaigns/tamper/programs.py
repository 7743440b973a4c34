"""The real programs on damaged files: what a user, an auditor and a witness
have beside the vault, and the vault itself by command line and as a service."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import lmdb
import vaults

CODES = {0, 1, 2, 3, 4, 5, 6, 65, 74, 75, 77}  # cli/exit_code.h
PATIENCE = 30
PLAN = """plan "For all" population victim unit person as_of {day}
count basis national period calendar 2022
codelist age_band v1
table sex by gender where identification_status = actual
method round base 5
"""


class Office:
    """A directory with a vault, its people's files, and all that leaves it."""

    def __init__(self, build, home):
        self.build, self.home, self.data = Path(build), Path(home), Path(__file__).resolve()
        self.home.mkdir()
        self.env = {
            "HOME": str(self.home / "home"),
            "PATH": os.environ["PATH"],
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Tokyo",
        }
        (self.home / "home").mkdir()

    def call(self, program, *args, words=""):
        """Exit code (None: it hangs), output, errors."""
        try:
            done = subprocess.run(
                [self.build / program, *args],
                cwd=self.home,
                env=self.env,
                input=words.encode(),
                capture_output=True,
                timeout=PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return None, "", ""
        return done.returncode, *(x.decode(errors="replace") for x in (done.stdout, done.stderr))

    def do(self, *args, program="svault"):
        code, out, err = self.call(program, *args)
        if code != 0:
            raise SystemExit(f"{program} {' '.join(args)}: exit {code}: {err}")
        return out

    def key(self, who, *args):
        return self.do("--key", f"{who}.key", "--no-input", *args)

    def hire(self, who, role, gate):
        self.do("key", "new", f"{who}.key", "--name", who, "--unprotected")
        words = json.loads(self.do("key", "show", f"{who}.key", "--json"))["fingerprint"]
        self.key("kudo", "staff", "propose", f"{who}.key.pub", "--role", role)
        self.key("mori", "staff", "confirm", who, "--fingerprint", words)
        self.key(who, "--gate", gate, "whoami")

    def found(self):
        for who in ("kudo", "mori"):
            self.do("key", "new", f"{who}.key", "--name", who, "--unprotected")
        said = json.loads(
            self.do("init", "office", "--origin", "office.example/vault", "--json",
                    "--administrator", "kudo.key", "--supervisor", "mori.key")
        )  # fmt: skip
        settings = self.home / "home/.config/svault/config"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f"# the office\nvault = {self.home}/office\nlang = en\n")
        roles = ("sato caseworker", "nagai auditor", "toda statistics_officer", "hara approver")
        for line in roles:
            self.hire(*line.split(), said["gate_fingerprint"])
        self.do("key", "new", "ono.key", "--name", "ono", "--unprotected")

    def work(self):
        rows = self.data.parents[2] / "tests/data/annual-2022/victims.csv"
        (self.home / "v.csv").write_text("".join(rows.open().readlines()[:13]))
        self.key("sato", "import", "v.csv", "--type", "victim")
        listed = json.loads(self.key("sato", "record", "list", "victim", "--json"))
        self.record = listed["records"][2]["record"]
        (self.home / "office.card").write_text(self.key("nagai", "status", "--card"))
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))
        (self.home / "all.counts").write_text(PLAN.format(day=day))
        asked = json.loads(
            self.key("toda", "release", "request", "annual", "--year", "2021", "--profile", "exact",
                     "--basis", "Action Plan", "--acknowledge", "all", "--json")
        )  # fmt: skip
        self.release = str(asked["release"])
        shown = json.loads(self.key("hara", "release", "show", self.release, "--json"))
        self.key("hara", "release", "approve", self.release, "--commitment", shown["commitment"])
        self.key("toda", "release", "fetch", self.release, "-o", "released")
        self.leave()

    def leave(self):
        """What is outside: backup, sheets, export, proof, witness."""
        self.key("kudo", "backup", "create", "one.svb")
        self.do("sheet", "gate", "office.gate", "-o", "A.txt")
        (self.home / "B.txt").write_text(self.do("sheet", "key", "sato.key", "--print"))
        self.vkey = self.audit(
            "witness", "--new-key", "board.key", "--name", "board.example/w1"
        ).strip()
        self.key("nagai", "log", "witness", "-o", "request", "--witness", self.vkey)
        self.audit("witness", "request", "--key", "office.card", "--signer", "board.key", "--first")
        self.key("nagai", "log", "witness", "--collect", "request.cosigned")
        self.key("nagai", "log", "export", "log")
        self.key("nagai", "log", "prove", "3", "-o", "third.tlog-proof")
        self.key("nagai", "log", "witness", "-o", "again", "--witness", self.vkey)

    def audit(self, *args):
        return self.do(*args, program="svault-audit")


# ---- What reads, and what it shows that must be true ----


def lasting(text):
    """Without what differs from one reading to the next."""
    passing = re.compile(r'"(entry|entries|time|size)"|^Log: ')
    return "\n".join(x for x in text.splitlines() if not passing.search(x))


def readers(office):
    """Name: program and arguments."""
    record, number = office.record, office.release

    def svault(who, *args):
        return "svault", ["--key", f"{who}.key", "--no-input", *args]

    def audit(*args):
        return "svault-audit", [*args, "--key", "office.card"]

    return {
        "show": svault("sato", "record", "show", record, "--json"),
        "list": svault("sato", "record", "list", "victim", "--json"),
        "find": svault("sato", "record", "find", "victim", "--json"),
        "history": svault("sato", "record", "history", record, "--json"),
        "status": svault("sato", "status"),
        "whoami": svault("sato", "whoami"),
        "staff": svault("sato", "staff", "list", "--json"),
        "releases": svault("toda", "release", "show", number, "--json"),
        "fetch": svault("toda", "release", "fetch", number, "-o", "again.d"),
        "verify": svault("nagai", "log", "verify"),
        "store": svault("nagai", "log", "verify", "--store"),
        "export": svault("nagai", "log", "export", "new.log"),
        "more": svault("nagai", "log", "export", "log"),
        "propose": svault("kudo", "staff", "propose", "ono.key.pub", "--role", "intake"),
        "backup": svault("nagai", "backup", "verify", "one.svb"),
        "backup whole": ("svault", ["backup", "verify", "one.svb", "--sheet", "A.txt"]),
        "restore": ("svault", ["backup", "restore", "one.svb", "restored", "--sheet", "A.txt"]),
        "sheet A": ("svault", ["sheet", "check", "gate", "office.gate", "--sheet", "A.txt"]),
        "sheet B": ("svault", ["sheet", "check", "key", "sato.key", "--sheet", "B.txt"]),
        "collect": svault("nagai", "log", "witness", "--collect", "request.cosigned"),
        "plan": ("svault", ["counts", "check", "all.counts"]),
        "audit": audit("verify", "log"),
        "audit cosigned": audit("verify", "log", "--witness", office.vkey),
        "compare": audit("compare", "request.cosigned", "log"),
        "proof": audit("proof", "third.tlog-proof"),
        "released": audit("release", "released", "--log", "log"),
        "cosign": audit("witness", "again", "--signer", "board.key"),
    }


# Those that show what people wrote or asked for: all of it, or nothing.
SHOWS = ("show", "list", "find", "history", "releases", "show of svaultd")


def without_bad_rows(name, out, err, true):
    """A list, whose bad records do not hide the others: each row is the true one,
    or has no name and is named beside the list."""
    if name != "list":
        return False
    try:
        shown, whole = json.loads(out), json.loads(true)
    except ValueError:
        return False
    rows, sound = shown.pop("records"), whole.pop("records")
    if shown != whole or len(rows) != len(sound):
        return False
    for row, wanted in zip(rows, sound):
        if "case_no" not in row and wanted["record"][:8] in err:
            wanted = {k: v for k, v in wanted.items() if k not in ("case_no", "initials")}
        if {k: v for k, v in row.items() if k != "entry"} != wanted:
            return False
    return True


# ---- What may differ and say the same ----


def settings(data):
    """Which vault: language and key are given otherwise."""
    lines = (x.split(b"#")[0].strip() for x in data.split(b"\n"))
    return [re.sub(rb"\s*=\s*", b"=", x) for x in lines if x.startswith(b"vault")]


def without_log_line(data):
    """What is kept of a witness: the log's own signature was verified before, and
    is taken from its newest head."""
    dash, hers = "\u2014 ".encode(), "\u2014 board.example/w1 ".encode()
    return [x for x in data.split(b"\n") if not x.startswith(dash) or x.startswith(hers)]


def without_her_line(data):
    """A head, to who does not ask for a witness: C2SP passes over whom it does not
    know."""
    return [x for x in data.split(b"\n") if not x.startswith("\u2014 board.example/w1 ".encode())]


SHEET = bytes.maketrans(b"018", b"OIB")


def sheet(data):
    """Upper case, without spaces, and the digits that there are not as letters."""
    lines = [x for x in data.split(b"\n") if re.match(rb"\s*[1-4]:", x)]
    out = []
    for line in lines:
        number, _, rest = line.partition(b":")
        out.append(number.strip() + re.sub(rb"\s", b"", rest).upper().translate(SHEET))
    return out[:4]  # what follows is not read


def targets(office):
    """File, what reads it, and what of it counts (None: each byte)."""
    state = next((office.home / "board.key.state").rglob("checkpoint"))
    kept = next((office.home / "nagai.key.witness").iterdir())
    # What is not full yet is taken away when the next export has it whole.
    log = [
        (str(p.relative_to(office.home)), ["audit"] if ".p/" in str(p) else ["audit", "more"], None)
        for p in sorted((office.home / "log").rglob("*"))
        if p.is_file() and p.name != "checkpoint"
    ]
    out = [
        (str(p.relative_to(office.home)), ["released"], None)
        for p in sorted((office.home / "released").iterdir())
        if p.suffix in (".json", ".entry", ".tlog-proof", ".commitment")
    ]
    return [
        ("sato.key", ["show", "sheet B"], None),
        ("sato.key.head", ["show"], None),
        ("ono.key.pub", ["propose"], None),
        ("office.gate", ["show", "sheet A"], None),
        ("home/.config/svault/config", ["show"], settings),
        ("one.svb", ["backup", "backup whole", "restore"], None),
        ("A.txt", ["sheet A", "backup whole"], sheet),
        ("B.txt", ["sheet B"], sheet),
        ("office.card", ["audit", "proof", "released"], None),
        ("request.cosigned", ["collect"], None),
        ("third.tlog-proof", ["proof"], None),
        ("third.entry", ["proof"], None),
        ("again", ["cosign"], None),
        ("board.key", ["cosign"], None),
        (str(state.relative_to(office.home)), ["cosign"], None),
        (str(kept.relative_to(office.home)), ["export"], without_log_line),
        ("log/checkpoint", ["audit", "more"], without_her_line),
        ("log/checkpoint", ["audit cosigned"], None),
        *log,
        *out,
    ]


VAULT_READERS = (
    "show", "list", "find", "history", "status", "staff", "releases", "fetch", "verify", "store",
    "export",
)  # fmt: skip


# ---- One damaged file ----


class Trial:
    """A sound copy of the whole office, damaged, read, and put back."""

    def __init__(self, office, tally):
        self.office, self.tally = office, tally
        self.good = office.home.with_name(office.home.name + ".good")
        shutil.copytree(office.home, self.good, symlinks=True)
        self.readers = readers(office)
        self.truth, self.hints = {}, {}
        for name in self.readers:
            code, out, err = self.read(name)
            if code != 0:
                raise SystemExit(f"{name}: exit {code} of a sound office: {out}{err}")
            self.truth[name], self.hints[name] = lasting(out), err
            self.put_back()

    def put_back(self):
        shutil.rmtree(self.office.home)
        shutil.copytree(self.good, self.office.home, symlinks=True)

    def read(self, name):
        program, args = self.readers[name]
        return self.office.call(program, *args, words="2021-002\n" if name == "find" else "")

    def judge(self, path, what, name, harmless):
        code, out, err = self.read(name)
        words = f"{path} {what}, {name}"
        said = (err or out).strip().splitlines()
        why = f"exit {code}: {said[-1] if said else ''}"
        if code is None:
            kind = "hang"
        elif code < 0:
            kind = "signal"
        elif code not in CODES:
            kind = "unclear"
        elif code != 0:
            kind = "fault" if "data file is damaged" in err else "named"
            if not said:
                kind, why = "unclear", f"exit {code} without a word"
            elif name in SHOWS and out and not without_bad_rows(name, out, err, self.truth[name]):
                kind, why = "wrong", f"exit {code}, and yet it shows: {out[:80]}"
        elif lasting(out) != self.truth[name]:
            # A warning makes nothing of what is shown true.
            named = name not in SHOWS and err != self.hints[name]
            kind, why = ("named", "") if named else ("wrong", f"another output: {out[:120]}")
        elif harmless():
            kind = "harmless"
        else:
            # What it says of a sound one names nothing.
            kind = "named" if err != self.hints[name] else "undetected"
        self.tally.note(kind, words, why)

    def bytes(self, path, what, data, names, counts):
        true = (self.good / path).read_bytes()
        same = counts is not None and counts(data) == counts(true)
        for name in names:
            file = self.office.home / path
            file.write_bytes(data)
            self.judge(path, what, name, lambda: same)
            self.put_back()

    def other_kinds(self, path, names):
        for change in vaults.KINDS:
            for name in names:
                file = self.office.home / path
                change(file)
                # Nothing says that there was a witness.
                gone = change is vaults.to_missing and ".key.witness/" in path
                self.judge(path, change.__name__, name, lambda: gone or change in vaults.SAME_BYTES)
                self.put_back()


def damages(true, others, rng, n):
    """What, and the bytes; n flips and as many other lengths as a third."""
    size = len(true)
    for at in rng.sample(range(size), min(n, size)):
        bit = rng.randrange(8)
        yield f"byte {at} bit {bit}", true[:at] + bytes([true[at] ^ 1 << bit]) + true[at + 1 :]
    for cut in sorted({0, 1, size // 2, size - 1, *(rng.randrange(size) for _ in range(n // 3))}):
        yield f"cut to {cut}", true[:cut]
    yield "with a byte more", true + b"x"
    yield "twice", true + true
    yield "noise", rng.randbytes(size)
    yield "too large", true + b"\n" * (32 << 20)
    for name, data in others.items():
        if data != true:
            yield f"with the bytes of {name}", data


def sound_files(trial, other):
    """Of each target its like: another's of the same kind, in this office and in
    another, and its neighbours."""
    like = {
        "sato.key": "mori.key", "sato.key.head": "mori.key.head", "ono.key.pub": "sato.key.pub",
        "A.txt": "B.txt", "B.txt": "A.txt", "third.entry": "released/request.entry",
    }  # fmt: skip
    out = {}
    for path, _, _ in targets(trial.office):
        out[path] = {}
        near = trial.good / like.get(path, "sato.key")
        if near.is_file():
            out[path][like.get(path, "sato.key")] = near.read_bytes()
        twin = other.home / path
        # A card of that name is somebody's; whose, its fingerprint says.
        if twin.is_file() and path != "ono.key.pub":
            out[path]["another office"] = twin.read_bytes()
        for sibling in sorted((trial.good / path).parent.iterdir()):
            if "/" in path and sibling.is_file() and sibling.name != Path(path).name:
                out[path][sibling.name] = sibling.read_bytes()
    return out


def campaign(build, home, tally, rng, n, share):
    """n flips of each file; that share of the files and of the vault's damages."""
    office, other = Office(build, Path(home) / "one"), Office(build, Path(home) / "two")
    for each in (office, other) if share >= 1 else (office,):
        each.found()
        each.work()
    trial = Trial(office, tally)
    likes = sound_files(trial, other)
    for path, names, counts in vaults.pick(rng, targets(office), share):
        true = (trial.good / path).read_bytes()
        for what, data in damages(true, likes[path], rng, n):
            trial.bytes(path, what, data, names if share >= 1 else names[:1], counts)
        trial.other_kinds(path, names[:1])
    of_the_vault(trial, rng, n, share)
    services(trial, rng, max(3, int(20 * share)))


# ---- The vault itself ----


def of_the_vault(trial, rng, n, share):
    """A sample of what the probe does whole."""
    for part in ("data.mdb", "head"):
        path = f"office/{part}"
        true = (trial.good / path).read_bytes()
        file = lmdb.read(true) if part == "data.mdb" else None
        for what, data in damages(true, {}, rng, n if share >= 1 else 2):
            names = VAULT_READERS if share >= 1 else rng.sample(VAULT_READERS, 1)
            for name in names:
                (trial.office.home / path).write_bytes(data)
                # Damage may lie where this program does not look: who looks
                # everywhere must say so, and the others show what is true.
                whole = name in ("verify", "store") and file is not None
                trial.judge(path, what, name, lambda: not whole or lmdb.says_the_same(data, file))
                trial.put_back()


def serve(trial):
    """svaultd on it: its process once it has started, or what it said."""
    office = trial.office
    args = ["--vault", "office", "--socket", str(office.home / "sock")]
    if os.geteuid() == 0:
        args.append("--allow-root")
    process = subprocess.Popen(
        [office.build / "svaultd", *args],
        cwd=office.home,
        env=office.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(office.home / "life").open("wb"),
    )
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if '"started"' in (office.home / "life").read_text(errors="replace"):
            return process
        time.sleep(0.02)
    return process


def service(trial, path, what, asked, harmless):
    """It starts, or says why not; what it then answers is true, and who looks
    everywhere names what is damaged."""
    process = serve(trial)
    said = (trial.office.home / "life").read_text(errors="replace")
    words = f"{path} {what}, svaultd"
    if process.poll() is None and '"started"' in said:
        sock = f"unix:{trial.office.home}/sock"
        served = f"{asked} of svaultd"
        trial.readers[served] = ("svault", ["--vault", sock, *trial.readers[asked][1]])
        trial.truth[served], trial.hints[served] = trial.truth[asked], trial.hints[asked]
        trial.judge(path, what, served, harmless)
        process.send_signal(signal.SIGTERM)
    elif process.poll() is None:
        process.kill()
        trial.tally.note("hang", words, said)
    elif process.returncode < 0:
        trial.tally.note("signal", words, said)
    else:
        good = process.returncode in CODES and said.strip() != ""
        why = f"exit {process.returncode}: {said}"
        trial.tally.note("named" if good else "unclear", words, why)
    process.wait()


def services(trial, rng, n):
    for i in range(n):
        path = ("office/data.mdb", "office/head", "office.gate")[i % 3]
        true = (trial.good / path).read_bytes()
        what, data = rng.choice(list(damages(true, {}, rng, 4)))
        (trial.office.home / path).write_bytes(data)
        asked = ("show", "store")[i % 2]
        whole = asked == "store" and path == "office/data.mdb"
        service(
            trial, path, what, asked, lambda: not whole or lmdb.says_the_same(data, lmdb.read(true))
        )
        trial.put_back()
