#!/usr/bin/env python3
"""Times training beside PyTorch in one interleaved run: pictures a second, and peak memory.

    python3 -m venv peers && peers/bin/pip install torch timm pillow numpy
    swift build -c release
    peers/bin/python Tests/Benchmarks/train.py --images DIR [--getam .build/release/getam] [--rounds 3] [--threads 2]

Every case trains a DeiT-tiny at 224 pixels by AdamW on the multi-label soft margin with batches of 16: pictures are read, cut at
random, mirrored, their colors changed. Each is a process of its own, in turn, several rounds; a rate is the median over rounds.

    getam      `getam train --recipe plain`, its own figure: reading, writing the model and all else included
    eager      PyTorch in float32, its data loader with one worker process
    bf16       the same under autocast to bfloat16

PyTorch's rate is that of the steps after the fifth. Peak memory is that of the process and its workers.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def pytorch(kind, images, steps, threads):
    import numpy as np
    import timm
    import torch
    from PIL import Image, ImageEnhance

    torch.set_num_threads(threads)
    files = sorted(Path(images).glob("*.jpg"))

    class Pictures(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            random = np.random.default_rng()
            picture = Image.open(files[index]).convert("RGB")
            area, aspect = random.uniform(0.35, 1), np.exp(random.uniform(np.log(3 / 4), np.log(4 / 3)))
            width = min(picture.width, int((picture.width * picture.height * area * aspect) ** 0.5))
            height = min(picture.height, int((picture.width * picture.height * area / aspect) ** 0.5))
            x, y = random.integers(picture.width - width + 1), random.integers(picture.height - height + 1)
            picture = picture.resize((224, 224), Image.BICUBIC, box=(x, y, x + width, y + height))
            if random.uniform() < 0.5:
                picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
            for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
                picture = enhance(picture).enhance(random.uniform(0.7, 1.3))
            pixels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float() / 255
            mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
            return (pixels - mean) / std, torch.nn.functional.one_hot(torch.tensor(index % 6), 6).float()

    model = timm.create_model("deit_tiny_patch16_224", num_classes=6).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=0.05)
    loader = iter(torch.utils.data.DataLoader(Pictures(), 16, shuffle=True, num_workers=1, drop_last=True))
    for step in range(steps):
        if step == 5:
            begin = time.monotonic()
        pixels, targets = next(loader)
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == "bf16"):
            loss = torch.nn.functional.multilabel_soft_margin_loss(model(pixels), targets)
        loss.backward()
        optimizer.step()
    seconds = time.monotonic() - begin
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"rate": 16 * (steps - 5) / seconds, "peak": peak / 1024}))
    os._exit(0)


def getam(program, model, images, steps, threads):
    with tempfile.TemporaryDirectory() as place:
        files = sorted(Path(images).glob("*.jpg"))
        labels, classes = Path(place) / "labels.txt", Path(place) / "classes.txt"
        labels.write_text("".join(f"{file.stem} {'abcdef'[index % 6]}\n" for index, file in enumerate(files)))
        classes.write_text("\n".join("abcdef") + "\n")
        settings = [part for setting in ("augment=standard", "optimizer=adamw", "learningRate=1e-5", "weightDecay=0.05",
                                         f"steps={steps}", "saveEvery=1000000", f"keepEvery={steps}")
                    for part in ("--set", setting)]
        run = subprocess.run(
            ["/usr/bin/time", "-f", "peak %M", program, "train", "--model", model, "--images", images, "--labels", labels, "--class-list",
             classes, "--recipe", "plain", *settings, "-o", Path(place) / "run", "--threads", str(threads)],
            check=True, capture_output=True, text=True).stderr
    return {"rate": float(re.search(r"([\d.]+) pictures a second", run)[1]), "peak": int(re.search(r"peak (\d+)", run)[1]) / 1024}


def make_model(folder):
    import timm
    from safetensors.torch import save_file
    model = timm.create_model("deit_tiny_patch16_224")
    save_file(model.state_dict(), Path(folder) / "model.safetensors", {"format": "pt"})
    (Path(folder) / "config.json").write_text(json.dumps({"architecture": "deit_tiny_patch16_224", "num_classes": 1000}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--getam", default=".build/release/getam")
    parser.add_argument("--images", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=45)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--case")
    options = parser.parse_args()
    if options.case:
        pytorch(options.case, options.images, options.steps, options.threads)
    figures = {"getam": [], "eager": [], "bf16": []}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import train; train.make_model({folder!r})"], check=True)
        for _ in range(options.rounds):
            for case in figures:
                if case == "getam":
                    found = getam(options.getam, folder, options.images, options.steps, options.threads)
                else:
                    answer = subprocess.run([sys.executable, *sys.argv, "--case", case], check=True, capture_output=True, text=True)
                    found = json.loads(answer.stdout.splitlines()[-1])
                figures[case].append(found)
    middle = {case: {key: statistics.median(f[key] for f in found) for key in ("rate", "peak")} for case, found in figures.items()}
    print("case     pictures a second   getam's rate / its   peak MiB   getam's peak / its")
    for case, found in middle.items():
        rates = f"{found['rate']:.1f} ({min(f['rate'] for f in figures[case]):.1f}-{max(f['rate'] for f in figures[case]):.1f})"
        print(f"{case:8} {rates:>17}   {middle['getam']['rate'] / found['rate']:18.2f}   {found['peak']:8.0f}   "
              f"{middle['getam']['peak'] / found['peak']:18.2f}")


if __name__ == "__main__":
    main()
