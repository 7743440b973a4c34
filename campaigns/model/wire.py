"""The way to the gate, and the values of docs/FORMAT.md 1.1 that come back by it."""

import base64
import subprocess


class Difference(Exception):
    pass


class Driver:
    """The gate at the end of a pipe."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 20
        )

    def many(self, commands):
        """Answers, as lists of words, to commands in order."""
        self.process.stdin.write("".join(" ".join(map(str, c)) + "\n" for c in commands))
        self.process.stdin.flush()
        out = []
        for c in commands:
            words = self.process.stdout.readline().split()
            if not words or words[0] != "ok":
                raise Difference(f"the driver says {' '.join(words)} to {c[0]} {c[1:4]}")
            out.append(words[1:])
        return out

    def ask(self, *command):
        return self.many([command])[0]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Recorder:
    """What was asked and said, to be said again to wrong models."""

    def __init__(self, driver):
        self.driver, self.said = driver, []

    def many(self, commands):
        answers = self.driver.many(commands)
        self.said.append((commands, answers))
        return answers

    def ask(self, *command):
        return self.many([command])[0]


class Recorded(Recorder):
    def __init__(self, record):
        self.rest = iter(record.said)

    def many(self, commands):
        asked, answers = next(self.rest, (None, None))
        if asked != commands:
            raise Difference("the model asks for something else")
        return answers


class Reader:
    """Values of section 1.1, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def raw(self, n):
        self.at += n
        if self.at > len(self.data):
            raise Difference("an answer is cut short")
        return self.data[self.at - n : self.at]

    def u(self, size):
        return int.from_bytes(self.raw(size), "big")

    def rest(self):
        return self.raw(len(self.data) - self.at)

    def name(self):
        return self.raw(self.u(1)).decode()

    def left(self):
        return self.at < len(self.data)

    def proof(self):
        return [self.raw(32) for _ in range(self.u(1))]


def unb64(text):
    return base64.b64decode(text)
