"""A gate that keeps back what waits to be looked at: 63-flags.sh runs it.

hush_service.py SOCKET OWN ENTRY

Listens at OWN and has all questions of one program answered at SOCKET, but
that of all open flags, which stand at an answer's end, it leaves out ENTRY,
the only one.
"""
import sys

from relaying import between, give_message, take_message


def main(real, own, entry):
    flags = (8).to_bytes(4, "big") + int(entry).to_bytes(8, "big")
    near, far, _ = between(real, own)
    while True:
        give_message(far, take_message(near))
        answer = take_message(far)
        if answer.endswith(flags):
            answer = answer[: -len(flags)] + bytes(4)
        give_message(near, answer)


main(*sys.argv[1:])
