#!/usr/bin/env python3
"""Makes `training/`: what PyTorch's optimizers, loss and norm clipping make of seeded numbers, in Float32.

    python make_training.py [OUTPUT_FOLDER]        default: the folder `training` beside this script

`optimizers.safetensors`: `start` [96], `gradients` [10, 96], and after each of ten steps the parameters [10, 96] of `sgd`,
`sgd_momentum` (0.9, decay 0.01), `sgd_decay` (0.01), `adamw` and `adamw_decay` (0.05), all at rates [10] of `rates`.
`soft_margin.safetensors`: `logits` [6, 7], `targets` [6, 7], `losses` [6] (float64) and `gradients` [6, 7] of each row's loss.
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

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
print("written")
