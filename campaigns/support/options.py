"""What a campaign was asked for, on its command line."""

import sys


def chosen(argv, numbers, usage):
    """The value of each of numbers, which has (in full, short) for its names;
    SystemExit(2) where the line makes no sense, or asks for nothing at all,
    and (0) for --help."""
    short = "--short" in argv
    rest = [a for a in argv if a != "--short"]
    values = {name: both[short] for name, both in numbers.items()}
    if "--help" in rest:
        print(usage.strip())
        raise SystemExit(0)
    try:
        while rest:
            name = rest.pop(0)
            if name not in values:
                raise ValueError(name)
            values[name] = int(rest.pop(0))
        if min(values.values()) < 0 or \
                not any(n for name, n in values.items() if name != "--seed"):
            raise ValueError
    except (ValueError, IndexError):
        print(usage.split("\n\n")[1].strip(), file=sys.stderr)
        raise SystemExit(2) from None
    return values
