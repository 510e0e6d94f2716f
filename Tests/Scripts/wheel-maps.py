#!/usr/bin/env python3
"""Compares the maps of the Python module `getam` with those of the command `getam` that is installed with it, bit by bit, and says what the
way through Python costs beside the pass.

    python3 -m venv tools && tools/bin/pip install getam-….whl && tools/bin/python Tests/Scripts/wheel-maps.py

Exit status 1 where a map differs, or the way costs a millisecond or more.
"""
import ctypes
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import getam

command = str(Path(sys.executable).parent / "getam")
pictures = sorted((Path(getam.__file__).parent / "lib/getam_Assets.resources/pictures").glob("*.jpg"))
model = getam.Model(threads=2)
failed = False


def check(what, fine):
    global failed
    failed = failed or not fine
    print(f"{'ok' if fine else 'WRONG'}: {what}")


with tempfile.TemporaryDirectory() as folder:
    for name, picture, words, options in [
        ("getam, one class", pictures[0], ["--class", "cat"], dict(classes="cat")),
        ("two classes", pictures[8], ["--class", "cow", "--class", "sheep"], dict(classes=["cow", "sheep"])),
        ("the most probable class", pictures[3], [], {}),
        ("every layer", pictures[2], ["--class", "0", "--per-layer", "--layers", "3-11"], dict(classes=[0], layers=(3, 11), apart=True)),
        ("gae", pictures[4], ["--class", "dog", "--method", "gae"], dict(classes="dog", method="gae")),
        ("rollout", pictures[5], ["--method", "rollout"], dict(method="rollout")),
        ("layercam at 320", pictures[6], ["--class", "horse", "--method", "layercam", "--size", "320"],
         dict(classes="horse", method="layercam", size=320)),
    ]:
        path = f"{folder}/map.npy"
        subprocess.run([command, "map", picture, *words, "--threads", "2", "-o", path], check=True)
        ours, theirs = model.maps(picture, **options), np.load(path)
        check(f"{name}: {list(ours.shape)}", ours.dtype == theirs.dtype == np.float32 and ours.tobytes() == theirs.tobytes())

samples = np.zeros((240, 320, 3), np.uint8)
samples[60:180, 80:240] = (200, 120, 40)
maps = model.maps(samples)
check("an array", maps.shape[0] == 1 and maps.any())
check("no copy of it", maps.base is not None and not maps.flags.owndata)
check("logits", model.logits(samples).shape == (len(model.classes),))
for arguments, words in [
    ((samples, "unicorn"), "unicorn"), ((samples, None, "no-method"), "no-method"), (("none.jpg",), "none.jpg"),
    ((samples, None, "getam", (3, 99)), "layers 3 to 99"),
]:
    try:
        model.maps(*arguments)
        check(f"refused: {words}", False)
    except getam.GetamError as error:
        check(f"refused: {error}", words in str(error))
try:
    model.maps(samples.astype(np.float32))
    check("refused: float32", False)
except ValueError as error:
    check(f"refused: {error}", True)

# What is added to the work: the same pass by the library alone, in turn.
handle, shape, message = model._handle, (ctypes.c_int64 * 4)(), ctypes.c_void_p()
words = (ctypes.c_char_p * 1)(b"cat")
ours, alone = [], []
for _ in range(40):
    start = time.perf_counter()
    maps = model.maps(samples, "cat")
    ours.append(time.perf_counter() - start)
    start = time.perf_counter()
    place = getam._library.getam_maps(
        handle, None, samples.ctypes.data, 320, 240, 0, words, 1, b"getam", -1, -1, False, shape, ctypes.byref(message))
    alone.append(time.perf_counter() - start)
    getam._library.getam_free(place)
cost = 1000 * (np.median(ours) - np.median(alone))
check(f"{1000 * np.median(alone):.1f} ms a pass, {cost:.3f} ms for Python's way", cost < 1)
sys.exit(failed)
