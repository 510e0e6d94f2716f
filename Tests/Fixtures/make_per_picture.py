"""Figures of each picture of the evaluation fixture, counted by NumPy: labels/per_picture.json.

Usage: python3 make_per_picture.py (NumPy; reads labels/truth_N.npy, prediction_N.npy and cams_N.npz, which make_labels.py makes)
"""
import json
import pathlib

import numpy as np

OUT = pathlib.Path(__file__).parent / "labels"
CLASSES = 7


def figures(truth, prediction, chosen):
    """IoU of each chosen class, their mean, and the pixels whose truth is one of them; others do not count."""
    counted = np.isin(truth, chosen)
    iou = []
    for index in chosen:
        true, predicted = counted & (truth == index), counted & (prediction == index)
        union = (true | predicted).sum()
        iou.append(float((true & predicted).sum() / union) if union else None)
    known = [value for value in iou if value is not None]
    return {"iou": iou, "mean": float(np.mean(known)) if known else None, "pixels": int(counted.sum())}


def at_level(cams, level):
    """The class of the largest map, background where that does not exceed the level."""
    maps, keys = cams["maps"], cams["keys"]
    winner = keys[maps.argmax(0)] + 1
    return np.where(maps.max(0).astype(np.float64) > level, winner, 0)


result = {"all": [], "restricted": [], "level": 0.35, "atLevel": []}
for number in range(3):
    truth = np.load(OUT / f"truth_{number}.npy")
    prediction = np.load(OUT / f"prediction_{number}.npy")
    cams = np.load(OUT / f"cams_{number}.npz")
    result["all"].append(figures(truth, prediction, list(range(CLASSES))))
    result["restricted"].append(figures(truth, prediction, [0, 2, 3, 5]))
    result["atLevel"].append(figures(truth, at_level(cams, result["level"]), list(range(CLASSES))))
(OUT / "per_picture.json").write_text(json.dumps(result, indent=1) + "\n")
