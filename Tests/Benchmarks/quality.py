#!/usr/bin/env python3
"""Time of insertion and deletion with Quantus: PixelFlipping, patch by patch, on a timm model.

    python quality.py [--model FOLDER] [--picture FILE] [--steps 28] [--threads 2] [--runs 3]

Prints the medians, in seconds of the clock and of the processor, of the two curves of one map, with the picture's mean in place of the patches (Quantus knows deletion; insertion
is the same work, and counted as such), and of as many passes of the model alone, one after another.

Compare with `getam-bench quality --pictures 1` on the same picture at the same size, run in turn with it: its row `mean` is the same
definition, its row `dropped` the one that Quantus lacks.
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import quantus
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, default=ASSETS / "models/animals")
    parser.add_argument("--picture", type=Path, default=ASSETS / "pictures/01-cat.jpg")
    parser.add_argument("--steps", type=int, default=28)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = json.loads((options.model / "config.json").read_text())
    arguments = {key: value for key, value in config["model_args"].items() if value is not None}
    model = timm.create_model(config["architecture"], num_classes=config["num_classes"], global_pool=config["global_pool"], **arguments)
    state = {key: value.float() for key, value in load_file(options.model / "model.safetensors").items()}
    missing = [key for key in model.load_state_dict(state, strict=False).missing_keys]
    assert not missing, missing
    model.eval()
    side, patch = config["pretrained_cfg"]["input_size"][1], 16
    mean, std = (np.array(config["pretrained_cfg"][key])[:, None, None] for key in ("mean", "std"))
    values = np.asarray(Image.open(options.picture).convert("RGB").resize((side, side), Image.Resampling.BICUBIC), np.float64)
    pixels = ((values.transpose(2, 0, 1) / 255 - mean) / std).astype(np.float32)
    grid = side // patch
    ranks = np.random.default_rng(0).permutation(grid * grid).astype(np.float32).reshape(1, grid, grid)
    # All pixels and channels of a patch before the next patch's.
    values = np.broadcast_to(ranks.repeat(patch, 1).repeat(patch, 2), pixels.shape) + np.linspace(0, 0.5, pixels.size).reshape(pixels.shape)
    features = pixels.size // options.steps
    while side * side % features:
        features += 1
    middle = pixels.mean((1, 2))

    def replace(arr, indices, **rest):
        arr = arr.reshape(1, 3, -1).copy()
        channel, place = np.divmod(indices[0], arr.shape[-1])
        arr[0, channel, place] = middle[channel]
        return arr.reshape(1, -1)

    metric = quantus.PixelFlipping(features_in_step=features, perturb_func=replace, abs=False, normalise=False, disable_warnings=True,
                                   display_progressbar=False)

    def curve():
        metric(model=model, x_batch=pixels[None], y_batch=np.array([0]), a_batch=values[None], softmax=True, device="cpu",
               channel_first=True)

    steps = -(-pixels.size // features)

    def passes():
        with torch.inference_mode():
            for _ in range(steps):
                model(torch.from_numpy(pixels)[None])

    curve()
    times = {"curve": [], "passes": []}
    for _ in range(options.runs):
        for name, work in [("curve", curve), ("passes", passes)]:
            begin = time.perf_counter(), time.process_time()
            work()
            times[name].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    scale = 2 * options.steps / steps

    def text(name):
        clock, processor = (statistics.median(column) * scale for column in zip(*times[name]))
        return f"{clock:.2f} s, {processor:.2f} s of the processor"

    print(f"Quantus, {options.threads} threads: two curves of {options.steps} steps {text('curve')} ({steps} measured); "
          f"the passes alone {text('passes')}")


if __name__ == "__main__":
    main()
