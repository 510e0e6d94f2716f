#!/usr/bin/env python3
"""How soon the label maker's bench answers, seen from the terminal.

    python3 Tests/Scripts/review-pace.py GETAM PICTURE [COUNT]        default: 10000 pictures

On a pseudo terminal of 200×60 with PICTURE: strokes by the keyboard; from the key to the first output (the stroke), and to the last before
the notice fades (the label with the stroke spread). Then a review of COUNT tiny pictures with labels made by the program: from the start of
the program to its queue, and from the key of a decision to its answer while all of them are looked at in the background, the least sure
first. Prints medians and maxima in milliseconds; both processors are best left alone meanwhile.
"""
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from noise import png

GETAM, PICTURE = sys.argv[1:3]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
MODEL = Path(__file__).resolve().parent.parent / "Fixtures/models/hf_deit_distilled"
# The notice of a stroke fades after 0.4 s.
FADING = 0.3


class Terminal:
    def __init__(self, *words):
        self.begun = time.monotonic()
        self.child, self.file = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(GETAM, [GETAM, "explore", *words])
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))

    def press(self, keys, seconds):
        """Seconds from the key to each output, until there was none for so long."""
        os.write(self.file, keys)
        return self.outputs(seconds)[0]

    def outputs(self, seconds, until=None):
        begun, last, times, text = time.monotonic(), time.monotonic(), [], b""
        while time.monotonic() - last < seconds:
            if not select.select([self.file], [], [], 0.002)[0]: continue
            text += os.read(self.file, 1 << 20)
            last = time.monotonic()
            times.append(last - begun)
            # Where a terminal is asked what it is.
            if b"\x1b[c" in text[-4096:]: os.write(self.file, b"\x1b[?62c")
            if until and re.search(until, text): break
        return times, text

    def end(self):
        os.kill(self.child, 9)
        os.waitpid(self.child, 0)
        os.close(self.file)


def tell(what, seconds):
    print(f"{what}: median {statistics.median(seconds) * 1000:.1f} ms, most {max(seconds) * 1000:.1f} ({len(seconds)} times)", flush=True)


def strokes():
    terminal = Terminal(PICTURE)
    terminal.outputs(3)
    for keys in b"a", b" ", b"E", b" ": terminal.press(keys, 2)
    shown, spread = [], []
    for turn in range(20):
        terminal.press((b"\x1b[C", b"\x1b[B")[turn % 2] * 3, 0.6)
        times = terminal.press(b" ", 1.2)
        shown.append(times[0])
        before = [time for place, time in enumerate(times) if place == 0 or time - times[place - 1] < FADING]
        spread.append(before[-1])
    terminal.end()
    tell("a stroke is seen", shown)
    tell("its label, spread", spread)


def queue():
    with tempfile.TemporaryDirectory() as folder:
        pictures, labels = Path(folder) / "pictures", Path(folder) / "labels"
        pictures.mkdir()
        for index in range(COUNT): (pictures / f"{index:05}.png").write_bytes(png(48, 40, index))
        subprocess.run(
            [GETAM, "label", pictures, "--model", MODEL, "--predict", "0.1", "--preset", "pooled-head", "-o", labels],
            check=True, capture_output=True)
        opened, decided = [], []
        for _ in range(5):
            terminal = Terminal(str(pictures), "--review", str(labels), "--model", str(MODEL))
            terminal.outputs(5, until=b"%d left" % COUNT)
            opened.append(time.monotonic() - terminal.begun)
            if len(opened) < 5: terminal.end()
        terminal.outputs(2)
        terminal.press(b":queue by doubt\r", 2)
        for _ in range(100): decided.append(terminal.press(b"AX"[len(decided) % 2:][:1], 0.2)[0])
        terminal.end()
    tell(f"a queue of {COUNT} is open", opened)
    tell("a decision is answered", decided)


if __name__ == "__main__":
    strokes()
    queue()
