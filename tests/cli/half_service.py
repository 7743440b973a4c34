"""A service that ends in mid-command: 57-half-service.sh runs it.

half_service.py SOCKET OWN N gone|lost|full

Listens at OWN and has the first N questions answered at SOCKET. Then it is
gone; or it takes one question more, whose answer is lost; or it answers that
one by itself: the vault's disk is full.
"""
import os
import socket
import sys

FULL = b"SVR\x01\x02" + (13).to_bytes(4, "big")


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
    return header + take(stream, int.from_bytes(header[4:], "big"))


def main(real, own, n, end):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(own)
    listener.listen(4)
    print("ready", flush=True)
    near, _ = listener.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(real)
    for i in range(int(n)):
        far.sendall(take_frame(near))
        answer = take_frame(far)
        if end == "gone" and i == int(n) - 1:
            listener.close()
            os.unlink(own)
            near.shutdown(socket.SHUT_RD)  # no further question leaves her
        near.sendall(answer)
    if end != "gone":
        question = take_frame(near)
        listener.close()
        os.unlink(own)
        if end == "lost":
            far.sendall(question)
            take_frame(far)
        else:
            reason = b"store"
            answer = FULL + bytes([len(reason)]) + reason
            near.sendall(b"SVF\x01" + len(answer).to_bytes(4, "big") + answer)
    near.close()


main(*sys.argv[1:])
