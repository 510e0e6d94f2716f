#!/usr/bin/env python3
"""Kills training runs at random moments, goes on with them, and compares what is left in the end byte by byte.

    python3 Tests/Scripts/train-kill.py GETAM [KILLS]        default: 200 kills

A run of a tiny model on tiny pictures, whose states and weights are written every few steps, is begun with --resume again and
again, and each time killed (SIGKILL) after a random while, until it ends by itself; then another is begun, until there were as
many kills as asked for. Every run must leave the same files as one that nobody disturbed. Exit status 1 where one does not.
"""
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from noise import png

GETAM = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 200
MODEL = Path(__file__).resolve().parent.parent / "Fixtures/models/hf_deit_distilled"


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def command(place, run):
    return [GETAM, "train", "--model", MODEL, "--images", place / "pictures", "--labels", place / "labels.txt",
            "--class-list", place / "classes.txt", "--recipe", "plain", "--resume", "-o", run,
            *[part for setting in ("steps=240", "batch=4", "augment=standard", "optimizer=adamw", "learningRate=1e-3",
                                   "schedule=cosine", "warmup=9", "dropPath=0.2", "ema=0.9", "clip=1", "saveEvery=4",
                                   "keepEvery=15") for part in ("--set", setting)]]


def main():
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        (place / "pictures").mkdir()
        for index in range(12):
            (place / f"pictures/{index}.png").write_bytes(png(48, 40, index))
        (place / "labels.txt").write_text("".join(f"{i} {'abc'[i % 3]}\n" for i in range(12)))
        (place / "classes.txt").write_text("a\nb\nc\n")
        begin = time.monotonic()
        subprocess.run(command(place, place / "whole"), check=True, stderr=subprocess.DEVNULL)
        length = time.monotonic() - begin
        whole = tree(place / "whole")
        print(f"an undisturbed run: {length * 1000:.0f} ms, {len(whole)} files")
        kills = runs = 0
        moments = random.Random(1)
        while kills < KILLS:
            run = place / f"run{runs}"
            while True:
                process = subprocess.Popen(command(place, run), stderr=subprocess.DEVNULL)
                try:
                    status = process.wait(moments.uniform(0.1, 0.6) * length)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    kills += 1
                    continue
                if status != 0:
                    sys.exit(f"run {runs} ended with status {status} after {kills} kills")
                break
            left = tree(run)
            differing = sorted(name for name in whole.keys() | left.keys() if whole.get(name) != left.get(name))
            if differing:
                sys.exit(f"run {runs}, {kills} kills so far: differs in {', '.join(differing)}")
            runs += 1
        print(f"{kills} kills in {runs} runs: every run left the same bytes")


main()
