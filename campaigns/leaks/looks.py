"""Each way to look at what was left, said or kept in memory: what is found is
added to o.found."""
import os
import shutil
import signal
import subprocess
import time

import office
import process

# ---- Files ----

def files_below(top):
    for where, _, names in os.walk(top):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def search_files(o, top):
    n = 0
    for path in files_below(top):
        if path in map(o.path, o.meant):
            continue
        n += 1
        with open(path, "rb") as f:
            o.report(path, o.canaries.search_file(f.read()))
        o.report(f"the name {path}", o.canaries.search(path.encode()))
    return n


# ---- Processes that go on ----

def search_memory(o, pid, what, locked_may=(), may=()):
    """Keys may lie in locked memory that no dump has."""
    n = 0
    for name, locked, data in process.memory(pid):
        n += len(data)
        but = may + (locked_may if locked else ())
        o.report(f"memory of {what}, {name or 'without a name'}",
                 o.canaries.search(data, but))
    return n


def check_closed(o, pid, what):
    """T63: its own account cannot read it, trace it or dump it."""
    limits = process.read(f"/proc/{pid}/limits").decode()
    line = [x for x in limits.splitlines() if x.startswith("Max core")][0]
    if line.split()[4:6] != ["0", "0"]:
        o.found.append(f"{what}: may leave a core file")
    if not process.status(pid, "VmLck"):
        o.found.append(f"{what}: has no locked memory")
    if process.status(pid, "VmSwap") != 0:
        o.found.append(f"{what}: is swapped out")
    if o.uid is None:
        return
    tries = {"mem": process.can_open(pid, "mem"),
             "environ": process.can_open(pid, "environ"),
             "maps": process.can_open(pid, "maps"),
             "ptrace": process.can_trace(pid)}
    if shutil.which("gcore"):
        tries["gcore"] = process.can_dump(pid, "/tmp/core")
    for name, action in tries.items():
        if process.as_user(o.uid, action) != 0:
            o.found.append(f"{what}: its own account comes to it by {name}")


def dump_of_root(o, pid, what):
    """Root may dump it; the keys are left out of the dump."""
    if shutil.which("gcore") is None:
        return
    subprocess.run(["gcore", "-o", "/mnt/core", str(pid)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(f"/mnt/core.{pid}", "rb") as f:
        o.report(f"a dump of {what}", o.search_process(f.read()))
    os.unlink(f"/mnt/core.{pid}")


def wait_for(test, what):
    for _ in range(6000):
        if test():
            return
        time.sleep(0.02)
    raise office.Failure(f"never: {what}")


def ended(pid):
    """How a child ended, which may be asked again; None before that."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)


def die_by(o, pid, number, what):
    """Wherever this system puts a core, it says whether it made one."""
    os.kill(pid, number)
    wait_for(lambda: ended(pid), f"{what} dies")
    cores = [p for p in files_below(o.place) if "core" in os.path.basename(p)]
    if cores or ended(pid).si_code == os.CLD_DUMPED:
        o.found.append(f"{what}: killed, it left a core {cores}")


# ---- A command at its end ----

# Held at its last system call by root's strace.
HELD = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=exit_group",
        "-e", "inject=exit_group:delay_enter=120000000")
EXIT_GROUP = b"231"


def exiting(tracer):
    """The traced process that is about to end and its exit code, or None."""
    for pid in map(int, process.children(tracer)):
        call = process.read(f"/proc/{pid}/syscall").split()
        if call[:1] == [EXIT_GROUP]:
            return pid, int(call[1], 16)
    return None


def at_its_end(o, command, stdin="", fds=(), want=0):
    """What is found in the memory of a command that has done its work, and
    how many bytes that is."""
    run = subprocess.Popen(
        [*HELD, "setpriv", f"--reuid={o.uid}", f"--regid={o.uid}",
         "--clear-groups", *command], cwd=o.place, env=o.environ,
        pass_fds=fds, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    run.stdin.write(stdin.encode())
    run.stdin.close()
    wait_for(lambda: exiting(run.pid), "the end of " + " ".join(command))
    pid, code = exiting(run.pid)
    found, n = [], 0
    for _, _, data in process.memory(pid):
        found += o.search_process(data)
        n += len(data)
    os.kill(pid, signal.SIGKILL)
    run.kill()  # which would wait for the time to pass
    run.stdout.close()
    run.wait()
    if code != want or n == 0:  # what it did not do leaves nothing behind
        raise office.Failure(f"{' '.join(command)}: exit {code}, not {want}, "
                             f"with {n} bytes of memory")
    return found, n
