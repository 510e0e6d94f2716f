#!/usr/bin/env python3
"""Opens the event files of `getam train --tensorboard` with TensorBoard's own reader.

    python3 -m venv reader && reader/bin/pip install tensorboard
    reader/bin/python Tests/Scripts/tensorboard-reads.py GETAM

A run on the bundled pictures is killed on the way and gone on with, so that it has two event files and steps that were taken twice.
The reader must find each step once, the figures of log.csv and validation.csv as 32-bit numbers, and the probe pictures as PNG of
the size they are said to have. Exit status 1 where it does not.
"""
import csv
import math
import re
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

GETAM = sys.argv[1]
ROOT = Path(__file__).resolve().parent.parent.parent
STEPS, KEEP = 60, 20


def command(place):
    settings = [part for setting in (f"steps={STEPS}", f"keepEvery={KEEP}", "saveEvery=7", "batch=4", "size=96", "optimizer=adamw",
                                     "learningRate=1e-4", "segmentationStart=10", "labels.preset=getam", "augment=standard")
                for part in ("--set", setting)]
    return [GETAM, "train", "--images", ROOT / "assets/pictures", "--labels", place / "labels.txt", "--validate", place / "judged.txt",
            "--recipe", "plain", *settings, "--tensorboard", "--resume", "-o", place / "run"]


def rows(path):
    with open(path, newline="") as file:
        return {int(row["step"]): row for row in csv.DictReader(file)}


def same(found, written):
    return struct.pack("<f", found) == struct.pack("<f", float(written))


def main():
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        pictures = sorted((ROOT / "assets/pictures").glob("*.jpg"))
        classes = ("cat", "cow", "dog", "horse", "person", "sheep")
        labels = {p.stem: re.sub(r"^\d+-|-?\d*$", "", p.stem) for p in pictures}
        (place / "labels.txt").write_text("".join(f"{stem} {name if name in classes else 'person'}\n" for stem, name in labels.items()))
        (place / "judged.txt").write_text("".join(f"{p.stem}\n" for p in pictures[-2:]))
        process = subprocess.Popen(command(place), stderr=subprocess.DEVNULL)
        log = place / "run/log.csv"
        while process.poll() is None and (not log.exists() or len(log.read_bytes().splitlines()) < 27):
            time.sleep(0.005)
        process.kill()
        process.wait()
        taken = len(log.read_bytes().splitlines()) - 1
        # A file is called by the second it began in.
        time.sleep(1.1)
        subprocess.run(command(place), check=True, stderr=subprocess.DEVNULL)
        files = sorted((place / "run").glob("events.out.tfevents.*"))
        assert len(files) == 2 and 26 <= taken < STEPS, (files, taken)
        events = EventAccumulator(str(place / "run"), size_guidance={"scalars": 0, "images": 0})
        events.Reload()
        tags = events.Tags()
        print("scalars:", ", ".join(tags["scalars"]))
        print("images: ", ", ".join(tags["images"]))
        steps = rows(log)
        for tag, column in (("loss", "loss"), ("loss/softMargin", "softMargin"), ("loss/segmentation", "segmentation"),
                            ("gradientNorm", "gradientNorm"), ("learningRate", "learningRate")):
            found = events.Scalars(tag)
            assert [one.step for one in found] == list(range(1, STEPS + 1)), (tag, [one.step for one in found])
            assert all(same(one.value, steps[one.step][column]) for one in found), tag
        assert all(one.value > 0 and math.isfinite(one.value) for one in events.Scalars("picturesPerSecond"))
        judged, kept = rows(place / "run/validation.csv"), list(range(KEEP, STEPS + 1, KEEP))
        found = events.Scalars("validation/mAP")
        assert [one.step for one in found] == kept and all(same(one.value, judged[one.step]["mAP"]) for one in found), found
        assert len(tags["images"]) == 3, tags["images"]
        for tag in tags["images"]:
            found = events.Images(tag)
            assert [one.step for one in found] == kept, (tag, [one.step for one in found])
            for one in found:
                width, height = struct.unpack(">II", one.encoded_image_string[16:24])
                assert one.encoded_image_string.startswith(b"\x89PNG") and (width, height) == (one.width, one.height), tag
                assert width % 4 == 0 and width // 4 <= 320 and height <= 320, (width, height)
        print(f"killed after step {taken}, gone on with: {len(files)} files, {STEPS} steps once each, "
              f"{len(tags['images'])} probe pictures at steps {', '.join(map(str, kept))}")


main()
