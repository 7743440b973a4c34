"""A service that ends in mid-command: 57-half-service.sh runs it.

half_service.py SOCKET OWN N gone|lost|full

Listens at OWN and has the first N questions answered at SOCKET. Then it is
gone; or it takes one question more, whose answer is lost; or it answers that
one by itself: the vault's disk is full.
"""
import os
import socket
import sys

from relaying import between, give_message, take_message

FULL = b"SVR\x01\x02" + (13).to_bytes(4, "big")


def main(real, own, n, end):
    near, far, listener = between(real, own)
    for i in range(int(n)):
        give_message(far, take_message(near))
        answer = take_message(far)
        if end == "gone" and i == int(n) - 1:
            listener.close()
            os.unlink(own)
            near.shutdown(socket.SHUT_RD)  # no further question leaves her
        give_message(near, answer)
    if end != "gone":
        question = take_message(near)
        listener.close()
        os.unlink(own)
        if end == "lost":
            give_message(far, question)
            take_message(far)
        else:
            reason = b"store"
            give_message(near, FULL + bytes([len(reason)]) + reason)
    near.close()


main(*sys.argv[1:])
