#!/usr/bin/env python3
"""Opens what `getam train` or `getam export` left with timm, and compares its logits with getam's.

    python3 -m venv oracle && oracle/bin/pip install torch timm safetensors pillow numpy
    oracle/bin/python Tests/Scripts/timm-reads.py GETAM MODEL [MODEL ...]

MODEL is a folder with model.safetensors and config.json. The picture is noise of the model's own size, so that nothing is
resampled. Every tensor of timm's must be there; a
segmentation decoder (`decoder.*`) is left unread. Exit status 1 where the logits differ by more than 2e-5 of the largest.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors import safe_open

worst = 0
for folder in map(Path, sys.argv[2:]):
    with safe_open(folder / "model.safetensors", "pt") as file:
        names = set(file.keys())
    model = timm.create_model(f"local-dir:{folder}", pretrained=True, pretrained_strict=False).eval()
    own = set(model.state_dict())
    if own - names or {name for name in names - own if not name.startswith("decoder.")}:
        sys.exit(f"{folder}: tensors of timm's and of the file differ: {sorted(own ^ names)[:5]}")
    config = model.pretrained_cfg
    _, height, width = config["input_size"]
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    with tempfile.TemporaryDirectory() as place:
        picture = Path(place) / "noise.png"
        Image.fromarray(pixels).save(picture)
        answer = json.loads(subprocess.run(
            [sys.argv[1], "classify", "-m", folder, "--top", "0", "--json", picture],
            check=True, capture_output=True, text=True).stdout)
    ours = np.zeros(model.num_classes)
    for entry in answer["classes"]:
        ours[entry["index"]] = entry["logit"]
    value = (torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - torch.tensor(config["mean"]).view(3, 1, 1)) \
        / torch.tensor(config["std"]).view(3, 1, 1)
    with torch.no_grad():
        theirs = model(value[None])[0].numpy()
    deviation = np.abs(ours - theirs).max() / np.abs(theirs).max()
    worst = max(worst, deviation)
    print(f"{folder.name}: {type(model).__name__} {config['architecture']}, {len(ours)} logits, largest difference {deviation:.1e}")
sys.exit(worst > 2e-5)
