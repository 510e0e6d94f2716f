#!/usr/bin/env python3
"""Kills reviews at random moments while decisions are made and labels are painted, and looks at what the log holds.

    python3 -m venv seen && seen/bin/pip install pyte==0.8.2
    seen/bin/python Tests/Scripts/review-kill.py GETAM [KILLS] [SEED]        default: 1000 kills, seed 1

`getam explore --review` is run on a pseudo terminal over tiny pictures. Of picture after picture a note with a running number is typed,
strokes are painted by keys, and it is accepted, rejected or flagged; each act is answered when the screen says so, and after a random while
the program is killed (SIGKILL). Then the log must be whole lines of JSON, and of each picture hold what was answered more than a second
before the kill, or what was done to it since. The next review goes on with the same log; after 25 a new one begins. Exit status 1 where not.
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
from dataclasses import dataclass
from pathlib import Path

import pyte

from noise import png

GETAM = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
MODEL = Path(__file__).resolve().parent.parent / "Fixtures/models/hf_deit_distilled"
DECISIONS = {"A": ("accept", "accepted"), "X": ("reject", "rejected"), "F": ("flag", "flagged")}
# Seconds until a key that was not answered is pressed again: a label that is not there yet can't be accepted.
PATIENCE = 0.25


@dataclass(frozen=True)
class State:
    """What is known of a picture: the number in its note, how many strokes, its decision."""
    note: int = -1
    strokes: int = 0
    decision: str = "undecided"

    def goes_to(self, later):
        """Whether nothing of this state is lost in another."""
        return self.note <= later.note and self.strokes <= later.strokes and self.decision in ("undecided", later.decision)


class Review:
    """The program on a terminal, until it is killed."""

    def __init__(self, place, seconds):
        self.child, self.file = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="linux", SWIFT_BACKTRACE="enable=no")
            os.execv(GETAM, [GETAM, "explore", str(place / "pictures"), "--review", str(place / "labels"), "--model", str(MODEL)])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.end = time.monotonic() + 60
        self.wait(r" left")
        self.end = time.monotonic() + seconds

    def wait(self, pattern, seconds=60):
        """What the screen shows of a pattern, or nothing after so many seconds. Where the time is over, `TimeoutError`."""
        last = time.monotonic() + seconds
        while time.monotonic() < last:
            if found := re.search(pattern, "\n".join(self.screen.display)): return found
            left = self.end - time.monotonic()
            if left <= 0: raise TimeoutError
            if select.select([self.file], [], [], min(left, 0.02))[0]: self.stream.feed(os.read(self.file, 65536))
        return None

    def press(self, keys, pattern):
        """Presses keys until the screen answers."""
        while True:
            os.write(self.file, keys.encode())
            if found := self.wait(pattern, PATIENCE): return found

    def kill(self):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        os.close(self.file)
        return time.monotonic()


def review(place, number, moments):
    """Works until a random moment and kills: what was answered when (picture, state, moment), when the end came, the next free number."""
    review, answered, painting = Review(place, moments.uniform(0.02, 3.0)), [], False

    def answer(picture, state): answered.append((picture, state, time.monotonic()))

    try:
        while True:
            number += 1
            review.press(f"N\x15note {number}\r", rf"note: note {number}\b")
            place_ = review.wait(r"(\d+)/\d+ *$")
            picture, state = f"{int(place_[1]) - 1:03}", State(note=number)
            answer(picture, state)
            if number % 3 != 2:
                if not painting:
                    # The class that is marked is the brush's, for all pictures to come.
                    review.press(" ", r"marked")
                    review.press("E", r"paint:")
                    painting = True
                for count in range(1, moments.randint(2, 4)):
                    review.press("\x1b[C\x1b[B"[3 * (count % 2):][:3] + " ", rf"radius \d+; {count} stroke")
                    state = State(number, count)
                    answer(picture, state)
            key = "AXF"[number % 3]
            review.press(key, rf"{picture}.png {DECISIONS[key][1]}")
            answer(picture, State(number, state.strokes, DECISIONS[key][0]))
    except TimeoutError:
        return answered, review.kill(), number + 1


def known(lines):
    """The last state of each picture in a log."""
    states = {}
    for line in lines:
        note = re.fullmatch(r"note (\d+)", line.get("note", ""))
        states[line["picture"]] = State(int(note[1]) if note else -1, len(line.get("strokes", {}).get("strokes", [])), line["decision"])
    return states


def main():
    moments, number, counts = random.Random(SEED), 0, {"notes": 0, "strokes": 0, "decisions": 0}
    late = kill = 0
    while kill < KILLS:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "pictures").mkdir()
            for index in range(200): (place / f"pictures/{index:03}.png").write_bytes(png(32, 24, index))
            log, expected = place / "labels/review.jsonl", {}
            for _ in range(min(25, KILLS - kill)):
                kill += 1
                answered, killed, number = review(place, number, moments)
                bytes_ = log.read_bytes() if log.exists() else b""
                if bytes_ and not bytes_.endswith(b"\n"): sys.exit(f"kill {kill}: the last line is torn: {bytes_[-80:]!r}")
                states = known(json.loads(line) for line in bytes_.splitlines())
                for picture, state, moment in answered:
                    counts["decisions" if state.decision != "undecided" else "strokes" if state.strokes else "notes"] += 1
                    if killed - moment <= 1: continue
                    late += 1
                    expected[picture] = state
                for picture, state in expected.items():
                    if not state.goes_to(states.get(picture, State())):
                        sys.exit(f"kill {kill}: {picture}: {state} is lost; the log has {states.get(picture)}")
                expected = {picture: states[picture] for picture in states}
        done = ", ".join(f"{count} {what}" for what, count in counts.items())
        print(f"{kill} kills: answered {done}; {late} of them a second old and more", flush=True)
    print(f"{KILLS} kills, nothing lost, no line torn")


if __name__ == "__main__":
    main()
