#!/usr/bin/env python3
"""Makes `labels/doubt.json`: how sure class scores are, and which areas are unlike others, by SciPy. Deterministic.

    python make_doubt.py [OUTPUT_FILE]        default: `labels/doubt.json` beside this script

On top of README.md's versions it needs SciPy. Maps have few digits, so that they are the same numbers in Float32.
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.stats import entropy, median_abs_deviation

HERE = Path(__file__).resolve().parent


def doubt(maps, background):
    """Mean normalized entropy and mean margin of the shares of the scores."""
    kind, number = background
    peak = maps.max(axis=0)
    first = (1 - peak) ** number if kind == "power" else np.full_like(peak, number)
    scores = np.concatenate([first[None], maps])
    total = scores.sum(axis=0)
    known = total > 0
    shares = scores[:, known] / total[known]
    bits = np.ones_like(total)
    bits[known] = entropy(shares, axis=0, base=len(scores))
    ordered = np.sort(shares, axis=0)
    margin = np.zeros_like(total)
    margin[known] = ordered[-1] - ordered[-2]
    return float(bits.mean()), float(margin.mean())


def main():
    random = np.random.default_rng(16)
    cases = []
    for classes, background in [(1, ("power", 32)), (2, ("power", 8.5)), (3, ("level", 0.3)), (4, ("level", 0))]:
        maps = np.floor(random.random((classes, 6, 9)) ** 2 * 256) / 256
        # Pixels that nothing speaks for, and pixels that a class has alone.
        maps[:, 0, :3] = 0
        maps[:, 1, :4] = 0
        maps[0, 1, :4] = 1
        value = doubt(maps, background)
        cases.append({"background": list(background), "maps": maps.reshape(classes, -1).tolist(), "entropy": value[0], "margin": value[1]})
    areas = np.exp(random.normal(-2, 0.6, 25)).clip(0, 1)
    logarithms = np.log(areas)
    distances = np.abs(logarithms - np.median(logarithms)) / (1.4826 * median_abs_deviation(logarithms))
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "labels/doubt.json"
    target.write_text(json.dumps({"doubt": cases, "areas": areas.tolist(), "distances": distances.tolist()}) + "\n")


if __name__ == "__main__":
    main()
