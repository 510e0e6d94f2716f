#!/usr/bin/env python3
"""A label maker's afternoon in small: pictures from nothing to delivered masks, by a user who sees where the label is wrong.

    python3 Tests/Scripts/review-trial.py GETAM --images DIR --truth DIR --labels FILE --list FILE [--count 20] [--strokes 3]

Needs numpy, scipy and pillow. The user goes through the pictures with `getam explore --review`: marks the classes where the classifier has not
found those the picture is known to show, clicks once, with the brush's usual radius, into the middle of the largest part that is missing
or too much, looks again, up to so many clicks a picture, and accepts. Each look is a run of the session so far (`--play`), and what is
seen is the label delivered. Printed are keys and clicks, the program's own time, and the mean IoU before and after the clicks.
"""
import argparse, json, os, subprocess, sys, tempfile, time

import numpy as np
from PIL import Image
from scipy import ndimage

VOC = ("aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train "
       "tvmonitor").split()
KNOWN = ["cat", "cow", "dog", "horse", "person", "sheep"]  # the bundled model's


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("getam")
    for option in ("images", "truth", "labels", "list"): parser.add_argument("--" + option, required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--strokes", type=int, default=3)
    words = parser.parse_args()
    names = [line.split()[0] for line in open(words.list) if line.strip()]
    names = names[len(names) // words.count // 2::len(names) // words.count][:words.count]
    shown = dict(line.split(None, 1) for line in open(words.labels))
    classes = {name: [one for one in shown[name].strip().split(",") if one in KNOWN] for name in names}
    pictures = [f"{words.images}/{name}.jpg" for name in names]
    folder = tempfile.mkdtemp(prefix="review-trial-")
    seconds = []

    def look(strokes, turn):
        """What is delivered of all pictures with these strokes."""
        lines = ["screen 160 50"]
        for place, name in enumerate(names):
            lines.append(f"image {place + 1}")
            marked = [str(KNOWN.index(one)) for one in classes[name]]
            if marked: lines.append("mark " + " ".join(marked) + ("," if len(marked) == 1 else ""))
            lines += ["stroke line %d,%d radius=8 mode=constraint as %s" % (x, y, target) for x, y, target in strokes[name]]
            lines.append("decide accept")
        lines.append(f"deliver {folder}/final{turn}")
        with open(f"{folder}/session{turn}.txt", "w") as file: file.write("\n".join(lines) + "\n")
        begin = time.monotonic()
        done = subprocess.run(
            [words.getam, "explore", *pictures, "--class-list", "voc", "--review", f"{folder}/review{turn}", "--play", f"{folder}/session{turn}.txt"],
            capture_output=True, text=True)
        seconds.append(time.monotonic() - begin)
        if done.returncode: sys.exit(done.stderr.strip())
        return {name: np.array(Image.open(f"{folder}/final{turn}/{name}.png")) for name in names}

    def figure(turn):
        done = subprocess.run(
            [words.getam, "evaluate", "--predictions", f"{folder}/final{turn}", "--truth", words.truth, "--class-list", "voc",
             "--only", ",".join(KNOWN), "--json", "--list", f"{folder}/list.txt"], capture_output=True, text=True)
        if done.returncode: sys.exit(done.stderr.strip())
        return 100 * json.loads(done.stdout)["mIoU"]

    with open(f"{folder}/list.txt", "w") as file: file.write("\n".join(names) + "\n")
    numbers = [0] + [1 + VOC.index(name) for name in KNOWN]
    strokes, clicks, switches = {name: [] for name in names}, 0, 0
    figures = []
    for turn in range(words.strokes + 1):
        labels = look(strokes, turn)
        figures.append(figure(turn))
        print("strokes a picture, at most %d: mean IoU %.1f, the program's time %.1f s" % (turn, figures[-1], seconds[-1]), flush=True)
        if turn == words.strokes: break
        for name in names:
            truth = np.array(Image.open(f"{words.truth}/{name}.png"))
            counts = np.isin(truth, numbers)
            best = (0, None)
            for number in np.unique(truth[counts]):
                parts, count = ndimage.label(counts & (truth == number) & (labels[name] != number))
                if not count: continue
                areas = np.bincount(parts.ravel())[1:]
                part = int(areas.argmax()) + 1
                if areas[part - 1] > best[0]: best = (int(areas[part - 1]), (parts == part, number))
            # What is smaller nobody mends.
            if best[0] < 0.004 * truth.size: continue
            part, number = best[1]
            depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
            y, x = np.unravel_index(depth.argmax(), depth.shape)
            target = "background" if number == 0 else VOC[number - 1]
            if not strokes[name] or strokes[name][-1][2] != target: switches += 1
            strokes[name].append((int(x), int(y), target))
            clicks += 1
    touched = sum(1 for name in names if strokes[name])
    keys = len(names) + 2 * touched + switches + len(":deliver final\r")
    print("pictures %d, corrected %d; clicks %d; keys %d: A each, E and Esc around the brush, a digit a new class, the delivery"
          % (len(names), touched, clicks, keys))
    print("mean IoU %.1f before, %.1f after" % (figures[0], figures[-1]))


if __name__ == "__main__":
    main()
