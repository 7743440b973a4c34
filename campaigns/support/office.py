"""A vault, the people who work in it, and the programs that they use."""

import json
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
STAFF = {
    "sato": "caseworker",
    "abe": "caseworker",
    "ueda": "caseworker",
    "nagai": "auditor",
    "toda": "statistics_officer",
    "hara": "approver",
}
FOUNDERS = ("kudo", "mori")  # administrator and supervisor
EVERYBODY = FOUNDERS + tuple(STAFF)
PATIENCE_S = 120


def program(name):
    """A built program; SystemExit where it is not there."""
    build = os.environ.get("SV_BUILD", os.path.join(TOP, "build", "dev"))
    path = os.path.join(os.path.abspath(build), name)
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is missing: cmake --build --preset dev")
    return path


def compiled(source, out, *flags):
    """A program or shim of a campaign's own, by the system's compiler."""
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=c17", "-O2", "-Wall", "-Wextra",
         "-Werror", "-D_GNU_SOURCE", "-o", out, source, *flags],
        check=True)
    return out


class Failed(Exception):
    """A command that had to be done was not: what it said."""


class Office:
    """home has the keys and what their owners remember; vault is DIR."""

    def __init__(self, home, vault, inside=None):
        self.home = home
        self.vault = vault
        self.inside = inside or home  # where what is made is put
        self.desk = home  # where rows lie before they are brought in
        self.way = vault  # what --vault is
        self.lies = {}  # of the environment, for what is attacked alone
        self.svault, self.audit = program("svault"), program("svault-audit")
        self.card = os.path.join(home, "office.card")
        self.env = {
            "HOME": home, "PATH": os.environ["PATH"], "TMPDIR": home,
            "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
        }
        self.daemon = None

    def key(self, who):
        return os.path.join(self.home, who + ".key")

    def command(self, who, *args):
        return [self.svault, "--vault", self.way, "--key", self.key(who),
                "--no-input", "--json", *args]

    def start(self, argv, lying=True, give=None, **env):
        """With its output in pipes; out of reach of a terminal's signals.
        give: the file that is its input."""
        env = dict(self.env, **(self.lies if lying else {}), **env)
        with open(give or os.devnull, "rb") as typed:
            return subprocess.Popen(
                argv, stdin=typed, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True, env=env)

    def run(self, *argv, **env):
        """(exit code, JSON or None, standard error), told the truth."""
        p = self.start([self.svault, *argv], lying=False, **env)
        out, err = p.communicate(timeout=PATIENCE_S)
        return p.returncode, parsed(out), err.decode("utf-8", "replace")

    def ask(self, who, *args):
        return self.run(*self.command(who, *args)[1:])

    def must(self, who, *args):
        code, out, err = self.ask(who, *args)
        if code != 0:
            raise Failed(f"svault --key {who}.key {' '.join(args)}: exit {code}"
                         f": {err.strip()}")
        return out

    # ---- Founding ----

    def new_key(self, name, place=None):
        path = os.path.join(place or self.home, name + ".key")
        code, out, err = self.run("key", "new", path, "--name", name,
                                  "--unprotected", "--json")
        if code != 0:
            raise Failed(f"key new {name}: exit {code}: {err.strip()}")
        return out["fingerprint"]

    def found(self):
        for name in FOUNDERS:
            self.new_key(name)
        code, out, err = self.run(
            "init", self.vault, "--origin", "office.example/vault",
            "--administrator", self.key("kudo"), "--supervisor",
            self.key("mori"), "--json")
        if code != 0:
            raise Failed(f"init: exit {code}: {err.strip()}")
        self.gate = out["gate_fingerprint"]
        for name, role in STAFF.items():
            words = self.new_key(name)
            self.must("kudo", "staff", "propose", self.key(name) + ".pub",
                      "--role", role)
            self.must("mori", "staff", "confirm", name, "--fingerprint", words)
            self.must(name, "--gate", self.gate, "whoami")
        for name in FOUNDERS:
            self.must(name, "whoami")
        with open(self.card, "wb") as f:
            f.write(self.start([self.svault, "--vault", self.vault, "--key",
                                self.key("nagai"), "status", "--card"],
                               lying=False).communicate()[0])

    # ---- svaultd ----

    def serve(self):
        """svaultd on the vault, until end_service()."""
        sock = os.path.join(self.home, "sock")
        argv = [program("svaultd"), "--vault", self.vault, "--socket", sock]
        if os.getuid() == 0:
            argv.append("--allow-root")
        self.daemon = self.start(argv)
        self.way = "unix:" + sock
        said = []
        for line in self.daemon.stderr:
            if b'"started"' in line:
                return
            said.append(line.decode())
        code = self.end_service()
        raise Failed(f"svaultd does not start: exit {code}: {''.join(said)}")

    def end_service(self):
        """By SIGKILL, where it is still there; its exit code."""
        self.daemon.kill()
        self.daemon.communicate()
        code, self.daemon, self.way = self.daemon.returncode, None, self.vault
        return code


def parsed(out):
    """What a command printed, if that is whole."""
    try:
        return json.loads(out)
    except ValueError:
        return None


def copied(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
