#!/usr/bin/env python3
"""How much memory the explorer holds while it is used at random.

    explorer-memory.py GETAM PICTURES [EVENTS [SEED]]

GETAM is the built program, PICTURES a file or folder, EVENTS how many keys and commands to send (6000). Half of the time on
labels and settings, half on pictures, maps and views. Prints the resident memory twenty times; exits with 1 where it ends
more than a fifth above what it was after the first fifth of the events, or if the explorer ends by itself.
"""
import fcntl
import os
import pty
import random
import re
import select
import struct
import sys
import termios
import time

getam, pictures = sys.argv[1:3]
events = int(sys.argv[3]) if len(sys.argv) > 3 else 6000
random.seed(int(sys.argv[4]) if len(sys.argv) > 4 else 1)

KEYS = list("hhlljjkkvvsoaaaarcig[[]]xnnnpp+-0HJKL\t") + ["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", " ", "u", "U"]
COMMANDS = [
    "pamr 4", "pamr off", "start 4", "start 6", "start 8", "predict 0.2", "predict 0.5", "saliency barrier", "saliency none", "method getam",
    "method attention", "method next", "background level 0.4", "preset load getam", "preset load pooled-head", "mark none", "layer 3",
    "threshold 30%", "threshold off", "view label", "view overlay", "image {}",
]


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1000


pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    os.execv(getam, [getam, "explore", pictures])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))


last = []


def drain(quiet, most):
    """Reads what is drawn until nothing more comes."""
    end = time.monotonic() + most
    while time.monotonic() < end and select.select([terminal], [], [], quiet)[0]:
        try:
            drawn = os.read(terminal, 1 << 16)
            if not drawn:
                return False
            last.append(drawn)
            del last[:-200]
        except OSError:
            return False
    return True


drain(1, 10)
figures = []
for event in range(events):
    if random.random() < 0.15:
        line = random.choice(COMMANDS).format(random.randint(1, 3000))
        keys = f":{line}\r"
    else:
        keys = random.choice(KEYS)
    os.write(terminal, keys.encode())
    # Most answers are waited for, some are overtaken.
    if not drain(random.choice([0.002, 0.01, 0.05]), 2):
        print(f"the explorer ended after {event} events")
        sys.exit(1)
    if (event + 1) % max(events // 20, 1) == 0:
        drain(0.3, 10)
        figures.append(resident(pid))
        print(f"{event + 1:6} events  {figures[-1]:7.0f} MB", flush=True)
last.clear()
os.write(terminal, b":memory\r")
drain(0.3, 2)
said = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\(B", b"", b"".join(last)).decode(errors="replace")
print("the explorer says", (re.findall(r"memory: .*? of .*?: .*? labels .*?MB", said) or ["nothing"])[-1])
os.write(terminal, b"qy")
drain(0.5, 5)
early, late = max(figures[: len(figures) // 5]), figures[-1]
print(f"after a fifth {early:.0f} MB, at the end {late:.0f} MB")
sys.exit(0 if late <= 1.2 * early else 1)
