"""Questions and answers as they go through a relay of ours: for the Python
programs beside it."""
import socket
import sys

MAGIC = b"SVF\x01"


def take(stream, n):
    data = b""
    while len(data) < n:
        more = stream.recv(n - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data


def take_message(stream):
    header = take(stream, 8)
    return take(stream, int.from_bytes(header[4:], "big"))


def give_message(stream, message):
    stream.sendall(MAGIC + len(message).to_bytes(4, "big") + message)


def between(real, own):
    """Listens at own, says so, and takes one program: it, the service at
    real, and where others may still come in."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(own)
    listener.listen(4)
    print("ready", flush=True)
    near, _ = listener.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(real)
    return near, far, listener
