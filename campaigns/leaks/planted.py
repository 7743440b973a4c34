"""Planted leaks: each way to look has to find one of its kind."""
import os
import shutil
import signal
import subprocess
import sys
import zipfile

import canary
import office
import process
from looks import (
    at_its_end, check_closed, die_by, dump_of_root, search_files,
    search_memory,
)

WORD = canary.WORDS["latin"]


def caught(o, look, *args, **more):
    """What a look at something planted adds to what was found."""
    before = len(o.found)
    look(o, *args, **more)
    found = o.found[before:]
    del o.found[before:]
    return found


# ---- In files ----

def planted_files(o, key):
    """One file for each way to hide a canary: (what, bytes)."""
    word = canary.WORDS["kanji"].encode()
    for name, form in canary.of_text(canary.WORDS["latin"]):
        if len(form) >= canary.SHORT:
            yield name, b"\0" * 11 + form + b"\xff" * 5
    for name, form in canary.of_bytes(key[:16]):
        yield f"key, {name}", b"x" + form
    for phase in range(3):
        text = canary.base64.b64encode(b"a" * phase + word + b"tail")
        yield f"base64 at phase {phase}", text
    with open(o.path("office/data.mdb"), "rb") as f:
        pages = f.read()
    yield "a freed page", pages[:20000] + word + pages[20000 + len(word):]
    packed = canary.io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("docProps/core.xml", b"<dc:creator>" + word + b"</dc>")
    yield "a workbook's metadata", packed.getvalue()
    yield "a name that is escaped", b"\\u9d7a\\u7ac8\\u9b31\\u9dfd"


def planted_below(o, top):
    """In a file, and in a file's name."""
    place = os.path.join(top, "planted")
    os.mkdir(place)
    for name, text in (("file", WORD), (WORD, "")):
        with open(os.path.join(place, name), "w") as f:
            f.write(text)
    found = caught(o, search_files, top)
    shutil.rmtree(place)
    return len({f.split(", ")[0] for f in found}) == 2


# ---- In what is said ----

TELLS = """#!/bin/sh
while read -r line; do echo "$line"; echo "$line" >&2; done
"""


def planted_words(o):
    """By a program that says what it is told, on both ways."""
    svault, o.programs["svault"] = o.programs["svault"], o.path("tells")
    with open(o.path("tells"), "w") as f:
        f.write(TELLS)
    os.chmod(o.path("tells"), 0o755)
    found = caught(o, type(o).run, stdin=f"{WORD}\n")
    o.programs["svault"] = svault
    os.unlink(o.path("tells"))
    return len({f.split(" ")[0] for f in found}) == 2


# ---- In processes ----

def planted_process(o, command="sleep 0.3; :", environ=None, args=()):
    """Seen while it runs?"""
    run = subprocess.Popen(["sh", "-c", command, *args], cwd=o.place,
                           env={**o.environ, **(environ or {})},
                           stderr=subprocess.DEVNULL)
    sampler = process.Sampler(run.pid, o.search_process)
    run.wait()
    return sampler.join()


def planted_processes(o):
    """Each place in /proc that is looked at; its own, and of a child."""
    yield "argv", planted_process(o, args=[WORD])
    yield "environ", planted_process(o, environ={"NOTE": f"my {WORD}"})
    yield "a child's argv", planted_process(o, f"sh -c 'sleep 0.3; :' {WORD}; :")
    opened = planted_process(o, f"sleep 0.3 >{WORD}")
    os.unlink(o.path(WORD))
    yield "the name of an open file", opened


def ordinary(o):
    """A process of the same account that keeps nothing to itself."""
    whom = {} if o.uid is None else {
        "user": o.uid, "group": o.uid, "extra_groups": []}
    return subprocess.Popen(["sleep", "60"], cwd=o.place, env=o.environ,
                            preexec_fn=process.be_traceable, **whom)


def open_ways(o):
    """What check_closed has to say of an ordinary process."""
    yield "may leave a core file"
    yield "has no locked memory"
    if o.uid is not None:
        tools = ["gcore"] if shutil.which("gcore") else []
        for way in ["mem", "environ", "maps", "ptrace", *tools]:
            yield f"its own account comes to it by {way}"


def planted_ordinary(o):
    run = ordinary(o)
    said = " ".join(caught(o, check_closed, run.pid, "sleep"))
    for way in open_ways(o):
        yield way, way in said
    yield "swap", process.number_in("VmLck:\t0 kB\nVmSwap:\t12 kB\n",
                                    "VmSwap") == 12
    os.kill(run.pid, signal.SIGCONT)  # who was traced may have stopped
    left = caught(o, die_by, run.pid, signal.SIGQUIT, "sleep")
    run.wait()
    for name in os.listdir(o.place):
        if name.startswith("core"):
            os.unlink(o.path(name))
    if left:
        yield "a core", True
    else:
        print("leaks: this machine keeps no cores (ulimit -Hc, "
              "/proc/sys/kernel/core_pattern): what a death leaves was not "
              "looked at")


# ---- In memory ----

# What comes is in one mapping and nowhere else.
HOLDER = """
import ctypes, mmap, os, sys, time
kept = mmap.mmap(-1, 4096)
os.readv(0, [kept])
at = ctypes.addressof(ctypes.c_char.from_buffer(kept))
libc = ctypes.CDLL(None)
if "lock" in sys.argv and libc.mlock(ctypes.c_void_p(at), 4096):
    sys.exit("no lock")
if "hide" in sys.argv:
    kept.madvise(16)
print("ready", flush=True)
time.sleep(60)
"""


def held(o, data, *how):
    """Of a process that holds data: (found in its memory, in its dump)."""
    run = subprocess.Popen([sys.executable, "-c", HOLDER, *how],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    run.stdin.write(data)
    run.stdin.close()
    run.stdout.readline()
    memory = caught(o, search_memory, run.pid, "the holder",
                    locked_may=("seed of sato",))
    dump = caught(o, dump_of_root, run.pid, "the holder")
    run.kill()
    run.wait()
    run.stdout.close()
    return memory, dump


def planted_memory(o, key):
    """A key may lie where it is locked and left out of dumps, no text may."""
    memory, dump = held(o, WORD.encode() + key, "lock", "hide")
    yield "a text in locked memory", memory
    yield "where a key may lie is none found", \
        not any("seed" in f for f in memory) and not dump
    memory, dump = held(o, key, "lock")
    yield "a key in memory that dumps have", memory
    if shutil.which("gcore"):
        yield "a key in a dump", dump
    if shutil.which("strace"):
        yield "memory at the end", at_its_end(
            o, ["sh", "-c", "read -r kept"], f"{WORD}\n")[0]


# ---- All ----

def all_planted(o, root, public):
    """(what, was it found)"""
    with open(o.path("keys/sato"), "rb") as f:
        key = f.read()[-32:]
    for what, data in planted_files(o, key):
        yield what, o.canaries.search_file(data)
    for top in (o.path("out"), *public):
        yield f"a file below {top}", planted_below(o, top)
    yield "what is said", planted_words(o)
    yield from planted_processes(o)
    yield from planted_ordinary(o)
    if root:
        yield from planted_memory(o, key)


def controls(o, root, public):
    """The number of planted leaks; Failure where one is not found."""
    n = 0
    for what, found in all_planted(o, root, public):
        n += 1
        if not found:
            raise office.Failure(f"a planted leak is not found: {what}")
    return n


