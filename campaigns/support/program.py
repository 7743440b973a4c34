"""A campaign as a program: what it attacks is built, and however it ends,
what it made is gone."""

import os
import signal
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def built(name, *targets):
    """The directory with these programs: SV_BUILD as it is, or build/dev,
    where they are built first."""
    if "SV_BUILD" in os.environ:
        return os.path.abspath(os.environ["SV_BUILD"])
    print(f"{name}: building what is attacked in build/dev", flush=True)
    for words in (["--preset", "dev"],
                  ["--build", "--preset", "dev", "--target", *targets]):
        done = subprocess.run(["cmake", *words], cwd=TOP, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout.decode("utf-8", "replace")[-2000:])
            raise SystemExit(f"{name}: it does not build")
    return os.path.join(TOP, "build", "dev")


def run(name, main):
    """main(arguments) to its end, or to the end that somebody makes of it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
