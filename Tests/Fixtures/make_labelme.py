"""Writes Tests/Fixtures/labels/labelme.json: polygons, and the pixels that labelme makes of them.

    python3 -m venv oracle
    oracle/bin/pip install labelme==6.3.1 pillow==13.0.0 numpy==2.4.6 scipy==1.17.1
    oracle/bin/python make_labelme.py            # the fixture
    oracle/bin/python make_labelme.py FILE PNG   # instead: how well labelme's shapes of FILE give the label map PNG

The second form needs no fixture: FILE is what `:export labelme` wrote, PNG what `:export label` did. It prints a line a
label, and exits with 1 where intersection over union is below 0.999.
"""
import json
import pathlib
import sys

import numpy as np
import PIL.Image
import scipy.ndimage
from labelme.utils import img_b64_to_arr
from labelme.utils.shape import shape_to_mask


def polygons(rng):
    """Any corners, and walks along a grid that cross, come back and touch themselves."""
    for number in range(60):
        height, width = (int(n) for n in rng.integers(3, 24, 2))
        if number % 3 == 0:
            points = rng.integers(0, (width, height), (int(rng.integers(3, 9)), 2))
        else:
            steps = rng.integers(-1, 2, (int(rng.integers(6, 60)), 2)) * rng.integers(1, 5, (1, 1))
            points = np.clip(np.cumsum(np.vstack([[width // 2, height // 2], steps]), axis=0), 0, (width - 1, height - 1))
            keep = np.any(points != np.roll(points, 1, axis=0), axis=1)
            points = points[keep]
        if len(points) < 3:
            continue
        mask = shape_to_mask((height, width), points.tolist(), "polygon")
        yield {"points": points.tolist(), "rows": ["".join(".#"[int(p)] for p in row) for row in mask]}


def check(document, png):
    data = json.loads(pathlib.Path(document).read_text())
    label = np.array(PIL.Image.open(png))
    found = {}
    for shape in data["shapes"]:
        mask = np.zeros(label.shape, bool)
        if shape["shape_type"] == "mask":
            (x1, y1), (x2, y2) = np.asarray(shape["points"]).astype(int)
            mask[y1:y2 + 1, x1:x2 + 1] = img_b64_to_arr(shape["mask"]).astype(bool)
        else:
            mask = shape_to_mask(label.shape, shape["points"], shape["shape_type"])
        found[shape["label"]] = found.get(shape["label"], np.zeros(label.shape, bool)) | mask
    worst = 1.0
    numbers = [n for n in np.unique(label) if n]
    for name, mask in found.items():
        number = 255 if name == "__ignore__" else max((n for n in numbers if n != 255), key=lambda n: (mask & (label == n)).sum())
        truth = label == number
        overlap = (mask & truth).sum() / (mask | truth).sum()
        worst = min(worst, overlap)
        parts = scipy.ndimage.label(truth, np.ones((3, 3)))[1]
        kinds = [shape["shape_type"] for shape in data["shapes"] if shape["label"] == name]
        print(f"{name}: {truth.sum()} pixels, labelme {mask.sum()}, IoU {overlap:.5f}; {parts} parts, "
              f"{kinds.count('polygon')} polygons, {kinds.count('mask')} masks")
    return worst >= 0.999


if __name__ == "__main__":
    if len(sys.argv) == 3:
        sys.exit(0 if check(*sys.argv[1:]) else 1)
    out = pathlib.Path(__file__).parent / "labels" / "labelme.json"
    out.write_text(json.dumps(list(polygons(np.random.default_rng(7))), separators=(",", ":")) + "\n")
