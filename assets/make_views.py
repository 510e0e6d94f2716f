#!/usr/bin/env python3
"""Makes the pictures of the README: screens of the explorer, as a terminal of 120×38 shows them, and figures.

    make_views.py GETAM

GETAM is the built program; model and pictures are the bundled ones. The explorer runs in a tmux of its own, whose cells are drawn
here: blocks as rectangles, text in DejaVu Sans Mono (Debian's fonts-dejavu-core). Writes assets/views/. Needs tmux and Pillow.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from PIL import Image, ImageDraw, ImageFont

ASSETS = os.path.dirname(os.path.abspath(__file__))
PICTURES, VIEWS = os.path.join(ASSETS, "pictures"), os.path.join(ASSETS, "views")
COLUMNS, ROWS, WIDTH, HEIGHT = 120, 38, 7, 14
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
GROUND, TEXT = (16, 18, 24), (208, 212, 220)
WAITING = re.compile(r"waiting for|no map yet|no label yet|[▰▱]")

# A picture a view: its name, the explorer's picture, and what is typed.
SCREENS = [
    ("overlay", "09-cow-and-sheep.jpg", [":class cow", "x"]),
    ("panes", "09-cow-and-sheep.jpg", [":pane add", ":class sheep", ":pane add", ":difference 1"]),
    ("grid", "03-dog.jpg", [":quantity attention", ":grid headsxlayers"]),
    ("query", "07-cat-face.jpg", [":quantity attention", ":layer 9", ":query 6 6", ":pane add", ":quantity key-similarity"]),
    ("table", "08-two-dogs.jpg", [":quantity entropy"]),
    ("components", "10-horses-and-dog.jpg", [":quantity pca", ":blend flat", ":pane add", ":quantity lens-class"]),
    ("label", "01-cat.jpg", [":view label"]),
]
FIGURES = [
    ("layers", ["09-cow-and-sheep.jpg", "-c", "cow", "-c", "sheep", "--layers", "8-11"]),
    ("methods", ["01-cat.jpg", "03-dog.jpg", "--method", "getam", "--method", "grad-attention", "--method", "rollout",
                 "--method", "cdam", "--method", "pca"]),
]


class Terminal:
    def __init__(self, getam, picture):
        self.folder = tempfile.mkdtemp()
        self.socket = os.path.join(self.folder, "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "cat")
        for option, value in [("default-terminal", "tmux-256color"), ("status", "off")]:
            self.tmux("set-option", "-g", option, value)
        words = [getam, "explore", "--colors", "24bit", "--theme", "dark", os.path.join(PICTURES, picture)]
        self.pane = self.tmux("new-window", "-P", "-F", "#{pane_id}", " ".join(f"'{word}'" for word in words)).strip()
        self.wait()

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True).stdout

    def wait(self):
        """Until three looks in turn find the same, with nothing still to come."""
        before, same = None, 0
        for _ in range(200):
            time.sleep(0.2)
            now = self.tmux("capture-pane", "-p", "-e", "-N", "-t", self.pane)
            same = same + 1 if now == before else 0
            if same > 1 and now.strip() and not WAITING.search(re.sub(r"\x1b\[[0-9;:]*m", "", now)):
                return now
            before = now
        sys.exit("the explorer does not come to rest:\n" + re.sub(r"\x1b\[[0-9;:]*m", "", now))

    def type(self, keys):
        if keys.startswith(":"):
            self.tmux("send-keys", "-t", self.pane, "-l", keys)
            self.tmux("send-keys", "-t", self.pane, "Enter")
        else:
            self.tmux("send-keys", "-t", self.pane, keys)
        return self.wait()

    def end(self):
        self.tmux("kill-server")
        shutil.rmtree(self.folder)


def palette(number):
    if number < 16:
        level = 255 if number > 7 else 170
        return tuple(level if number & bit else 0 for bit in (1, 2, 4))
    if number < 232:
        return tuple(0 if part == 0 else 55 + 40 * part for part in ((number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6))
    return (8 + 10 * (number - 232),) * 3


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.front, self.back, self.bold, self.reverse = TEXT, GROUND, False, False

    def apply(self, codes):
        codes = [int(code or 0) for code in re.split("[;:]", codes)] if codes else [0]
        while codes:
            code = codes.pop(0)
            if code == 0: self.reset()
            elif code == 1: self.bold = True
            elif code == 22: self.bold = False
            elif code == 7: self.reverse = True
            elif code == 27: self.reverse = False
            elif code == 39: self.front = TEXT
            elif code == 49: self.back = GROUND
            elif code in (38, 48):
                kind = codes.pop(0)
                color = tuple(codes.pop(0) for _ in range(3)) if kind == 2 else palette(codes.pop(0))
                if code == 38: self.front = color
                else: self.back = color
            elif 30 <= code <= 37: self.front = palette(code - 30)
            elif 40 <= code <= 47: self.back = palette(code - 40)
            elif 90 <= code <= 97: self.front = palette(code - 82)
            elif 100 <= code <= 107: self.back = palette(code - 92)


def blocks(letter):
    """The parts of a cell that a block covers, as boxes in halves across and sixths down; None for other letters."""
    code, full = ord(letter), [(0, 0, 2, 6)]
    halves = {"▀": [(0, 0, 2, 3)], "▄": [(0, 3, 2, 6)], "█": full, "▌": [(0, 0, 1, 6)], "▐": [(1, 0, 2, 6)]}
    if letter in halves: return halves[letter]
    if 0x2596 <= code <= 0x259F:
        corners = {
            "▖": "l", "▗": "r", "▘": "L", "▙": "Llr", "▚": "Lr", "▛": "LRl", "▜": "LRr", "▝": "R", "▞": "Rl", "▟": "Rlr"}[letter]
        place = {"L": (0, 0, 1, 3), "R": (1, 0, 2, 3), "l": (0, 3, 1, 6), "r": (1, 3, 2, 6)}
        return [place[corner] for corner in corners]
    if 0x1FB00 <= code <= 0x1FB3B:
        bits = code - 0x1FB00 + 1
        # Halves that are blocks of their own are left out of the row.
        bits += (bits >= 0x15) + (bits + (bits >= 0x15) >= 0x2A)
        return [(bit % 2, bit // 2 * 2, bit % 2 + 1, bit // 2 * 2 + 2) for bit in range(6) if bits >> bit & 1]
    return None


def draw(screen):
    image = Image.new("RGB", (COLUMNS * WIDTH, ROWS * HEIGHT), GROUND)
    pencil, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 12)
    pen = Pen()
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        column = 0
        for part in re.split(r"\x1b\[([0-9;:]*)m", line)[0:1] + re.findall(r"\x1b\[[0-9;:]*m[^\x1b]*", line):
            if part.startswith("\x1b["):
                codes, part = part[2:].split("m", 1)
                pen.apply(codes)
            for letter in part:
                front, back = (pen.back, pen.front) if pen.reverse else (pen.front, pen.back)
                x, y = column * WIDTH, row * HEIGHT
                pencil.rectangle((x, y, x + WIDTH - 1, y + HEIGHT - 1), back)
                covered = blocks(letter)
                if covered is not None:
                    for left, top, right, bottom in covered:
                        pencil.rectangle(
                            (x + left * WIDTH // 2, y + top * HEIGHT // 6, x + right * WIDTH // 2 - 1, y + bottom * HEIGHT // 6 - 1), front)
                elif letter != " ":
                    pencil.text((x, y), letter, front, font)
                column += 1
    return image


def main():
    if len(sys.argv) != 2: sys.exit(__doc__)
    getam = os.path.abspath(sys.argv[1])
    os.makedirs(VIEWS, exist_ok=True)
    for name, picture, keys in SCREENS:
        terminal = Terminal(getam, picture)
        screen = terminal.wait()
        for key in keys: screen = terminal.type(key)
        terminal.end()
        # As many colors as a palette holds are enough for what blocks show.
        draw(screen).quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            os.path.join(VIEWS, f"{name}.png"), optimize=True)
    for name, words in FIGURES:
        path = os.path.join(VIEWS, f"{name}.png")
        words = [os.path.join(PICTURES, word) if word.endswith(".jpg") else word for word in words]
        subprocess.run([getam, "figure", "-o", path, "--dpi", "120", *words], check=True)
    for name in sorted(os.listdir(VIEWS)): print(name, os.path.getsize(os.path.join(VIEWS, name)))


main()
