#!/usr/bin/env python3
"""Walks through all that the explorer shows, inside a tmux of its own, at three sizes: panes and locks, two models, grids, heads,
queries, contrasts, every quantity, regions, ablation, the fusion lab, blends, glyphs, themes, copies, the mouse, the ways back.

    explorer-walk.py GETAM [COLUMNSxROWS …]

GETAM is the built program; pictures and model are the bundled ones. After each step the frame must be whole: as many lines as the
screen has, what the step is said to show, the status line with a layer, a range and the picture's number, and a program that lives.
A line a step; exits 0 if all is right, 1 if not, 77 (skipped) without tmux.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ASSETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "assets")
MODEL = os.path.join(ASSETS, "models", "animals")
PICTURES = os.path.join(ASSETS, "pictures")
SIZES = [(80, 24), (120, 40), (200, 60)]
# What no frame may show.
BROKEN = re.compile(r"[Ee]rror|Fatal|\bnan\b|�|Sources/|\bnil\b|Optional\(")
# The last line: which layers, then a range or that there is none yet, and the picture's number at the end.
STATUS = re.compile(r"^ (layer \d+|fused \d+-\d+|last layer|all layers)\b.* \d+/\d+\s*$")
# What says that something is still to come: in words, and as the dot in a cell of a grid or of the filmstrip.
WAITING = re.compile(r"waiting for|no map yet|no label yet|no answer yet|forward pass")
CELL = re.compile(r"  ·  ")
# At the end of the line of hints while something is being done: Esc would stop that.
WORKING = re.compile(r"[▰▱]|  \S[^…]{0,15} …\s*$")


def quantities(getam):
    """All that `getam map --method` takes, as the program itself says when it is given another."""
    outcome = subprocess.run(
        [getam, "map", "--method", "?", os.path.join(PICTURES, "01-cat.jpg")], capture_output=True, text=True)
    return re.findall(r"[a-z][a-z+-]+", outcome.stderr.split("known are", 1)[-1])


class Walk:
    def __init__(self, getam, columns, rows, options=()):
        self.columns, self.rows, self.failures, self.steps = columns, rows, 0, 0
        self.folder = tempfile.mkdtemp()
        self.socket = os.path.join(self.folder, "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "cat")
        self.tmux("set-option", "-g", "default-terminal", "tmux-256color")
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("set-option", "-g", "status", "off")
        # The clipboard is asked for by the program and held by this tmux alone.
        self.tmux("set-option", "-g", "set-clipboard", "on")
        words = [getam, "explore", "--model", MODEL, *options, PICTURES]
        # tmux itself does not always hear of a program's end; a shell around it does.
        self.status = os.path.join(self.folder, "status")
        command = " ".join(f"'{word}'" for word in words) + f"; echo $? > '{self.status}'"
        self.pane = self.tmux("new-window", "-P", "-F", "#{pane_id}", command).strip()

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p", "-N", "-t", self.pane).split("\n")[:-1]

    def is_alive(self):
        return not os.path.exists(self.status)

    def send(self, keys):
        """Keys by their names in tmux, a space between them; what begins with “:” is a command line, with “click ” a click on what is
        there by that pattern, with “wheel ” three turns of the wheel over it."""
        action, _, pattern = keys.partition(" ")
        if action in ("click", "wheel") and pattern:
            place = self.place(pattern)
            if place:
                self.mouse(action, *place)
            return
        if keys.startswith(":") and len(keys) > 1:
            self.tmux("send-keys", "-t", self.pane, "-l", keys)
            self.tmux("send-keys", "-t", self.pane, "Enter")
            return
        for key in keys.split():
            # A ";" at the end would end tmux's own command.
            self.tmux("send-keys", "-t", self.pane, *(["-l", r"\;"] if key == ";" else [key]))

    def place(self, pattern):
        """Column and row of the first match on the screen, from 1 on; None where there is none."""
        for row, line in enumerate(self.screen()):
            match = re.search(pattern, line)
            if match:
                return match.start() + 1, row + 1
        return None

    def mouse(self, action, column, row):
        """Sends what a terminal sends for the mouse, in its SGR form."""
        buttons = ["0"] if action == "click" else ["65"] * 3
        text = "".join(f"\x1b[<{b};{column};{row}M" + (f"\x1b[<{b};{column};{row}m" if action == "click" else "") for b in buttons)
        self.tmux("send-keys", "-t", self.pane, "-H", *(f"{byte:02x}" for byte in text.encode()))

    def fault(self, screen, shown, status, cells):
        """What is wrong with a screen; None where nothing is."""
        if len(screen) != self.rows:
            return f"{len(screen)} lines"
        text = "\n".join(screen)
        for pattern in shown:
            if not re.search(pattern, text):
                return f"does not show {pattern}"
        broken = BROKEN.search(text)
        if broken:
            return f"shows {broken[0]}"
        if status and not STATUS.search(screen[-1]):
            return f"has the status line “{screen[-1].rstrip()}”"
        waiting = WAITING.search(text) or cells and CELL.search(text)
        if status and waiting:
            return f"still says “{waiting[0]}”"
        if status and WORKING.search(screen[-2][-30:]):
            return "still works"
        return None

    def step(self, keys, *shown, status=True, cells=True, within=12):
        """Sends keys, and waits until the frame shows all patterns and nothing is being waited for."""
        self.steps += 1
        self.send(keys)
        end = time.monotonic() + within
        while True:
            if not self.is_alive():
                fault, screen = "the explorer ended", self.screen()
                break
            screen = self.screen()
            fault = self.fault(screen, shown, status, cells and status)
            if fault is None or time.monotonic() > end:
                break
            time.sleep(0.03)
        name = f"{self.columns}x{self.rows} {keys or 'start'}"
        if fault is None:
            print(f"ok: {name}", flush=True)
            return
        self.failures += 1
        print(f"WRONG: {name} {fault}", flush=True)
        for line in screen:
            print("    |" + line.rstrip())

    def end(self):
        self.send("q")
        for _ in range(100):
            if not self.is_alive():
                break
            time.sleep(0.05)
        time.sleep(0.05)
        status = self.is_alive() or open(self.status).read().strip()
        if status != "0":
            self.failures += 1
            print(f"WRONG: {self.columns}x{self.rows} q: left with {'no end' if status is True else status}", flush=True)
            print("\n".join(line.rstrip() for line in self.screen() if line.strip()))

    def close(self):
        self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)


def maps(walk):
    walk.step("", r"fused 6-11", r"e[-+]?\d")
    walk.step("h", r"layer 11")
    walk.step("h", r"layer 10")
    walk.step("l f f", r"layer 11")
    walk.step("j k", r"layer 11")
    walk.step("x", r"rank ")
    walk.step("Right Up", r"rank ")
    walk.step("Escape", r"layer 11")


def panes(walk):
    walk.step("|", r"pane 2 of 2")
    walk.step("j", r" 2 · ")
    walk.step("D", r"less pane 1")
    walk.step("r r r", r"±|own|shared|symmetric")
    walk.step("D", r"no difference")
    walk.step(".", r"pane 1 in the place of pane 2")
    walk.step(".", r"pane 2 itself")
    walk.step("O", r"bare picture")
    walk.step("O", r"layer 11")
    walk.step("w h", r"layer 10")
    for axis in "pMmclhqxv":
        walk.step(f"; {axis}", r"locked:|free:")
    walk.step("n", r"2/10", within=60)
    walk.step("p", r"1/10")
    walk.step("; a", r"locked: ")
    walk.step("; n", r"free: ")
    walk.step("m", r"attention")
    walk.step(":lock layer", r"locked: ")
    walk.step(":unlock layer", r"free: ")
    walk.step("|", r"pane \d of 3")
    walk.step("N", r" 3 ·")
    walk.step("|", r"pane \d of 4|no room")
    walk.step("| ", r"no more than 4|no room|pane 4")
    walk.step(":pane 1", r"1 · ")
    walk.step(":difference 2", r"less pane 2")
    walk.step(":difference off", r"no difference")
    for left in ("panes", "panes|one pane", "one pane|only pane", "one pane|only pane"):
        walk.step("X", left)
    walk.step(":pane 3", r"there is one")
    walk.step(":method getam", r"getam")
    walk.step(":layer 11", r"layer 11")


def models(walk):
    walk.step("Y", r"layer|fused")
    walk.step("|", r"pane 2 of 2")
    walk.step("; M", r"free:.*model|locked:")
    walk.step("Y", r" 2 · ", within=60)
    walk.step("D", r"less pane 1")
    walk.step("X", r"one pane")
    walk.step(":model 1", r"layer|fused")
    walk.step(":model 7", r"model")


def grids(walk):
    walk.step("V", r"grid · (layers × heads|heads × layers)")
    walk.step("Down Up Right Left Up", r"layer \d+ · head|edge")
    walk.step("Enter", r"Backspace goes back")
    walk.step("BSpace", r"grid · ")
    walk.step("I", r"left out: \d+\.\d+")
    walk.step("I", r"left out: \d+\.\d+:mean")
    walk.step("I", r"all heads take part")
    for _ in range(4):
        walk.step("V", r"grid · ", within=90)
        walk.step("Right Down", r"e[-+]?\d|edge")
        walk.step("r", r"colors span")
        walk.step("Enter", r"Backspace goes back")
        walk.step("Escape", r"grid · ")
    walk.step("V", r"grid is closed")
    walk.step(":grid heads×classes", r"grid · heads × classes", within=60)
    walk.step(":grid pictures x layers", r"grid · pictures × layers", within=90)
    walk.step("Escape", r"closed")
    walk.step(":image 1", r"1/10")


def lists(walk):
    walk.step("S", r"classes by name")
    walk.step("S S", r"classes by probability against")
    walk.step(":sort probability", r"classes by probability")
    walk.step(":layer 11", r"layer 11")
    if walk.columns >= 120:
        walk.step("x", r"heads .*\d", within=60)
        walk.step("m", r"patch \d+ \d+")
        walk.step(":method getam", r"patch \d+ \d+")
    walk.step("x Escape", r"class|layer")


def figures(walk):
    for name in ("panes.svg", "grid.png"):
        path = os.path.join(walk.folder, name)
        walk.step(f":figure {path}" + (" rows=layers columns=heads" if name == "grid.png" else ""), r"wrote ", within=90)
        begin = open(path, "rb").read(8)
        if not (begin.startswith(b"<?xml") or begin == b"\x89PNG\r\n\x1a\n"):
            walk.failures += 1
            print(f"WRONG: {name} is no figure", flush=True)
    walk.step(":figure x.gif", r"svg|png")
    walk.step(":graphics", r"graphics|tmux|off")


def heads(walk):
    walk.step(":layer 9", r"layer 9")
    walk.step(")", r"head 0 of 3")
    walk.step(")", r"head 1 of 3")
    walk.step("(", r"head 0 of 3")
    walk.step("*", r"all 3 heads")
    walk.step(":head 7", r"no head 7")
    walk.step(":head 2", r"head 2 of 3")
    walk.step("I", r"left out: 9\.2")
    walk.step(":ablate 9.2:mean 10.0", r"left out: 9\.2:mean 10\.0", within=60)
    walk.step(":ablate 99.0", r"no head 99\.0")
    walk.step(":ablate none", r"all heads take part")
    walk.step("*", r"all 3 heads")


def queries(walk):
    walk.step("Q", r"the query is a patch")
    walk.step("x Q", r"as patch \d+ \d+ looks")
    for direction in ("Left", "Right", "Up", "Down"):
        walk.step(direction, r"as patch \d+ \d+|edge")
    walk.step("m", r"layer 9")
    walk.step(":method getam", r"GETAM")
    walk.step("Q", r"stands for the picture")
    walk.step(":query 3 4", r"as patch 3 4 looks")
    walk.step(":query cls", r"looks")
    walk.step(":query picture", r"stands for the picture")
    walk.step("A", r"against \w+, \w+, \w+")
    walk.step("A", r"by itself")
    walk.step(":against 1", r"against")
    walk.step(":against none", r"by itself")
    walk.step("Escape")


def every_quantity(walk, names):
    # A table has no maps for the filmstrip.
    for name in names:
        walk.step(f":quantity {name}", re.escape(name), cells=False, within=60)
        walk.step("x", r"rank|patch|layer|table|head", cells=False)
        walk.step("W", r"this is", cells=False)
        walk.step("Escape", re.escape(name), cells=False)
        walk.step("f", re.escape(name), cells=False)
        walk.step("f", re.escape(name), cells=False)
        walk.step("Escape", re.escape(name), cells=False)
    walk.step(":quantity nothing", r"is none of", cells=False)
    walk.step("N", r"layer|fused|table", cells=False)
    walk.step(":quantity getam", r"getam")
    walk.step(":why", r"this is", cells=False)
    walk.step("Escape", r"getam")


def regions(walk):
    walk.step("Z", r"begins at the probe")
    walk.step("x Z", r"region from patch")
    walk.step("Left Left Up", r"rank ")
    walk.step("Z", r"region \d+", within=60)
    walk.step("Z", r"no region any more")
    walk.step(":region 3,2-8,6", r"region 3,2-8,6", within=60)
    walk.step(":region 3,2-800,6", r"no such patches")
    walk.step(":region none", r"no region")
    walk.step("Escape")


def fusion(walk):
    walk.step(":layer 8", r"layer 8")
    walk.step(",", r"−8")
    walk.step("f", r"fused 6-11 −8")
    for kind in ("scaled", "maximum", "mean", "product", "certainty", "sum"):
        walk.step("F", rf"layers put together by .*{kind}")
    walk.step(":weight 9 0.5", r" w")
    walk.step(":weight 8 1", r"fused 6-11")
    walk.step(":weight 99 1", r"no layer 99")
    walk.step(":fusion product", r"product")
    walk.step("u", r"undone")
    walk.step("u", r"undone")
    walk.step("U", r"redone")
    walk.step(":fusion sum", r"sum")


def looks(walk):
    for kind in ("value", "flat", "contour", "spotlight", "value"):
        walk.step(f":blend {kind}", rf"blend .*{kind}|blend")
    walk.step("B", r"blend")
    walk.step(":blend value", r"blend")
    for kind in ("half", "quadrant", "sextant", "auto"):
        walk.step(f":glyphs {kind}", rf"glyphs {kind}|cannot|needs|no ")
    for theme in ("dark", "light", "auto"):
        walk.step(f":theme {theme}", r"theme: ")
    walk.step("v", r"view|map|fused")
    walk.step("v", r"picture|fused")
    walk.step("v", r"overlay|fused")
    walk.step("g", r"histogram on")
    walk.step("g", r"histogram off")
    walk.step("+ + L", r"×")
    walk.step("0", r"fused")
    walk.step(":doctor", r"doctor", status=False)
    walk.step("Escape", r"fused")
    walk.step("?", r"help|[Kk]eys", status=False)
    walk.step("End", r".", status=False)
    walk.step("Escape", r"fused")
    walk.step(":memory", r"memory: ")


def copies(walk):
    walk.step("y v", r"copied value|copy value")
    walk.step("y r", r"copied row")
    walk.step("y p", r"copied path")
    walk.step("y c", r"copied command")
    walk.step("x", r"rank ")
    walk.step("y v", r"copied value")
    walk.step("Escape")


def labels(walk):
    walk.step("Space", r"marked")
    walk.step("a", r"label", within=90)
    walk.step("a", r"refined")
    walk.step("a", r"decoder|saliency", within=90)
    walk.step(":view overlay", r"overlay")
    walk.step("Space", r"no longer marked")


def mouse(walk):
    walk.step(r"click  dog\b", r"dog")
    walk.step("click  3  ", r"layer 3\b")
    walk.step("wheel  3  ", r"layer 6\b")
    walk.step("click threshold off", r"now step the threshold")
    walk.step("click start 6", r"now step the start layer")
    walk.step("wheel start 6", r"fused map: layers 3 to 11")
    walk.step("u u u", r"undone: start layer")
    walk.step("click j/k class", r"layer 6")
    walk.step("|", r"pane 2 of 2")
    walk.step("click  1 · ", r"▸? ?1 · |layer 6")
    walk.step("X", r"one pane")
    walk.step("V", r"grid · ")
    walk.step("wheel grid · ", r"grid · ")
    walk.step("Escape", r"closed")
    walk.step(":layer 9", r"layer 9")


def ways_back(walk):
    walk.step(":layer 3", r"layer 3")
    walk.step(":method attention", r"attention")
    walk.step("c", r"color map")
    walk.step("<", r"back to ")
    walk.step("<", r"back to ")
    walk.step(">", r"forward to ")
    walk.step("u", r"undone")
    walk.step("U", r"redone")
    walk.step("R", r"all is here|not needed")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("tmux"):
        print("skipped: no tmux")
        sys.exit(77)
    # Ended from outside, it takes its tmux along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    getam = os.path.abspath(sys.argv[1])
    sizes = [tuple(map(int, size.split("x"))) for size in sys.argv[2:]] or SIZES
    names = quantities(getam)
    if len(names) < 10:
        sys.exit(f"getam map names too few quantities: {names}")
    steps = failures = 0
    for columns, rows in sizes:
        walk = Walk(getam, columns, rows, ["--model", MODEL])
        try:
            for part in (maps, lists, panes, models, grids, figures, heads, queries, lambda w: every_quantity(w, names), regions, fusion, looks, copies,
                         mouse, labels, ways_back):
                if walk.is_alive():
                    part(walk)
            walk.end()
        finally:
            walk.close()
        steps += walk.steps
        failures += walk.failures
    print(f"{steps} steps, {failures} wrong")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
