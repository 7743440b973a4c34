"""What a shell cannot do to an agent: 72-agent.sh runs it.

tap SOCKET FILE     stand between programs and the agent, keeping what is said
type PROMPT=ANSWER... -- COMMAND...   run it on a terminal; see type_at()
ask SOCKET [UID]    as that user, say hello and print what comes, in hexadecimal
memory PID HEX...   print those of the words that stand in its memory
"""
import os
import pty
import select
import socket
import subprocess
import sys

MAPPED_MAX = 64 << 20  # beyond it is what a sanitizer keeps


def tap(path, keep):
    """Until the agent hangs up or the program is told to end."""
    os.rename(path, path + ".real")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    print("ready", flush=True)
    pairs = {}
    with open(keep, "wb", buffering=0) as out:
        while True:
            for s in select.select([listener, *pairs], [], [])[0]:
                if s is listener:
                    near, _ = listener.accept()
                    far = socket.socket(socket.AF_UNIX)
                    far.connect(path + ".real")
                    pairs[near], pairs[far] = far, near
                    continue
                if s not in pairs:
                    continue
                data = s.recv(65536)
                if data:
                    out.write(data)
                    pairs[s].sendall(data)
                    continue
                other = pairs.pop(s)
                pairs.pop(other)
                s.close()
                other.close()


def type_at(words):
    """Each word is PROMPT=ANSWER: wait for the one, run `!command` or type
    the other.  Prints all that the terminal showed; the command's exit code
    is this one's."""
    cut = words.index("--")
    script = [w.split("=", 1) for w in words[:cut]]
    child, fd = pty.fork()
    if child == 0:
        os.execvp(words[cut + 1], words[cut + 1:])
    shown = b""
    seen = 0
    while True:
        try:
            data = os.read(fd, 4096)
        except OSError:
            data = b""
        if not data:
            break
        shown += data
        while script and script[0][0].encode() in shown[seen:]:
            prompt, answer = script.pop(0)
            seen = shown.index(prompt.encode(), seen) + len(prompt.encode())
            if answer.startswith("!"):
                command, answer = answer[1:].split("!", 1)
                subprocess.run(command, shell=True, check=True)
            os.write(fd, answer.encode() + b"\n")
    sys.stdout.buffer.write(shown)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ask(path, uid=None):
    if uid is not None:
        os.setgroups([])
        os.setuid(int(uid))
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    try:
        s.connect(path)
    except OSError as e:
        return print("not connected:", type(e).__name__)
    try:
        s.sendall(bytes.fromhex("00000005" "5356410101"))
        print("connected:", s.recv(4096).hex())
    except ConnectionError:
        print("connected:")


def memory(pid, words):
    """Which of the words stand in memory that the process can write."""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem",
                                                 "rb") as mem:
        for line in maps:
            place, mode = line.split()[:2]
            if not mode.startswith("rw"):
                continue
            first, last = (int(x, 16) for x in place.split("-"))
            if last - first > MAPPED_MAX:
                continue
            mem.seek(first)
            data = mem.read(last - first)
            found |= {w for w in words if bytes.fromhex(w) in data}
    print(*sorted(found))


def main(argv):
    if argv[1] == "tap":
        return tap(argv[2], argv[3])
    if argv[1] == "type":
        return type_at(argv[2:])
    if argv[1] == "memory":
        return memory(argv[2], argv[3:])
    return ask(*argv[2:])


sys.exit(main(sys.argv))
