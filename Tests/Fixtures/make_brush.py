"""Masks as Label Studio's brush keeps them, by its own converter: labels/brush.json.

    pip install label-studio-sdk numpy pillow
    python3 make_brush.py
"""
import json
import pathlib

import numpy as np
from label_studio_sdk.converter.brush import mask2rle

random = np.random.default_rng(5)
# Runs of every length class, one beyond 16 bits, masks that are empty and full.
masks = [
    np.zeros((3, 5)), np.ones((2, 2)), random.random((7, 9)) < 0.5, np.arange(40)[None] % 11 < 4,
    np.pad(np.ones((20, 30)), ((40, 0), (100, 3))), np.pad(np.ones((2, 300)), ((130, 60), (0, 0))),
]
cases = []
for mask in masks:
    mask = mask.astype(np.uint8) * 255
    runs = np.flatnonzero(np.diff(np.concatenate([[0], (mask.ravel() > 0).astype(int), [0]])))
    cases.append({"size": list(mask.shape), "runs": runs.tolist(), "rle": mask2rle(mask)})
(pathlib.Path(__file__).parent / "labels" / "brush.json").write_text(json.dumps(cases) + "\n")
