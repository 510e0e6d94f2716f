#!/usr/bin/env python3
"""Makes the oracle fixtures under `refinement/`: what the refiners' formulas give, in float64 with NumPy
(connected parts by SciPy). Deterministic. See README.md.

    python make_refinement.py [OUTPUT_FOLDER]        default: the folder `refinement` beside this script
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.sparse
import scipy.sparse.csgraph
from PIL import Image
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "refinement"
DIRECTIONS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


# ---- PAMR -----------------------------------------------------------------------------------------------------------

def shifted(plane, dy, dx):
    """The plane as seen from a neighbour at (dy, dx), the border repeated."""
    height, width = plane.shape[-2:]
    y = np.clip(np.arange(height) + dy, 0, height - 1)
    x = np.clip(np.arange(width) + dx, 0, width - 1)
    return plane[..., y[:, None], x[None, :]]


def pamr(image, maps, iterations, dilations):
    """image [3, h, w] of 0…255, maps [K, h, w]; float64."""
    neighbours = np.stack([shifted(image, d * dy, d * dx) for d in dilations for dy, dx in DIRECTIONS])
    samples = np.concatenate([neighbours, np.stack([image] * len(dilations))])
    deviation = samples.std(axis=0, ddof=1)
    affinity = (-np.abs(neighbours - image) / (1e-8 + 0.1 * deviation)).mean(axis=1)
    weights = np.exp(affinity - affinity.max(axis=0))
    weights /= weights.sum(axis=0)
    for _ in range(iterations):
        around = np.stack([shifted(maps, d * dy, d * dx) for d in dilations for dy, dx in DIRECTIONS])
        maps = (weights[:, None] * around).sum(axis=0)
    return maps


def par(image, maps, iterations, dilations):
    """As AFA's module: image [3, h, w] of 0…255, maps [K, h, w]; float64."""
    neighbours = np.stack([shifted(image, d * dy, d * dx) for d in dilations for dy, dx in DIRECTIONS])
    deviation = neighbours.std(axis=0, ddof=1)
    affinity = (-(np.abs(neighbours - image) / (deviation + 1e-8) / 0.3) ** 2).mean(axis=1)
    distances = np.array([d * np.hypot(dy, dx) for d in dilations for dy, dx in DIRECTIONS])
    places = -(distances / (distances.std(ddof=1) + 1e-8) / 0.3) ** 2

    def soft_max(values):
        weights = np.exp(values - values.max(axis=0))
        return weights / weights.sum(axis=0)

    weights = soft_max(affinity) + 0.01 * soft_max(places)[:, None, None]
    for _ in range(iterations):
        around = np.stack([shifted(maps, d * dy, d * dx) for d in dilations for dy, dx in DIRECTIONS])
        maps = (weights[:, None] * around).sum(axis=0)
    return maps


def par_fixture():
    """Pictures of few colors too, where a pixel's neighbours are all alike."""
    random, tensors = np.random.default_rng(5), {}
    for name, height, width, planes, iterations, dilations, levels in [
            ("small", 9, 11, 2, 1, [1], 256), ("usual", 40, 53, 3, 10, [1, 2, 4, 8, 12, 24], 256), ("flat", 31, 20, 1, 10, [1, 2, 4], 2),
            ("five", 33, 70, 5, 3, [1, 2, 4, 8, 12, 24], 16)]:
        image = random.integers(0, levels, (3, height, width)) * (255 // (levels - 1))
        image[:, : height // 3] = 255
        image[:, height // 6, width // 2] = 0
        maps = random.random((planes, height, width))
        tensors |= {
            f"{name}.image": image, f"{name}.maps": maps,
            f"{name}.expected": par(image.astype(np.float64), maps.astype(np.float32).astype(np.float64), iterations, dilations),
            f"{name}.settings": np.array([iterations] + dilations)}
    save(tensors, "par")


def golden_input():
    """The picture and masks whose answers by the published PAMR are in pamr_golden.json."""
    y, x = np.mgrid[0:9, 0:11].astype(np.float64)
    image = np.stack([(37 * c + 11 * y * y + 7 * x * x + 5 * x * y) % 256 for c in range(3)])
    maps = np.stack([(((3 * k + 1) * (y + 1) + (2 * k + 5) * x) % 13) / 12 for k in range(2)])
    return image, maps


def check_golden(image, maps):
    golden = json.loads((HERE / "refinement" / "pamr_golden.json").read_text())
    for name, iterations, dilations in [("pamr_it1_d1", 1, [1]), ("pamr_it10_d6", 10, [1, 2, 4, 8, 12, 24])]:
        found = pamr(image, maps, iterations, dilations)
        for key, row in [("row0_class0", found[0, 0]), ("row4_class1", found[1, 4])]:
            difference = np.abs(row - golden[name][key]).max()
            assert difference < 1e-6, f"{name} {key}: off by {difference}"
        assert abs(found.sum() - golden[name]["sum"]) < 1e-3


def pamr_fixture():
    random = np.random.default_rng(11)
    image, maps = golden_input()
    check_golden(image, maps)
    tensors = {"golden.image": image, "golden.maps": maps}
    for name, height, width, planes, iterations, dilations in [
        ("wide", 13, 70, 5, 3, [1, 3, 40]),
        ("single", 1, 1, 1, 4, [1, 2]),
        ("row", 1, 17, 2, 2, [1, 2, 30]),
        ("column", 19, 1, 3, 2, [2, 5]),
        ("odd", 33, 35, 9, 10, [1, 2, 4, 8, 12, 24]),
    ]:
        image = random.integers(0, 256, (3, height, width)).astype(np.float64)
        # A flat corner, where the deviation is zero.
        image[:, : height // 2, : width // 2] = 77
        maps = random.random((planes, height, width)).astype(np.float32).astype(np.float64)
        tensors |= {f"{name}.image": image, f"{name}.maps": maps,
                    f"{name}.expected": pamr(image, maps, iterations, dilations),
                    f"{name}.settings": np.array([iterations, *dilations], np.float64)}
    save(tensors, "pamr")


# ---- geodesic expansion ---------------------------------------------------------------------------------------------

def geodesic(image, seeds):
    """Distances of [3, h, w] from the nearest of places: Dijkstra on the graph of eight neighbours, a step the channels' mean difference."""
    height, width = image.shape[1:]
    deviation = image.std(axis=(1, 2))
    scaled = image / np.where(deviation > 0, deviation, 1)[:, None, None]
    number = np.arange(height * width).reshape(height, width)
    tails, heads, costs = [], [], []
    for dy, dx in [(0, 1), (1, 0), (1, 1), (1, -1)]:
        from_ = (slice(0, height - dy), slice(max(-dx, 0), width - max(dx, 0)))
        to = (slice(dy, height), slice(max(dx, 0), width - max(-dx, 0)))
        tails.append(number[from_].ravel())
        heads.append(number[to].ravel())
        costs.append(np.abs(scaled[:, to[0], to[1]] - scaled[:, from_[0], from_[1]]).mean(axis=0).ravel())
    # A stored zero is no edge to SciPy: it is less than any difference, and so small that sums do not show it.
    costs = np.maximum(np.concatenate(costs), 1e-13)
    graph = scipy.sparse.csr_array((costs, (np.concatenate(tails), np.concatenate(heads))), shape=(height * width,) * 2)
    return scipy.sparse.csgraph.dijkstra(graph, directed=False, indices=seeds, min_only=True).reshape(height, width)


def variance_level(image, m):
    """Of 0.05, 0.1 … 0.95 the one at which the picture varies least on both sides; None where none parts it."""
    deviation = image.std(axis=(1, 2))
    scaled = image / np.where(deviation > 0, deviation, 1)[:, None, None]
    found = []
    for step in range(1, 20):
        front = m > step / 20
        if front.any() and not front.all():
            found.append(((scaled[:, front].var(axis=1).mean() + scaled[:, ~front].var(axis=1).mean()) / 2, step / 20))
    found.sort()
    assert len(found) < 2 or found[1][0] - found[0][0] > 1e-6 * found[1][0], "too close to call"
    return found[0][1] if found else None


def expansion(image, m, level, rate, margin):
    """UM-CAM's geodesic expansion of one map, and the seeds."""
    parts, count = scipy.ndimage.label(m > level, np.ones((3, 3)))
    if count == 0:
        return m, None
    areas = np.bincount(parts.ravel())[1:]
    place = np.argwhere(parts == areas.argmax() + 1)
    center = tuple(np.floor(place.mean(axis=0) + 0.5).astype(int))
    (top, left), (bottom, right) = place.min(axis=0), place.max(axis=0)
    if parts[center] != areas.argmax() + 1:
        center = (top + bottom) // 2, (left + right) // 2
    height, width = m.shape
    top, left = max(top - margin, 0), max(left - margin, 0)
    bottom, right = min(bottom + margin, height - 1), min(right + margin, width - 1)
    object_, around = [center[0] * width + center[1]], [y * width + x for y in (top, bottom) for x in (left, right)]
    front, back = geodesic(image, object_), geodesic(image, around)
    p_front, p_back = np.exp(-rate * front), 1 - np.exp(-rate * back)
    p = np.full(m.shape, 0.5)
    p = np.where(p_back < 0.5, p_back, p)
    p = np.where(p_front > 0.5, p_front, p)
    both = (p_back < 0.5) & (p_front > 0.5)
    assert not (both & (np.abs(front - back) < 1e-4)).any(), "as near to both"
    p = np.where(both, np.where(front <= back, p_front, p_back), p)
    w = np.maximum(0, (np.exp(-rate * np.minimum(front, back)) - 0.5) / 0.5)
    grown = w * p + (1 - w) * m
    return (grown - grown.min()) / (grown.max() - grown.min()), (object_, around, front, back)


def geodesic_fixture():
    random, tensors = np.random.default_rng(19), {}
    cat = Image.open(HERE.parent.parent / "assets" / "pictures" / "01-cat.jpg").convert("RGB")
    pixels = np.asarray(cat, np.float64).transpose(2, 0, 1)
    y, x = np.mgrid[0:41, 0:53]
    # A spiral, along which ways wind, on a flat channel; uneven, so that no pixel is as near to both.
    spiral = np.where(np.sin(0.9 * np.hypot(y - 20, x - 26) + np.arctan2(y - 20, x - 26)) > 0, 230.0, 20.0)
    uneven = np.stack([spiral, spiral[::-1], np.full(spiral.shape, 9.0)])
    uneven[:2] += random.integers(0, 8, (2, *spiral.shape))
    for name, image, planes, rate, margin, level in [
        ("fur", pixels[:, 150:190, 200:263], 3, 1, 5, None), ("edge", pixels[:, 160:197, 120:150], 2, 0.5, 2, 0.4),
        ("spiral", uneven, 2, 0.2, 5, None),
        ("noise", random.integers(0, 256, (3, 23, 35)).astype(np.float64), 2, 0.3, 0, 0.5),
        ("row", pixels[:, 90:91, 100:160], 1, 1, 5, None), ("column", pixels[:, 90:150, 100:101], 1, 1, 5, 0.2),
        ("single", pixels[:, 5:6, 5:6], 1, 1, 5, None),
    ]:
        maps = blobs(random, planes, *image.shape[1:])
        levels = [variance_level(image, m) if level is None else level for m in maps]
        grown = [(m, None) if t is None else expansion(image, m, t, rate, margin) for m, t in zip(maps, levels)]
        tensors |= {f"{name}.image": image, f"{name}.maps": maps, f"{name}.expected": np.stack([each for each, _ in grown]),
                    f"{name}.settings": np.array([-1 if level is None else level, rate, margin]),
                    f"{name}.levels": np.array([-1 if t is None else t for t in levels])}
        for index, (_, seeds) in enumerate(grown):
            if seeds:
                tensors |= {f"{name}.{index}.seeds": np.array(seeds[0] + seeds[1], np.float64),
                            f"{name}.{index}.front": seeds[2], f"{name}.{index}.back": seeds[3]}
    save(tensors, "geodesic")


# ---- patch affinity -------------------------------------------------------------------------------------------------

def normalised(affinity, kind):
    if kind == "raw":
        return affinity
    if kind == "row":
        return affinity / affinity.sum(axis=1, keepdims=True)
    for _ in range(3):
        affinity = affinity / affinity.sum(axis=0, keepdims=True)
        affinity = affinity / affinity.sum(axis=1, keepdims=True)
    return (affinity + affinity.T) / 2


def affinity_fixture():
    random = np.random.default_rng(12)
    tensors = {}
    for name, prefix in [("registers_layerscale", 5), ("pooled_class_token", 1)]:
        attention = load_file(HERE / "models" / name / "expected.safetensors")["attention"].astype(np.float64)
        patches = attention[:, :, prefix:, prefix:].mean(axis=1)
        layers = attention.shape[0]
        maps = random.random((2, patches.shape[-1])).astype(np.float32).astype(np.float64)
        tensors[f"{name}.maps"] = maps
        for first, last in [(0, layers - 1), (layers - 1, layers - 1), (0, 0)]:
            total = patches[first : last + 1].sum(axis=0)
            tensors[f"{name}.{first}-{last}.affinity"] = total
            for kind in ["raw", "row", "sinkhorn"]:
                refined = maps
                for step in [1, 2, 3]:
                    refined = refined @ normalised(total, kind).T
                    tensors[f"{name}.{first}-{last}.{kind}.{step}"] = refined
    save(tensors, "affinity")



# ---- other ways over patches ----------------------------------------------------------------------------------------

def boxes(m, level):
    """Patches in the boxes around the parts of a map [rows, columns] above a level of its range; corners connect."""
    stretched = (m - m.min()) / (m.max() - m.min())
    numbers, count = scipy.ndimage.label(stretched > level, structure=np.ones((3, 3)))
    inside = np.zeros(m.shape, bool)
    for part in scipy.ndimage.find_objects(numbers):
        inside[part] = True
    return inside


def class_affinity(total, maps, grid, level):
    w = normalised(total, "sinkhorn")
    w = w @ w
    return np.stack([(w * boxes(m.reshape(grid), level).reshape(1, -1)) @ m for m in maps])


def affinity_walk(total, maps, grid, radius):
    a = (total + total.T) / 2 / total.max()
    rows, columns = np.divmod(np.arange(len(a)), grid[1])
    near = (abs(rows[:, None] - rows) <= radius) & (abs(columns[:, None] - columns) <= radius)
    a = np.where(near, a, 0) ** 2
    return maps @ (a / (a.sum(axis=0, keepdims=True) + 1e-4))


def coupled_diffusion(total, maps, steps, share, forward):
    a = total / total.sum(axis=1, keepdims=True)
    c = np.array([[np.sqrt(a[i] * a[j]).sum() for j in range(len(a))] for i in range(len(a))])
    b = a * c
    b /= b.sum(axis=1, keepdims=True)
    b = b if forward else b.T
    return (1 - share) * sum(share**t * np.einsum("ij,kj->ki", np.linalg.matrix_power(b, t), maps) for t in range(steps + 1))


def image_prototypes(features, maps):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    r = np.maximum(unit @ unit.T, 0)
    m = np.maximum(maps, 0) / maps.max(axis=1, keepdims=True)
    m = np.vstack([m, 1 - m.max(axis=0)])
    shared = m @ r.T
    overlap = shared / (r.sum(axis=1) + m.sum(axis=1, keepdims=True) - shared)
    overlap[-1] *= 0.5
    winner = overlap.argmax(axis=0)
    result = []
    for k in range(len(maps)):
        seeds = features[winner == k] if (winner == k).any() else features[[maps[k].argmax()]]
        p = seeds.mean(axis=0)
        result.append(np.maximum(unit @ (p / np.linalg.norm(p)), 0))
    return np.stack(result), winner


def walks_fixture():
    """On a grid of 5 × 7 patches: attention that nobody saw, maps with two hills, and features in three groups."""
    random = np.random.default_rng(14)
    grid, count = (5, 7), 35
    total = random.random((count, count)) ** 4 * 3
    total = total.astype(np.float32).astype(np.float64)
    y, x = np.mgrid[0:5, 0:7]
    hill = lambda cy, cx: np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 1.5)
    maps = np.stack([hill(1, 1) + 0.8 * hill(4, 5), hill(3, 3)]).reshape(2, -1) + 0.05 * random.random((2, count))
    # A class of one patch, which wins nowhere, and one with negative values.
    spike = (hill(2, 2) == 1).astype(float) + 1e-3 * random.random((5, 7))
    maps = np.vstack([maps, spike.reshape(1, -1), hill(4, 0).reshape(1, -1) - 0.3])
    maps = maps.astype(np.float32).astype(np.float64)
    centers = random.standard_normal((3, 24))
    groups = np.where(hill(1, 1) > 0.3, 0, np.where(hill(3, 3) > 0.3, 1, 2)).reshape(-1)
    features = (centers[groups] + 0.4 * random.standard_normal((count, 24))).astype(np.float32).astype(np.float64)
    tensors = {"affinity": total, "maps": maps, "features": features}
    for level in (0.4, 0.7):
        tensors[f"class-affinity.{level}"] = class_affinity(total, maps, grid, level)
    for radius in (1, 3, 8):
        tensors[f"affinity-walk.{radius}"] = affinity_walk(total, maps, grid, radius)
    for steps, share, forward in [(1, 0.5, True), (2, 0.5, True), (3, 0.25, False)]:
        tensors[f"coupled-diffusion.{steps}.{share}.{forward}"] = coupled_diffusion(total, maps, steps, share, forward)
    tensors["image-prototypes"], winner = image_prototypes(features, maps)
    # More than one class and the background win somewhere, and one class nowhere.
    assert {0, 1, 4} <= set(winner) and 2 not in winner, winner
    save(tensors, "walks")


# ---- dense CRF ------------------------------------------------------------------------------------------------------

def gaussian(features):
    """All pairs' exp(-|f_i - f_j|^2 / 2) as D^-1/2 L D^-1/2."""
    squared = ((features[:, None] - features[None]) ** 2).sum(-1)
    kernel = np.exp(-squared / 2)
    total = kernel.sum(axis=1)
    return kernel / np.sqrt(np.outer(total, total))


def kernels(image, smoothness, appearance, color):
    height, width = image.shape[1:]
    y, x = np.mgrid[0:height, 0:width]
    position = np.stack([x.ravel(), y.ravel()], -1)
    colors = image.reshape(3, -1).T
    return gaussian(position / smoothness), gaussian(np.hstack([position / appearance, colors / color]))


def softmax(x):
    x = np.exp(x - x.max(axis=0))
    return x / x.sum(axis=0)


def mean_field(image, maps, iterations, w1, s1, w2, s2, color, power):
    """maps [K, h, w]; power < 0: no background."""
    smooth, appear = kernels(image, s1, s2, color)
    p = maps.reshape(len(maps), -1)
    if power >= 0:
        p = np.vstack([p, np.maximum(1 - p.max(axis=0), 0) ** power])
    negative = np.log(np.clip(p, 1e-5, 1))
    q = softmax(negative)
    for _ in range(iterations):
        q = softmax(negative + w1 * q @ smooth + w2 * q @ appear)
    return q[: len(maps)].reshape(maps.shape)


def blobs(random, planes, height, width):
    """Class maps as a classifier gives them: soft hills of various height, with some noise."""
    y, x = np.mgrid[0:height, 0:width]
    hills = []
    for _ in range(planes):
        cy, cx = random.uniform(0.2, 0.8, 2) * [height, width]
        hill = np.exp(-(((x - cx) / (0.3 * width + 1)) ** 2 + ((y - cy) / (0.3 * height + 1)) ** 2))
        hills.append(random.uniform(0.6, 1) * hill)
    maps = np.clip(np.stack(hills) + 0.05 * random.standard_normal((planes, height, width)), 0, 1)
    return maps.astype(np.float32).astype(np.float64)


def crf_fixture():
    random = np.random.default_rng(13)
    tensors = {}
    cat = Image.open(HERE.parent.parent / "assets" / "pictures" / "01-cat.jpg").convert("RGB")
    pixels = np.asarray(cat, np.float64).transpose(2, 0, 1)
    published = [20, 3, 3, 4, 83, 5]
    for name, size, planes, settings in [
        ("fur", (150, 200, 32, 28), 3, [*published, -1]),
        ("edge", (60, 120, 30, 34), 2, [*published, 1]),
        ("strong", (60, 120, 30, 34), 2, [10, 3, 3, 10, 80, 13, 1]),
        ("few", (40, 300, 31, 29), 4, [2, 1, 3, 1, 20, 13, 2]),
        ("single", (5, 5, 1, 1), 2, [*published, -1]),
        ("row", (90, 100, 1, 60), 5, [3, 1, 3, 1, 30, 13, -1]),
        ("column", (90, 100, 60, 1), 1, [3, 1, 2, 1, 30, 13, 1]),
    ]:
        top, left, height, width = size
        image = pixels[:, top : top + height, left : left + width]
        maps = blobs(random, planes, height, width)
        smooth, appear = kernels(image, settings[2], settings[4], settings[5])
        flat = maps.reshape(planes, -1)
        tensors |= {f"{name}.image": image, f"{name}.maps": maps, f"{name}.settings": np.array(settings, np.float64),
                    f"{name}.smooth": (flat @ smooth).reshape(maps.shape),
                    f"{name}.appear": (flat @ appear).reshape(maps.shape),
                    f"{name}.expected": mean_field(image, maps, *settings)}
    save(tensors, "crf")


def save(tensors, name):
    OUTPUT.mkdir(parents=True, exist_ok=True)
    save_file({key: np.ascontiguousarray(value.astype(np.float32)) for key, value in sorted(tensors.items())},
              OUTPUT / f"{name}.safetensors")


if __name__ == "__main__":
    pamr_fixture()
    par_fixture()
    geodesic_fixture()
    affinity_fixture()
    walks_fixture()
    crf_fixture()
