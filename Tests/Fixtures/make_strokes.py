#!/usr/bin/env python3
"""Labels put in order by hand, and class maps under constraints: what they become, by SciPy and by float64 over all pairs of pixels.

Writes Tests/Fixtures/strokes/*.npy; needs NumPy, SciPy and Pillow.
"""
import heapq
import pathlib

import numpy as np
from PIL import Image
from scipy import ndimage

from make_refinement import blobs, kernels, softmax

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "strokes"
# Of the picture's part.
TOP, LEFT = 70, 130
CROSS = ndimage.generate_binary_structure(2, 1)


def save(name, array):
    OUT.mkdir(exist_ok=True)
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))


def neighbors(mask):
    """How often each pixel beside the mask touches it."""
    padded = np.pad(mask, 1).astype(int)
    return (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) * ~mask


def without(label, parts):
    """The label whose parts (masks) became what most of the pixels beside them are."""
    result = label.copy()
    for part in parts:
        touches = neighbors(part)
        counts = np.bincount(label.ravel(), weights=touches.ravel(), minlength=256)
        result[part] = counts.argmax() if counts.any() else 0
    return result


def parts(label, number):
    found, count = ndimage.label(label == number, structure=CROSS)
    return [found == part for part in range(1, count + 1)]


def largest(label, numbers):
    """Of equal parts the first stays."""
    removed = []
    for number in numbers:
        found = parts(label, number)
        if found:
            keep = max(range(len(found)), key=lambda index: (found[index].sum(), -index))
            removed += [part for index, part in enumerate(found) if index != keep]
    return without(label, removed)


def least(label, numbers, area):
    return without(label, [part for number in numbers for part in parts(label, number) if part.sum() < area])


def holes(label, numbers):
    result = label.copy()
    for number in numbers:
        filled = ndimage.binary_fill_holes(result == number, structure=CROSS)
        result[filled & np.isin(result, [0, 255])] = number
    return result


def smooth(label, numbers, radius):
    result = label.copy()
    window = np.ones((2 * radius + 1, 2 * radius + 1))
    for number in numbers:
        before = result.copy()
        counts = {value: ndimage.convolve((before == value).astype(float), window, mode="constant") for value in np.unique(before)}
        total = ndimage.convolve(np.ones(label.shape), window, mode="constant")
        result[(before != number) & (2 * counts[number] > total)] = number
        lost = (before == number) & (2 * counts[number] < total)
        others = np.array([value for value in counts if value != number])
        best = others[np.stack([counts[value] for value in others]).argmax(0)]
        result[lost] = best[lost]
    return result


def tidied():
    random = np.random.default_rng(16)
    hills = np.stack([ndimage.gaussian_filter(random.standard_normal((56, 72)), 2.2) for _ in range(4)])
    label = hills.argmax(0).astype(np.uint8)
    label[ndimage.gaussian_filter(random.standard_normal(label.shape), 1.5) > 0.26] = 255
    label[ndimage.gaussian_filter(random.standard_normal(label.shape), 1.2) > 0.32] = 0
    classes = [1, 2, 3]
    assert all(len(parts(label, number)) > 4 for number in classes)
    save("label", label)
    save("largest_1", largest(label, [1]))
    save("largest", largest(label, classes))
    save("least_2", least(label, [2], 30))
    save("least", least(label, classes, 40))
    save("holes_3", holes(label, [3]))
    save("holes", holes(label, classes))
    assert (holes(label, [3]) != label).sum() > 10
    save("smooth_1", smooth(label, [1], 2))
    save("smooth", smooth(label, classes, 3))
    own = parts(label, 2)[3]
    save("others", without(label, [part for part in parts(label, 2) if not (part & own).any()]))
    row, column = np.argwhere(own)[0]
    save("others_point", np.array([column, row]))


def geodesic(image, seeds):
    """Distances from seeds: steps to eight neighbors cost the channels' mean difference in deviations."""
    height, width = image.shape[1:]
    scaled = image / image.reshape(3, -1).std(axis=1)[:, None, None]
    distance = np.full((height, width), np.inf)
    queue = [(0.0, int(row), int(column)) for row, column in seeds]
    for _, row, column in queue:
        distance[row, column] = 0
    heapq.heapify(queue)
    while queue:
        d, row, column = heapq.heappop(queue)
        if d > distance[row, column]:
            continue
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                y, x = row + dy, column + dx
                if (dy or dx) and 0 <= y < height and 0 <= x < width:
                    step = d + np.abs(scaled[:, row, column] - scaled[:, y, x]).mean()
                    if step < distance[y, x]:
                        distance[y, x] = step
                        heapq.heappush(queue, (step, y, x))
    return distance


def constraints():
    random = np.random.default_rng(17)
    cat = Image.open(HERE.parent.parent / "assets" / "pictures" / "01-cat.jpg").convert("RGB")
    image = np.asarray(cat, np.float64).transpose(2, 0, 1)[:, TOP : TOP + 30, LEFT : LEFT + 34]
    height, width = image.shape[1:]
    # Near the level, so that what is given decides.
    maps = (0.42 + 0.2 * blobs(random, 2, height, width)).astype(np.float32).astype(np.float64)
    # Of class 0 a line, of class 1 a box, of the background a box, and unknown a box; the later goes over the earlier.
    given = np.full((height, width), -1)
    given[4, 5:20] = 0
    given[20:24, 25:30] = 1
    given[10:14, 3:9] = 2
    given[22:26, 28:33] = 3
    save("crf_image", image.transpose(1, 2, 0).astype(np.uint8))
    save("crf_maps", maps.astype(np.float32))

    # Of constraints as near the background's goes first, then the classes'.
    rate, names = 0.5, np.array([2, 0, 1, 3])
    distance = np.stack([geodesic(image, np.argwhere(given == name)) for name in names])
    owner, weight = names[distance.argmin(0)], np.maximum(2 * np.exp(-rate * distance.min(0)) - 1, 0)
    # No pixel is as near to one as to another: rounding would decide.
    near = np.sort(distance, 0)
    assert (near[1] - near[0])[near[0] > 0].min() > 1e-5, (near[1] - near[0])[near[0] > 0].min()
    weight[owner == 3] = 0
    spread = np.stack([np.where(owner == name, weight, 0) + (1 - weight) * maps[name] for name in (0, 1)])
    assert 0.1 < (weight > 0.2).mean() < 0.9
    save("spread", spread.astype(np.float32))

    sharpness, level, w1, s1, w2, s2, color = 4, 0.55, 1, 2, 2, 12, 8
    p = softmax(sharpness * np.concatenate([maps.reshape(2, -1), np.full((1, height * width), level)]))
    flat = given.ravel()
    for name in (0, 1, 2):
        p[:, flat == name] = np.eye(3)[:, name : name + 1]
    near, alike = kernels(image, s1, s2, color)
    negative = np.log(np.clip(p, 1e-5, 1))
    q = softmax(negative)
    for _ in range(5):
        q = softmax(negative + w1 * q @ near + w2 * q @ alike)
    save("crf", (q[:2] / (q[:2] + q[2])).reshape(maps.shape).astype(np.float32))
    free = softmax(sharpness * np.concatenate([maps.reshape(2, -1), np.full((1, height * width), level)]))
    q = softmax(np.log(np.clip(free, 1e-5, 1)))
    negative = np.log(np.clip(free, 1e-5, 1))
    for _ in range(5):
        q = softmax(negative + w1 * q @ near + w2 * q @ alike)
    # What is given is felt by pixels that are not.
    other = np.abs((q[:2] / (q[:2] + q[2])).reshape(maps.shape) - np.load(OUT / "crf.npy"))[:, given < 0]
    assert other.max() > 0.1, other.max()


if __name__ == "__main__":
    tidied()
    constraints()
