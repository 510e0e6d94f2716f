#!/usr/bin/env python3
"""Makes `training/`: what PyTorch's optimizers, loss and norm clipping make of seeded numbers, in Float32.

    python make_training.py [OUTPUT_FOLDER]        default: the folder `training` beside this script

`optimizers.safetensors`: `start` [96], `gradients` [10, 96], and after each of ten steps the parameters [10, 96] of `sgd`,
`sgd_momentum` (0.9, decay 0.01), `sgd_decay` (0.01), `adamw` and `adamw_decay` (0.05), all at rates [10] of `rates`; and `poly_published` [10, 96]: the published PolyOptimizer at 0.04 over ten steps, which hands torch's SGD
its weight decay of 5e-4 in the place of the momentum.
`soft_margin.safetensors`: `logits` [6, 7], `targets` [6, 7], `losses` [6] (float64) and `gradients` [6, 7] of each row's loss.
`curve.safetensors`: a run of 200 steps in float64 of `models/registers_layerscale` with a head of zeros for three classes, on
ten pictures of its size whose values follow a formula, in the order that seed 5 gives: `losses` and `norms` [200], and `head` and
`average`, the head's weight and its moving mean after the last step. AdamW, rate 1e-3 (the head's ten times that), decay 0.05,
cosine after 20 steps of warm-up, gradients clipped to norm 1, moving mean 0.9, batch 4.
`augmentation.safetensors`: views of a 37x23 picture of a formula at side 32, as GETAM's published code makes them: `view.LONG.MIRROR`
[3, 32, 32], placed in the middle of the room there is (rounded down).
"""
import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "training"
OUTPUT.mkdir(exist_ok=True)
random = torch.Generator().manual_seed(11)
start = torch.randn(96, generator=random)
gradients = torch.randn(10, 96, generator=random) * torch.logspace(-6, 1, 96)
rates = torch.tensor([0.0, 0.01, 0.02, 0.02, 0.015, 0.01, 0.008, 0.004, 0.002, 0.001])
tensors = {"start": start, "gradients": gradients, "rates": rates}
for name, make in {
    "sgd": lambda p: torch.optim.SGD([p], lr=1),
    "sgd_momentum": lambda p: torch.optim.SGD([p], lr=1, momentum=0.9, weight_decay=0.01),
    "sgd_decay": lambda p: torch.optim.SGD([p], lr=1, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW([p], lr=1, weight_decay=0),
    "adamw_decay": lambda p: torch.optim.AdamW([p], lr=1, weight_decay=0.05),
}.items():
    parameter = torch.nn.Parameter(start.clone())
    optimizer = make(parameter)
    steps = []
    for rate, gradient in zip(rates.tolist(), gradients):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = gradient.clone()
        optimizer.step()
        steps.append(parameter.detach().clone())
    tensors[name] = torch.stack(steps)
parameter = torch.nn.Parameter(start.clone())
optimizer = torch.optim.SGD([parameter], 0.04, 5e-4)
assert (optimizer.defaults["momentum"], optimizer.defaults["weight_decay"]) == (5e-4, 0)
steps = []
for step, gradient in enumerate(gradients):
    optimizer.param_groups[0]["lr"] = 0.04 * (1 - step / 10) ** 0.9
    parameter.grad = gradient.clone()
    optimizer.step()
    steps.append(parameter.detach().clone())
tensors["poly_published"] = torch.stack(steps)
save_file(tensors, OUTPUT / "optimizers.safetensors")

logits = (torch.randn(6, 7, generator=random, dtype=torch.float64) * 4).float()
logits[0] = 0
logits[1] *= 20  # saturated
targets = (torch.rand(6, 7, generator=random) < 0.4).float()
leaf = logits.double().requires_grad_()
losses = torch.nn.functional.multilabel_soft_margin_loss(leaf, targets.double(), reduction="none")
(slopes,) = torch.autograd.grad(losses.sum(), leaf)
save_file({"logits": logits, "targets": targets, "losses": losses.detach(), "gradients": slopes.float()},
          OUTPUT / "soft_margin.safetensors")


# The random streams of getam, restated: SplitMix64 keyed by seed, epoch, picture and purpose.
MASK, GOLDEN = (1 << 64) - 1, 0x9E3779B97F4A7C15


def mixed(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def order_of(seed, epoch, count, purpose=1):
    state = 0
    for part in (seed, epoch, 0, purpose):
        state = mixed((state ^ part) + GOLDEN & MASK)
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        state = state + GOLDEN & MASK
        other = mixed(state) * (last + 1) >> 64
        order[last], order[other] = order[other], order[last]
    return order


def picture(index, side):
    """8-bit values by a formula, [3, side, side]."""
    c, y, x = torch.meshgrid(torch.arange(3), torch.arange(side), torch.arange(side), indexing="ij")
    return ((37 * c + 11 * y * (index + 1) + 7 * x * (index % 3 + 1) + 5 * x * y) % 256 + (c == index % 3) * 128).clamp(max=255)


def curve():
    import timm
    torch.set_default_dtype(torch.float64)
    folder = Path(__file__).resolve().parent / "models/registers_layerscale"
    config = json.loads((folder / "config.json").read_text())
    model = timm.create_model(config["architecture"], num_classes=3, **config["model_args"])
    state = load_file(folder / "model.safetensors")
    state |= {"head.weight": torch.zeros(3, state["head.weight"].shape[1]), "head.bias": torch.zeros(3)}
    model.load_state_dict(state)
    model.double().train()
    mean, std = (torch.tensor(config["pretrained_cfg"][key]).view(3, 1, 1) for key in ("mean", "std"))
    side = config["pretrained_cfg"]["input_size"][1]
    pictures = [((picture(i, side) / 255) - mean) / std for i in range(10)]
    targets = torch.nn.functional.one_hot(torch.arange(10) % 3, 3).double()
    groups = {}
    for name, value in model.named_parameters():
        decays = value.dim() >= 2 and name not in ("cls_token", "reg_token", "pos_embed")
        groups.setdefault((name.startswith("head."), decays), []).append(value)
    optimizer = torch.optim.AdamW(
        [{"params": values, "weight_decay": 0.05 * decays, "factor": 10 if head else 1}
         for (head, decays), values in groups.items()], lr=1)
    average = [value.detach().clone() for value in model.parameters()]
    losses, norms = [], []
    for step in range(1, 201):
        epoch, place = divmod(step - 1, 10 // 4)
        batch = order_of(5, epoch, 10)[place * 4:place * 4 + 4]
        rate = 1e-3 * 0.5 * (1 + math.cos(math.pi * (step - 1) / 200)) * min(1, (step - 1) / 20)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        optimizer.zero_grad()
        loss = torch.nn.functional.multilabel_soft_margin_loss(
            model(torch.stack([pictures[i] for i in batch])), targets[batch])
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        losses.append(loss.item())
        optimizer.step()
        for kept, value in zip(average, model.parameters()):
            kept.mul_(0.9).add_(value.detach(), alpha=0.1)
    names = [name for name, _ in model.named_parameters()]
    save_file({"losses": torch.tensor(losses).float(), "norms": torch.tensor(norms).float(),
               "head": model.head.weight.detach().float(), "average": average[names.index("head.weight")].float()},
              OUTPUT / "curve.safetensors")
    print(f"curve: losses {losses[0]:.4f}, {losses[20]:.4f}, {losses[199]:.6f}; norms {norms[0]:.3f}, {norms[199]:.5f}")


def views():
    """Resized bilinearly without anti-aliasing, mirrored, normalized, cut or put on zeros."""
    torch.set_default_dtype(torch.float64)
    c, y, x = torch.meshgrid(torch.arange(3), torch.arange(23), torch.arange(37), indexing="ij")
    picture = ((37 * c + 11 * y * y + 7 * x + 5 * x * y) % 256).double()
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    tensors = {}
    for long, mirror in ((28, 0), (32, 1), (36, 0), (36, 1), (60, 1)):
        size = (round(23 * long / 37), long)
        view = torch.nn.functional.interpolate(picture[None], size=size, mode="bilinear", align_corners=False)[0]
        view = ((view.flip(-1) if mirror else view) / 255 - mean) / std
        out = torch.zeros(3, 32, 32)
        (sy, ty, ny), (sx, tx, nx) = [
            ((n - 32) // 2, 0, 32) if n > 32 else (0, (32 - n) // 2, n) for n in size]
        out[:, ty:ty + ny, tx:tx + nx] = view[:, sy:sy + ny, sx:sx + nx]
        tensors[f"view.{long}.{mirror}"] = out.float()
    save_file(tensors, OUTPUT / "augmentation.safetensors")


views()
curve()
print("written")
