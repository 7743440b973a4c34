"""File systems in files, mounted, and the power that fails under them."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
import time

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN
NO_LOG_FLUSH = struct.pack("I", 2)
MKFS = {
    "ext4": ["mkfs.ext4", "-q", "-m", "0", "-E",
             "nodiscard,lazy_itable_init=0,lazy_journal_init=0"],
    "xfs": ["mkfs.xfs", "-q", "-K"],
}
SIZE = {"ext4": 64 << 20, "xfs": 320 << 20}
PATIENCE_S = 10


def call(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def made(path, kind, size=None, options=()):
    """A new file system in a sparse file."""
    with open(path, "wb") as f:
        f.truncate(size or SIZE[kind])
    call(*MKFS[kind], *options, path)
    return path


def copied(source, target):
    call("cp", "--sparse=always", source, target)


def patiently(*argv):
    """Again, until it is done; CalledProcessError where it never is."""
    until = time.monotonic() + PATIENCE_S
    while subprocess.run(argv, stderr=subprocess.DEVNULL,
                         check=False).returncode != 0:
        if time.monotonic() > until:
            call(*argv)
        time.sleep(0.02)


def mount(image, place):
    """Others may have every loop device for a moment."""
    patiently("mount", "-o", "loop", image, place)


def unmount(place):
    """Whoever was killed a moment ago may still hold it."""
    patiently("umount", place)


@contextlib.contextmanager
def mounted(image, place):
    mount(image, place)
    try:
        yield place
    finally:
        unmount(place)


def cut(place):
    """The power fails: what is not on the disk will never be."""
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(fd, SHUTDOWN, NO_LOG_FLUSH)
    finally:
        os.close(fd)


def emptied(place):
    shutil.rmtree(place, ignore_errors=True)
    os.mkdir(place)
    return place
