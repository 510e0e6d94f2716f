#!/usr/bin/env python3
"""Makes `labels/rules.json`: labels by the rules of MDBA and I²CRC, in NumPy from their description. Deterministic.

    python make_rules.py [OUTPUT_FILE]        default: `labels/rules.json` beside this script

A case holds `width`, `height`, `numbers` of its classes, `maps` in 256ths, plane by plane, the mask `saliency` (null where all is salient), the
`rule`, the `level` of the background, and the `labels`.
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

HERE = Path(__file__).resolve().parent


def winner(scores, numbers):
    """The number of the largest score, the background's first."""
    return np.concatenate([[0], numbers]).astype(int)[scores.argmax(axis=0)]


def mdba(maps, numbers, saliency, level):
    if len(numbers) == 1:
        return np.where(saliency == 1, numbers[0], 0)
    label = winner(np.concatenate([np.full((1, *saliency.shape), level), maps]), numbers)
    label[label == 0] = 255
    label[saliency == 0] = 0
    for number in numbers:
        if (label == number).sum() < 20:
            label[label == number] = 255
    if set(numbers) - set(np.unique(label)):
        label[label == 0] = 255
    return label


def i2crc(maps, numbers, saliency, level):
    label = winner(np.concatenate([(1.0 - saliency)[None], np.where(maps > level, maps, 0)]), numbers)
    label[(maps > 0.9).sum(axis=0) >= 2] = 255
    certain = np.maximum(saliency, (maps > 0.5).any(axis=0))
    label[(label == 0) & (certain >= 32 / 255)] = 255
    if ((label > 0) & (label < 255)).sum() < 0.01 * label.size:
        label[:] = 255
    return label


def cases():
    random = np.random.default_rng(23)

    def hills(count, height, width, sigma, greatest=1.0):
        noise = np.stack([gaussian_filter(random.standard_normal((height, width)), sigma) for _ in range(count)])
        noise -= noise.min(axis=(1, 2), keepdims=True)
        return np.rint(noise / noise.max(axis=(1, 2), keepdims=True) * 255 * greatest).astype(int)

    def region(height, width):
        return (gaussian_filter(random.standard_normal((height, width)), 3) > 0).astype(int)

    for rule in (mdba, i2crc):
        for numbers, size, greatest, with_mask in [
                ([4], (20, 26), 1, True), ([4], (20, 26), 1, False), ([2, 9], (31, 22), 1, True), ([1, 5, 7], (24, 24), 1, True),
                ([1, 5, 7], (24, 24), 1, False), ([3, 8], (18, 40), 0.25, True)]:
            maps, saliency = hills(len(numbers), *size, 2.5, greatest), region(*size)
            if numbers == [2, 9]:
                # The second class has a few strong pixels, and all else is the first's.
                maps[1] //= 4
                maps[1, 3:6, 3:6] = 255
                maps[0, 8:20, 8:20] = 250
                saliency[3:6, 3:6] = 1
            if numbers == [1, 5, 7]:
                maps[:2, 4:8, 4:12] = 245
            yield rule, maps, numbers, saliency if with_mask else None, 0.3
        maps, empty = hills(2, 30, 30, 3), np.zeros((30, 30), int)
        yield rule, maps, [1, 2], empty, 0.3
        # Fewer than a hundredth: 8 of 900.
        empty = empty.copy()
        empty[2, 2:10] = 1
        maps[0, 2, 2:10] = 240
        yield rule, maps // 2 + (maps == 240) * 120, [1, 2], empty, 0.3


def make(rule, maps, numbers, saliency, level):
    mask = np.ones(maps.shape[1:], int) if saliency is None else saliency
    labels = rule(maps / 256, numbers, mask, level)
    return {
        "rule": rule.__name__, "height": maps.shape[1], "width": maps.shape[2], "numbers": numbers, "level": level,
        "maps": maps.ravel().tolist(), "saliency": None if saliency is None else saliency.ravel().tolist(),
        "labels": labels.astype(int).ravel().tolist()}


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "labels" / "rules.json"
    output.write_text(json.dumps([make(*case) for case in cases()], separators=(",", ":")).replace("},{", "},\n{") + "\n")
