#!/usr/bin/env python3
"""Kills reviews at random moments while decisions are made, and looks at what the log holds.

    python3 Tests/Scripts/review-kill.py GETAM [KILLS]        default: 1000 kills

`getam explore --review` is run on a pseudo terminal over tiny pictures. Notes with a running number are typed, one after the other, and after
a random while the program is killed (SIGKILL). Then every line of the log but the last must be whole JSON, and every note whose answer was
seen on the screen more than a second before the kill must be there. The next review goes on with the same log. Exit status 1 where not.
"""
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from noise import png

GETAM = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
MODEL = Path(__file__).resolve().parent.parent / "Fixtures/models/hf_deit_distilled"


def review(place, first, moments):
    """Types notes until a random moment, kills, and says when each note was answered, and when the end came."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", SWIFT_BACKTRACE="enable=no")
        os.execv(GETAM, [GETAM, "explore", str(place / "pictures"), "--review", str(place / "labels"), "--model", str(MODEL)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    answered, number, text, begun = {}, first, b"", False
    end = None
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.02)
        if ready:
            try:
                text = (text + os.read(terminal, 65536))[-20000:]
            except OSError:
                break
        if not begun:
            # The review is there: the first key is typed, and the clock runs.
            if b" left" in text:
                begun, end = True, time.monotonic() + moments.uniform(0.02, 2.2)
                os.write(terminal, b"N\x15note %d\r" % number)
            continue
        if re.search(rb"note: note %d\b" % number, text):
            answered[number] = time.monotonic()
            number += 1
            text = b""
            os.write(terminal, b"zN\x15note %d\r" % number)
    killed = time.monotonic()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(terminal)
    return answered, killed, number + 1


def main():
    moments, number, torn, notes = random.Random(1), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pictures").mkdir()
        for index in range(40):
            (place / f"pictures/{index:02}.png").write_bytes(png(32, 24, index))
        log = place / "labels/review.jsonl"
        for kill in range(KILLS):
            answered, killed, number = review(place, number, moments)
            bytes_ = log.read_bytes() if log.exists() else b""
            whole, _, rest = bytes_.rpartition(b"\n")
            torn += bool(rest)
            lines = [json.loads(line) for line in whole.split(b"\n") if line]
            known = {line.get("note") for line in lines}
            for note, moment in answered.items():
                if killed - moment > 1 and f"note {note}" not in known:
                    sys.exit(f"kill {kill + 1}: note {note}, answered {killed - moment:.2f} s before, is lost")
            notes += len(answered)
            if (kill + 1) % 50 == 0:
                print(f"{kill + 1} kills: {notes} notes answered, {len(lines)} lines, {torn} last lines cut short", flush=True)
    print(f"{KILLS} kills, nothing lost")


if __name__ == "__main__":
    main()
