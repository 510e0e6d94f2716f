#!/usr/bin/env python3
"""Makes `quality/`: what the metrics of the room Quality should be for some of the models in `models/`, one JSON file a model.
Deterministic but for the libraries' noise, which is switched off.

    python make_quality.py [OUTPUT_FOLDER]        default: the folder `quality` beside this script

On top of README.md's versions it needs grad-cam==1.5.7, quantus==0.6.0 and scipy. The models are made anew by `make_models.py`; a map is
drawn at random, once smooth and once with many equal values. Passes are in float64. `map` is a list of patches row by row; classes are
numbers of logits.

| key | oracle |
|---|---|
| `insertion`, `deletion`, with `-mean`, `-blurred` | passes with the patches replaced; timm's own with tokens dropped before the first block; trapezoid by numpy |
| `pixel_flipping` | Quantus' PixelFlipping, a patch's pixels as three steps, a channel each: the deletion curve with the mean, and its area |
| `positive`, `negative` and `-hits` | the published code's order of the pixels of `interpolate`'s map |
| `road`, `road_morf`, `road_lerf`, `imputed` | pytorch-grad-cam's ROAD with its noise at 0; one imputed picture |
| `drop`, `relative_drop`, `rises` | pytorch-grad-cam's CamMultImageConfidenceChange and DropInConfidence, of the map at 0 to 1 |
| `pointing`, `energy` | Quantus' PointingGame and AttributionLocalisation on the enlarged map |
| `iou_best`, `iou_half` | numpy |
| `sparseness`, `entropy` | Quantus' Sparseness and Complexity on the patches |
| `spearman` | scipy's, of the map and another |
| `blur` | RISE's kernel by scipy's gaussian_filter, and a convolution by torch |
"""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import quantus
import scipy.ndimage
import scipy.stats
import torch
import torch.nn.functional as functional
from pytorch_grad_cam.metrics import road
from pytorch_grad_cam.metrics.cam_mult_image import CamMultImageConfidenceChange, DropInConfidence, IncreaseInConfidence
from safetensors.torch import load_file

import make_models
from make_interventions import model_of

HERE = Path(__file__).resolve().parent
MODELS = ["bf16", "registers_layerscale", "pooled_class_token", "nonsquare_native"]
PATCH, STEPS, CLASSES = 8, 7, [4, 1]
SHARES = [share / 10 for share in range(1, 10)]


class Subject:
    def __init__(self, name):
        self.model = model_of(name)
        self.pixels = load_file(HERE / "models" / name / "expected.safetensors")["pixels"].double()
        self.rows, self.columns = self.pixels.shape[1] // PATCH, self.pixels.shape[2] // PATCH
        self.dropped = None
        self.model.blocks[0].register_forward_pre_hook(self.drop)

    def drop(self, module, given):
        if self.dropped is None:
            return None
        prefix = self.model.num_prefix_tokens
        places = list(range(prefix)) + [prefix + patch for patch in self.dropped]
        return (given[0][:, places], *given[1:])

    def probabilities(self, pixels, kept=None):
        self.dropped = kept
        with torch.no_grad():
            result = torch.softmax(self.model(pixels[None])[0], 0).numpy()
        self.dropped = None
        return result

    def mixed(self, kept, other):
        mask = torch.zeros(self.rows * self.columns, dtype=torch.bool)
        mask[kept] = True
        mask = mask.reshape(self.rows, self.columns).repeat_interleave(PATCH, 0).repeat_interleave(PATCH, 1)
        return torch.where(mask, self.pixels, other)


def area(shares, scores):
    return float(np.trapezoid(scores, shares) / (shares[-1] - shares[0]))


def blurred(pixels):
    impulse = np.zeros((11, 11))
    impulse[5, 5] = 1
    kernel = torch.from_numpy(scipy.ndimage.gaussian_filter(impulse, 5))
    weight = torch.zeros(3, 3, 11, 11, dtype=torch.float64)
    for channel in range(3):
        weight[channel, channel] = kernel
    return functional.conv2d(pixels[None], weight, padding=5)[0]


class Probabilities(torch.nn.Module):
    """Of pixels in float32, as the libraries pass them, computed in float64."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return torch.softmax(self.model(x.double()), -1).float()


class Chosen:
    def __init__(self, index):
        self.index = index

    def __call__(self, output):
        return output[self.index]


def games(subject, map, index):
    count = map.size
    order = np.argsort(-map, kind="stable")
    counts = [step * count // STEPS for step in range(STEPS + 1)]
    found = {}
    mean = subject.pixels.mean((1, 2), keepdim=True).expand_as(subject.pixels)
    for name, other in [("", None), ("-mean", mean), ("-blurred", blurred(subject.pixels))]:
        for game in ["insertion", "deletion"]:
            used = counts
            if other is None and subject.model.global_pool == "avg":
                used = counts[1:] if game == "insertion" else counts[:-1]
            scores = []
            for taken in used:
                kept = sorted((order[:taken] if game == "insertion" else order[taken:]).tolist())
                probabilities = subject.probabilities(subject.pixels, kept) if other is None \
                    else subject.probabilities(subject.mixed(kept, other))
                scores.append(float(probabilities[index]))
            found[game + name] = {"scores": scores, "area": area([taken / count for taken in used], scores)}
    return found


def flipping(subject, map, index):
    """Quantus takes the features of a patch channel by channel, in three steps; every third score is that after a patch."""
    order = np.argsort(-map, kind="stable")
    rank = np.empty(map.size)
    rank[order] = np.arange(map.size, 0, -1)
    places = rank.reshape(1, subject.rows, subject.columns).repeat(PATCH, 1).repeat(PATCH, 2)
    step = PATCH * PATCH
    mean = subject.pixels.mean((1, 2)).numpy()

    def replace(arr, indices, **rest):
        arr = arr.reshape(1, 3, -1).copy()
        channel, place = np.divmod(indices[0], arr.shape[-1])
        arr[0, channel, place] = mean[channel]
        return arr.reshape(1, -1)

    metric = quantus.PixelFlipping(features_in_step=step, perturb_func=replace, perturb_baseline="black", abs=False, normalise=False,
                                   disable_warnings=True, display_progressbar=False)
    # Equal features are in no certain order: a pixel's channels and a patch's pixels get values of their own within the patch's.
    values = np.broadcast_to(places, subject.pixels.shape) + np.linspace(0, 0.5, subject.pixels.numel()).reshape(subject.pixels.shape)

    class Reader(torch.nn.Module):
        def forward(self, x):
            return subject.model(x.double())

    scores = metric(model=Reader().eval(), x_batch=subject.pixels.numpy()[None], y_batch=np.array([index]), a_batch=values[None], softmax=True,
                    device="cpu", channel_first=True)[0]
    return [float(score) for score in scores[2::3]]


def enlarged(map, height, width):
    """torch's bilinear `interpolate` in Float32, in one certain order of sums: at the edges of a picture many pixels are equal but for
    rounding, and which comes first is to be certain."""
    one, half = np.float32(1), np.float32(0.5)

    def places(size, cells):
        place = np.clip((np.arange(size, dtype=np.float32) + half) * (np.float32(cells) / np.float32(size)) - half, 0, cells - 1)
        cell = place.astype(int)
        return cell, np.minimum(cell + 1, cells - 1), (place - cell.astype(np.float32)).astype(np.float32)

    top, bottom, down = places(height, map.shape[0])
    left, right, across = places(width, map.shape[1])
    lines = (one - across) * map[:, left] + across * map[:, right]
    result = (one - down)[:, None] * lines[top] + down[:, None] * lines[bottom]
    torchs = functional.interpolate(torch.from_numpy(map)[None, None], size=(height, width), mode="bilinear")[0, 0].numpy()
    assert result.dtype == np.float32 and np.abs(result - torchs).max() < 1e-6
    return result


def perturbations(subject, map, index):
    height, width = subject.pixels.shape[1:]
    size, values = height * width, enlarged(map, height, width).flatten()
    found = {}
    for name, sign in [("positive", -1), ("negative", 1)]:
        order = np.argsort(sign * values, kind="stable")
        scores, hits = [], []
        for share in SHARES:
            pixels = subject.pixels.clone().reshape(3, -1)
            pixels[:, order[:int(size * share)].copy()] = 0
            probabilities = subject.probabilities(pixels.reshape(subject.pixels.shape))
            scores.append(float(probabilities[index]))
            hits.append(float(probabilities.argmax() == index))
        found[name] = {"scores": scores, "area": area(SHARES, scores), "hits": area(SHARES, hits)}
    return found


def confidence(subject, map, index):
    height, width = subject.pixels.shape[1:]
    scaled = (map - map.min()) / (map.max() - map.min())
    mask = enlarged(scaled.astype(np.float32), height, width)
    arguments = (subject.pixels.float()[None], mask[None], [Chosen(index)], Probabilities(subject.model))
    drop = float(DropInConfidence()(*arguments)[0])
    before = float(subject.probabilities(subject.pixels)[index])
    rises = float(IncreaseInConfidence()(*arguments)[0])
    change = float(CamMultImageConfidenceChange()(*arguments)[0])
    assert abs(max(-change, 0) - drop) < 1e-6
    # The library takes the map from 1: in float64 that makes no values equal.
    mask = enlarged(map, height, width).astype(np.float64)
    arguments = (arguments[0], mask[None], *arguments[2:])
    road.NoisyLinearImputer.__init__.__defaults__ = (0.0, road.neighbors_weights)
    results = {
        "drop": drop, "relative_drop": drop / before, "rises": rises,
        "road_morf": float(road.ROADMostRelevantFirstAverage()(*arguments)[0]),
        "road_lerf": float(road.ROADLeastRelevantFirstAverage()(*arguments)[0]),
        "road": float(road.ROADCombined()(*arguments)[0]),
    }
    kept = mask < np.percentile(mask, 30)
    filled = road.NoisyLinearImputer()(subject.pixels.float(), torch.from_numpy(np.float32(kept)))
    results["imputed"] = {"removed": 0.7, "values": [round(float(value), 7) for value in filled.flatten()[::5]]}
    return results


def localization(subject, map, random):
    """On a truth of a picture of another size than the input."""
    height, width = 31, 37
    values = enlarged(map, height, width)
    y, x = np.mgrid[0:height, 0:width]
    truth = np.where(((y - 17) / 10.0) ** 2 + ((x - 14) / 9.0) ** 2 < 1, 2, 0)
    truth[random.random(truth.shape) < 0.1] = 255
    truth[24:, 26:] = 1
    counts = truth != 255
    inside = truth == 2
    # The libraries know no pixel that does not count: it gets no attribution, or the least.
    spared = np.where(counts, values, values.min() - 1)
    common = {"model": None, "x_batch": np.zeros((1, 1, height, width)), "y_batch": np.array([0]), "channel_first": True}
    options = {"abs": False, "normalise": False, "disable_warnings": True, "display_progressbar": False}
    pointing = quantus.PointingGame(**options)(a_batch=spared[None, None], s_batch=inside[None, None], **common)[0]
    # Of equal places the library takes any, this program the first.
    if (spared == spared.max()).sum() == 1:
        assert pointing == inside.flatten()[spared.argmax()]
    pointing = inside.flatten()[spared.argmax()]
    positive = np.where(counts, np.maximum(values, 0), 0)
    energy = positive[inside].sum(dtype=np.float64) / positive.sum(dtype=np.float64)
    listed = quantus.AttributionLocalisation(positive_attributions=True, weighted=False, **options)(
        a_batch=positive[None, None].astype(np.float64), s_batch=inside[None, None], **common)[0]
    assert abs(listed - energy) < 1e-6, (listed, energy)
    scaled = (values - map.min()) / (map.max() - map.min())

    def overlap(level):
        shown = scaled > level
        return float((shown & inside)[counts].sum() / (shown | inside)[counts].sum())

    return {"width": width, "height": height, "truth": truth.flatten().tolist(), "number": 2, "pointing": float(pointing),
            "energy": float(energy), "iou_best": max(overlap(level / 100) for level in range(100)), "iou_half": overlap(0.5)}


def shape(map):
    options = {"abs": False, "normalise": False, "disable_warnings": True, "display_progressbar": False}
    common = {"model": None, "x_batch": np.zeros((1, 1, *map.shape)), "y_batch": np.array([0]), "channel_first": True}
    magnitudes = np.abs(map)[None, None].astype(np.float64)
    return {"sparseness": float(quantus.Sparseness(**options)(a_batch=magnitudes, **common)[0]),
            "entropy": float(quantus.Complexity(**options)(a_batch=magnitudes, **common)[0])}


def make(name, output):
    subject = Subject(name)
    random = np.random.default_rng(sum(map(ord, name)))
    rows, columns = subject.rows, subject.columns
    noise = random.standard_normal((rows, columns))
    smooth = scipy.ndimage.gaussian_filter(noise, 1.0).astype(np.float32)
    equal = np.round(scipy.ndimage.gaussian_filter(random.random((rows, columns)), 0.7) * 6).astype(np.float32) / 8
    cases = []
    for values, index in [(smooth, CLASSES[0]), (equal, CLASSES[1])]:
        flat = values.flatten()
        case = {"class": index, "map": flat.tolist(), "games": games(subject, flat, index),
                "perturbations": perturbations(subject, values, index), "confidence": confidence(subject, values, index),
                "localization": localization(subject, values, random), **shape(values), "pixel_flipping": flipping(subject, flat, index)}
        cases.append(case)
    result = {"rows": rows, "columns": columns, "steps": STEPS, "cases": cases,
              "spearman": float(scipy.stats.spearmanr(smooth.flatten(), equal.flatten())[0]),
              "blur": [round(float(value), 7) for value in blurred(subject.pixels).flatten()[::7]]}
    (output / f"{name}.json").write_text(json.dumps(result) + "\n")
    print(name, {key: round(value["area"], 4) for key, value in cases[0]["games"].items()}, cases[0]["confidence"]["road"])


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "quality"
    output.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    for name in MODELS:
        make(name, output)
