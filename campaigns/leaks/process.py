"""What other accounts, and root, see of processes."""
import ctypes
import os
import subprocess
import threading
import time

PTRACE_ATTACH = 16
SET_CHILD_SUBREAPER, SET_PTRACER = 36, 0x59616d61
PAGE = 4096


def read(path):
    """A file of /proc; b"" where it is gone or not ours to read."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def is_alive(pid):
    """Neither gone nor waiting for its parent to ask how it ended."""
    stat = read(f"/proc/{pid}/stat")
    return bool(stat) and stat.rsplit(b") ", 1)[1][:1] not in b"ZX"


def children(pid):
    return read(f"/proc/{pid}/task/{pid}/children").split()


class Sampler:
    """Looks at a process and at what it starts for as long as it runs."""

    def __init__(self, pid, search):
        self.samples = 0
        self.found = []
        self.search = search
        self.thread = threading.Thread(target=self.watch, args=(pid,))
        self.thread.start()

    def watch(self, pid):
        seen = set()
        while is_alive(pid):
            self.look(pid, seen)
            time.sleep(0.002)

    def look(self, pid, seen):
        command = read(f"/proc/{pid}/cmdline")
        if not command:  # ended, or about to become another program
            return
        text = command + read(f"/proc/{pid}/environ") + \
            read(f"/proc/{pid}/comm") + "\0".join(opened(pid)).encode()
        self.samples += 1
        if text not in seen:
            seen.add(text)
            self.found += self.search(text)
        for child in children(pid):
            self.look(int(child), seen)

    def join(self):
        self.thread.join()
        return self.found


def opened(pid):
    """The names of what it has open."""
    names = []
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            names.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    except OSError:
        pass
    return names


def mappings(pid):
    """(first, last, name, flags) of what a process can write, as root sees
    it; flags as in smaps: "lo" is locked, "dd" left out of dumps."""
    current = None
    for line in read(f"/proc/{pid}/smaps").decode().splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            first, last = (int(x, 16) for x in words[0].split("-"))
            current = (first, last, words[5] if len(words) > 5 else "",
                       words[1])
        elif words[0] == "VmFlags:" and current[3].startswith("rw"):
            yield current[:3] + (words[1:],)


def memory(pid):
    """(name, locked, bytes) of each mapping that can be written, without the
    pages that are empty."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for first, last, name, flags in mappings(pid):
            if name in ("[vvar]", "[vdso]") or "io" in flags:
                continue
            try:
                mem.seek(first)
                data = mem.read(last - first)
            except OSError:
                continue
            pages = [data[i:i + PAGE] for i in range(0, len(data), PAGE)]
            full = b"".join(p for p in pages if p.strip(b"\0"))
            if full:
                yield name, "lo" in flags and "dd" in flags, full


def status(pid, key):
    """A number of /proc/PID/status; None where there is none."""
    return number_in(read(f"/proc/{pid}/status").decode(), key)


def number_in(text, key):
    for line in text.splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return None


def adopt_orphans():
    """What a command leaves running becomes a child, which tells its end."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def be_traceable():
    """Also where this system lets only a parent trace (Yama)."""
    ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)


def as_user(uid, action):
    """action() in a process of that user: what it returns, a number."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            code = action()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def can_open(pid, name):
    def action():
        try:
            with open(f"/proc/{pid}/{name}", "rb") as f:
                f.read(1)
        except OSError as e:
            return 0 if isinstance(e, PermissionError) else 1
        return 1
    return action


def can_trace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: int(libc.ptrace(PTRACE_ATTACH, pid, 0, 0) == 0)


def can_dump(pid, where):
    """By gdb's gcore, where it is installed."""
    def action():
        done = subprocess.run(["gcore", "-o", where, str(pid)],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        made = os.path.exists(f"{where}.{pid}")
        if made:
            os.unlink(f"{where}.{pid}")
        return int(made or done.returncode == 0)
    return action
