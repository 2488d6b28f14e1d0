"""What workers of the tests do; imported by their processes."""

import os
import signal
import time
from pathlib import Path

from synesthete.errors import SynestheteError


def square(offset):
    def do(job):
        return job * job + offset

    return do


def troubled(folder):
    """Jobs by word: raise, die once, die always, wait, or say who is at work."""

    def do(job):
        word, number = job
        if word == "raise":
            raise SynestheteError(f"job {number} cannot be done")
        if word == "die once" and not (mark := Path(folder) / f"died-{number}").exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "die always":
            os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(0.05 if word == "wait" else 0)
        return number, os.getpid()

    return do


def asking(known):
    """Jobs that are answered by a function that was handed over."""
    return known


def fatal():
    """A worker that cannot even prepare."""
    os.kill(os.getpid(), signal.SIGKILL)


def refused():
    """A worker that says why it cannot prepare."""
    raise SynestheteError("the weights are of another encoder")
