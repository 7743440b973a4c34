"""A gate that keeps back what waits to be looked at: 63-flags.sh runs it.

hush_service.py SOCKET OWN ENTRY

Listens at OWN and has all questions of one program answered at SOCKET, but
that of all open flags, which stand at an answer's end, it leaves out ENTRY,
the only one.
"""
import socket
import sys


def take(stream, n):
    data = b""
    while len(data) < n:
        more = stream.recv(n - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def take_frame(stream):
    header = take(stream, 8)
    return take(stream, int.from_bytes(header[4:], "big"))


def frame(message):
    return b"SVF\x01" + len(message).to_bytes(4, "big") + message


def main(real, own, entry):
    flags = (8).to_bytes(4, "big") + int(entry).to_bytes(8, "big")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(own)
    listener.listen(4)
    print("ready", flush=True)
    near, _ = listener.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(real)
    while True:
        far.sendall(frame(take_frame(near)))
        answer = take_frame(far)
        if answer.endswith(flags):
            answer = answer[: -len(flags)] + bytes(4)
        near.sendall(frame(answer))


main(*sys.argv[1:])
