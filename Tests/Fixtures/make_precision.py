"""Scores, what is there, and scikit-learn's average precision of them: labels/average_precision.json.

    oracle/bin/pip install scikit-learn==1.9.1
    oracle/bin/python make_precision.py
"""
import json
import pathlib

import numpy as np
from sklearn.metrics import average_precision_score

random = np.random.default_rng(7)
cases = []
for count in (1, 2, 3, 10, 40, 300):
    # None, few and many ties; rare and frequent classes.
    for levels in (2, 5, 1 << 20):
        for share in (0.05, 0.5, 1.0):
            scores = random.integers(0, levels, count).astype(np.float32) / np.float32(levels) - np.float32(0.5)
            there = random.random(count) < share
            if not there.any():
                there[random.integers(count)] = True
            cases.append({
                "scores": [float(x) for x in scores], "there": [int(x) for x in there],
                "averagePrecision": float(average_precision_score(there, scores)),
            })
path = pathlib.Path(__file__).parent / "labels/average_precision.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
