"""Writes Tests/Fixtures/labels: inputs, and what NumPy, SciPy, OpenCV, scikit-image and pycocotools make of them.

    python3 -m venv oracle
    oracle/bin/pip install numpy==2.4.6 scipy==1.17.1 opencv-python-headless==5.0.0.93 scikit-image==0.26.0 pycocotools==2.0.11
    oracle/bin/python make_labels.py
"""
import heapq
import json
import pathlib
import pickle

import cv2
import numpy as np
import scipy.linalg
import scipy.ndimage
import skimage.color
from pycocotools import mask as coco

OUT = pathlib.Path(__file__).parent / "labels"
OUT.mkdir(exist_ok=True)


def save(name, array):
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))


def save_json(name, value):
    (OUT / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def blobs(rng, count, height, width, sigma):
    """Smooth maps in 0..1 with exact zeros."""
    noise = np.stack([scipy.ndimage.gaussian_filter(rng.standard_normal((height, width)), sigma) for _ in range(count)])
    noise = np.maximum(noise - 0.2 * noise.std(), 0)
    return (noise / (noise.max(axis=(1, 2), keepdims=True) + 1e-5)).astype(np.float32)


def opening(mask, size, centered):
    kernel = np.ones((size, size), np.uint8)
    if not centered:
        return cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
    # SciPy's binary opening, the mathematical one; outside counts as set for the erosion. An even square's middle is a
    # corner of pixels: one more row and column of middles make all four sides alike.
    structure = np.ones((size, size), bool)
    more = 1 - size % 2
    eroded = scipy.ndimage.binary_erosion(np.pad(mask > 0, ((0, more), (0, more)), constant_values=True), structure, border_value=1)
    height, width = mask.shape
    opened = scipy.ndimage.binary_dilation(np.pad(eroded, size), structure)[size:size + height, size:size + width]
    assert not (opened & (mask == 0)).any()
    return opened.astype(np.uint8)


def completion(cam, numbers, saliency, power=32, cut=0.9, size=10, published=True):
    """The order of the published code, arXiv 2112.02841's compute_seg_label_3, from its description."""
    height, width = cam.shape[1:]
    background = np.power(1 - cam.max(axis=0), np.float32(power)) if len(cam) else np.ones((height, width), np.float32)
    label = np.argmax(np.concatenate([background[None], cam]), axis=0)
    label = np.concatenate([[0], numbers])[label].astype(np.uint8)
    salient = saliency.copy().astype(np.uint8)
    label[label == 0] = 255
    label[salient == 0] = 0
    before = label.copy()
    area = np.zeros((height, width), bool)
    for plane, number in zip(cam, numbers):
        values = np.sort(plane[plane > 0])
        k = int(len(values) * cut)
        if k > 0:
            chosen = (plane > values[k]) & ((label if published else before) == 0)
            label[chosen] = number
            salient[chosen] = 255
            label[chosen & area] = 255
            area |= chosen
    if size > 1:
        kept = opening((label != 0).astype(np.uint8), size, centered=not published)
        label[kept == 0] = 0
    return label, salient


def make_completion(rng):
    numbers = [3, 5, 15]
    cam = blobs(rng, 3, 61, 74, 7)
    # Ties between classes, and plateaus across the quantile.
    cam[1, 20:30, 20:40] = cam[0, 20:30, 20:40]
    cam[2] = np.round(cam[2], 1)
    saliency = (scipy.ndimage.gaussian_filter(rng.standard_normal((61, 74)), 8) > 0.005).astype(np.uint8)
    save("completion_maps", cam)
    save("completion_saliency", saliency)
    cases = []
    for published in (True, False):
        for power, cut, size in ((32, 0.9, 10), (32, 0.95, 0), (8, 0.5, 7), (3.5, 0.2, 4), (32, 0.9, 3)):
            label, salient = completion(cam, numbers, saliency, power, cut, size, published)
            name = f"completion_{len(cases)}"
            save(name, np.stack([label, salient]))
            cases.append({"name": name, "mode": "published" if published else "corrected", "power": power, "cut": cut, "opening": size})
    save_json("completion", {"numbers": numbers, "cases": cases})
    # What makes the two modes differ must be in the data.
    a = completion(cam, numbers, saliency, 8, 0.5, 0, True)[0]
    b = completion(cam, numbers, saliency, 8, 0.5, 0, False)[0]
    assert ((a != b) & (b == 255)).sum() > 20
    # No saliency: constant level, and a band.
    top = cam.max(axis=0).astype(np.float64)
    winner = np.array(numbers)[cam.argmax(axis=0)]
    save("completion_level", np.where(top > 0.3, winner, 0).astype(np.uint8))
    save("completion_band", np.where(top > 0.4, winner, np.where(top < 0.1, 0, 255)).astype(np.uint8))


def make_morphology(rng):
    image = rng.integers(0, 256, (23, 31), dtype=np.uint8)
    mask = ((scipy.ndimage.gaussian_filter(rng.standard_normal((48, 57)), 4) > 0) * 255).astype(np.uint8)
    mask[:5, :5] = 255
    mask[-5:, -5:] = 255
    save("morphology_gray", image)
    save("morphology_mask", mask)
    for size in (2, 3, 4, 5, 10, 11, 40):
        kernel = np.ones((size, size), np.uint8)
        for name, source in (("gray", image), ("mask", mask)):
            save(f"morphology_{name}_{size}", np.stack([
                cv2.erode(source, kernel), cv2.dilate(source, kernel), cv2.morphologyEx(source, cv2.MORPH_OPEN, kernel)]))
        centered = opening(mask, size, True)
        assert (opening(mask[::-1, ::-1], size, True)[::-1, ::-1] == centered).all()
        save(f"morphology_centered_{size}", centered * 255)


def barrier(plane):
    """The exact minimum barrier distance to the border: for each lower bound the smallest upper one, by Dijkstra."""
    height, width = plane.shape
    best = np.full(plane.shape, np.inf)
    for low in np.unique(plane):
        cost = np.full(plane.shape, np.inf)
        queue = [(plane[y, x], y, x) for y in range(height) for x in range(width)
                 if (y in (0, height - 1) or x in (0, width - 1)) and plane[y, x] >= low]
        for value, y, x in queue:
            cost[y, x] = value
        heapq.heapify(queue)
        while queue:
            value, y, x = heapq.heappop(queue)
            if value > cost[y, x]:
                continue
            for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if 0 <= ny < height and 0 <= nx < width and plane[ny, nx] >= low:
                    new = max(value, plane[ny, nx])
                    if new < cost[ny, nx]:
                        cost[ny, nx] = new
                        heapq.heappush(queue, (new, ny, nx))
        best = np.minimum(best, cost - low)
    return best


def raster(plane, passes):
    """The fast approximation, with one record a pixel."""
    height, width = plane.shape
    state = {}
    for y in range(height):
        for x in range(width):
            edge = y in (0, height - 1) or x in (0, width - 1)
            state[y, x] = (np.float32(0) if edge else np.float32(np.inf), plane[y, x], plane[y, x])
    for number in range(passes):
        step = 1 if number % 2 else -1
        rows, columns = range(1, height - 1), range(1, width - 1)
        for y in rows if step < 0 else reversed(rows):
            for x in columns if step < 0 else reversed(columns):
                for neighbor in ((y + step, x), (y, x + step)):
                    _, high, low = state[neighbor]
                    high, low = max(high, plane[y, x]), min(low, plane[y, x])
                    if high - low < state[y, x][0]:
                        state[y, x] = (high - low, high, low)
    return np.array([[state[y, x][0] for x in range(width)] for y in range(height)], np.float32)


def make_saliency(rng):
    plane = np.round(scipy.ndimage.gaussian_filter(rng.standard_normal((19, 25)), 1.5) * 40).astype(np.float32)
    exact, fast = barrier(plane), raster(plane, 3)
    assert (fast >= exact - 1e-6).all() and (fast == exact).mean() > 0.7
    save("barrier_plane", plane)
    save("barrier_exact", exact.astype(np.float32))
    save("barrier_fast", fast)
    save("barrier_fast_1", raster(plane, 1))

    image = rng.integers(0, 256, (24, 30, 3), dtype=np.uint8)
    image[:4] = (200, 180, 90)
    image[8:17, 9:20] = np.clip(rng.normal((40, 60, 220), 6, (9, 11, 3)), 0, 255)
    lab = skimage.color.rgb2lab(image)
    save("lab_image", image)
    save("lab", lab.astype(np.float32))
    depth = round(0.1 * 24)
    parts = [lab[:depth], lab[-depth:], lab[:, :depth], lab[:, -depth:]]
    distances = []
    for part in parts:
        colors = part.reshape(-1, 3)
        inverse = np.linalg.inv(np.cov(colors.T, bias=True) + np.eye(3))
        centered = lab - colors.mean(0)
        distance = np.sqrt(np.einsum("yxi,ij,yxj->yx", centered, inverse, centered))
        distances.append(distance / distance.max())
    distances = np.stack(distances)
    prior = distances.sum(0) - distances.max(0)
    save("border_prior", prior.astype(np.float32))

    def stretch(x):
        return (x - x.min()) / (x.max() - x.min())
    total = sum(raster(lab[..., c].astype(np.float32), 3) for c in range(3))
    combined = stretch(stretch(total.astype(np.float64)) + stretch(prior))
    save("barrier_saliency", (1 / (1 + np.exp(-10 * (combined - 0.5)))).astype(np.float32))

    levels = []
    for seed in range(6):
        local = np.random.default_rng(seed)
        samples = np.clip(np.concatenate([local.normal(60 + 10 * seed, 20, 300), local.normal(170, 15 + 5 * seed, 100 + 60 * seed)]), 0, 255)
        samples = samples.astype(np.uint8)
        levels.append({"samples": samples.tolist(), "level": int(cv2.threshold(samples, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0])})
    save_json("otsu", levels)


def make_tokencut(rng):
    rows, columns, width = 11, 14, 24
    base = rng.standard_normal((2, width))
    inside = np.zeros((rows, columns), bool)
    inside[3:8, 4:10] = True
    inside[1, 12] = True
    keys = base[inside.astype(int)] * 1.0 + 0.9 * rng.standard_normal((rows, columns, width))
    keys = keys.reshape(-1, width).astype(np.float32)
    unit = keys.astype(np.float64) / np.linalg.norm(keys.astype(np.float64), axis=1, keepdims=True)
    similarity = unit @ unit.T
    assert np.abs(similarity - 0.2).min() > 1e-6
    weights = np.where(similarity > 0.2, 1.0, 1e-5)
    degree = np.diag(weights.sum(1))
    values, vectors = scipy.linalg.eigh(degree - weights, degree, subset_by_index=[1, 2])
    assert values[1] - values[0] > 1e-3
    vector = vectors[:, 0]
    above = vector > vector.mean()
    seed = np.abs(vector).argmax()
    if not above[seed]:
        vector, above = -vector, ~above
    regions, _ = scipy.ndimage.label(above.reshape(rows, columns))
    foreground = regions == regions.flat[seed]
    assert 10 < foreground.sum() < rows * columns / 2
    save("tokencut_keys", keys)
    save("tokencut_vector", vector.reshape(rows, columns))
    save("tokencut_foreground", foreground.astype(np.uint8))


def make_runs(rng):
    items = []
    golden = np.zeros((6, 7), np.uint8)
    golden[1:4, 2:5] = 1
    golden[5, 6] = 1
    masks = [golden, np.zeros((3, 4), np.uint8), np.ones((5, 2), np.uint8)]
    masks += [(rng.random((h, w)) < p).astype(np.uint8) for h, w, p in ((9, 13, 0.5), (40, 33, 0.05), (130, 171, 0.0005))]
    masks += [(scipy.ndimage.gaussian_filter(rng.standard_normal((h, w)), s) > t).astype(np.uint8)
              for h, w, s, t in ((64, 48, 5, 0.01), (187, 250, 12, 0), (20, 90, 3, 0.1))]
    for index, mask in enumerate(masks):
        run = coco.encode(np.asfortranarray(mask))
        save(f"runs_{index}", mask)
        items.append({"counts": run["counts"].decode(), "area": int(coco.area(run)), "bbox": [int(v) for v in coco.toBbox(run)]})
    assert items[0]["counts"] == "=33000:N"
    save_json("runs", items)


def make_evaluation(rng):
    classes = 7
    only = [2, 3, 5]
    truths, predictions, maps, keys = [], [], [], []
    for height, width in ((40, 52), (33, 47), (61, 30)):
        truth = rng.integers(0, classes - 1, (height // 6 + 1, width // 6 + 1)).repeat(6, 0).repeat(6, 1)[:height, :width].astype(np.uint8)
        prediction = np.where(rng.random(truth.shape) < 0.3, rng.integers(0, classes - 1, truth.shape), truth).astype(np.uint8)
        truth[:, :3] = 255
        truth[5:9, 10:20] = 9  # beyond the classes
        prediction[10:15] = 255
        prediction[20, 5:15] = 30
        truths.append(truth)
        predictions.append(prediction)
        key = np.sort(rng.choice(np.arange(classes - 1), 3, replace=False))
        keys.append(key)
        cam = np.stack([np.clip((truth == k + 1) * 0.4 + rng.random(truth.shape) * 0.6 - 0.1, 0, 1) for k in key]).astype(np.float32)
        cam[:, 3:6, 12:20] = np.float32(0.3)  # on a level
        maps.append(cam)

    def figures(pairs, chosen, restrict):
        matrix = np.zeros((classes, classes + 1), np.int64)
        for truth, prediction in pairs:
            t, p = truth.ravel().astype(int), prediction.ravel().astype(int)
            valid = t < classes
            if restrict:
                valid &= np.isin(t, chosen)
            p = np.where(p < classes, p, classes)
            np.add.at(matrix, (t[valid], p[valid]), 1)
        hits = np.diag(matrix).astype(float)
        rows, columns = matrix.sum(1), matrix.sum(0)[:classes]
        with np.errstate(invalid="ignore"):
            iou = (hits / (rows + columns - hits))[chosen]
            accuracy = (hits / rows)[chosen]
        share = rows[chosen] / rows[chosen].sum()
        return {
            "matrix": matrix[:, :classes].tolist(), "missed": matrix[:, classes].tolist(),
            "iou": [None if np.isnan(v) else v for v in iou], "meanIoU": np.nanmean(iou),
            "pixelAccuracy": hits[chosen].sum() / rows[chosen].sum(), "classAccuracy": np.nanmean(accuracy),
            "frequencyWeightedIoU": np.nansum(share * iou), "ignoredShare": matrix[chosen, classes].sum() / rows[chosen].sum(),
        }

    pairs = list(zip(truths, predictions))
    result = {"classes": classes, "only": only, "all": figures(pairs, list(range(classes)), False),
              "restricted": figures(pairs, [0] + only, True)}
    levels = [i / 100 for i in range(60)]
    sweep = []
    for level in levels:
        predicted = []
        for key, cam in zip(keys, maps):
            stack = np.concatenate([np.full((1,) + cam.shape[1:], level), cam.astype(np.float64)])
            predicted.append(np.concatenate([[0], key + 1])[stack.argmax(0)])
        sweep.append(figures(list(zip(truths, predicted)), list(range(classes)), False))
    result["sweep"] = [s["meanIoU"] for s in sweep]
    result["sweepMatrices"] = [s["matrix"] for s in sweep[::10]]
    for index in range(3):
        save(f"truth_{index}", truths[index])
        save(f"prediction_{index}", predictions[index])
        np.savez(OUT / f"cams_{index}.npz", keys=keys[index].astype(np.int64), maps=maps[index])
    save_json("evaluation", result)


def make_readers(rng):
    vectors = {"2007_000032": np.zeros(20, np.float32), "2007_000039": np.zeros(20, np.float32), "2011_003276": np.zeros(20, np.float32)}
    vectors["2007_000032"][[0, 14]] = 1
    vectors["2007_000039"][19] = 1
    np.save(OUT / "cls_labels.npy", vectors)
    for protocol in (2, 3, 5):
        with open(OUT / f"cls_labels_{protocol}.npy", "wb") as file:
            np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(np.array(vectors, dtype=object)))
            pickle.dump(np.array(vectors, dtype=object), file, protocol=protocol)

    # The bundled pictures that the batch tests label: cat and sofa, dog, nothing, dog, cow and sheep, dog and horse.
    pictures = {"01-cat": [7, 17], "03-dog": [11], "06-sheep": [], "08-two-dogs": [11],
                "09-cow-and-sheep": [9, 16], "10-horses-and-dog": [11, 12]}
    vectors = {name: np.zeros(20, np.float32) for name in pictures}
    for name, classes in pictures.items():
        vectors[name][classes] = 1
    np.save(OUT / "cls_labels_pictures.npy", vectors)

    class Evil:
        def __reduce__(self):
            return eval, ("1+1",)
    np.save(OUT / "evil.npy", {"a": Evil()})
    for kind in ("f2", "f8", "i1", "i8", "u2", "b1"):
        save(f"type_{kind}", (np.arange(6).reshape(2, 3) - (0 if kind in ("u2", "b1") else 2)).astype(kind))
    np.save(OUT / "type_big_endian.npy", np.arange(6, dtype=">f4").reshape(2, 3))
    np.save(OUT / "type_fortran.npy", np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)))
    np.savez_compressed(OUT / "compressed.npz", keys=np.arange(3), maps=np.zeros((3, 2, 2), np.float32))
    (OUT / "annotation.xml").write_text("""<?xml version="1.0"?>
<!-- <object><name>ghost</name></object> -->
<annotation>
  <filename>2007_000032.jpg</filename><segmented>1</segmented>
  <object><name>person</name><difficult>1</difficult><bndbox><xmin>1</xmin></bndbox>
    <part><name>head</name></part></object>
  <object>
    <name> potted &amp; plant </name><pose/></object>
  <object><name>person</name></object>
</annotation>
""")
    save_json("coco", {
        "images": [{"id": 7, "file_name": "dir/b.jpg"}, {"id": 3, "file_name": "a.png"}, {"id": 4, "file_name": "empty.jpg"}],
        "categories": [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 1}, {"id": 2, "image_id": 7, "category_id": 90},
                        {"id": 3, "image_id": 7, "category_id": 1}, {"id": 4, "image_id": 3, "category_id": 1}]})


def make_upsampling(rng):
    """align_corners=True by SciPy's linear interpolation at the same places."""
    source = rng.random((2, 5, 7)).astype(np.float32)
    height, width = 38, 51
    ys, xs = np.meshgrid(np.linspace(0, 4, height), np.linspace(0, 6, width), indexing="ij")
    save("upsampling_source", source)
    save("upsampled", np.stack([scipy.ndimage.map_coordinates(s.astype(np.float64), [ys, xs], order=1, mode="nearest") for s in source]).astype(np.float32))


for number, make in enumerate((make_completion, make_morphology, make_saliency, make_tokencut, make_runs, make_evaluation, make_readers, make_upsampling)):
    make(np.random.default_rng(1000 + number))
