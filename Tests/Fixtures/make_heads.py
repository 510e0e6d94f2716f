#!/usr/bin/env python3
"""Makes `training/heads.safetensors`: the loss of a batch with patch heads, patch-token contrast and a clipped cross entropy of the
light decoder, restated in PyTorch on `models/registers_layerscale`, with float64 autograd's answer.

    python make_heads.py [OUTPUT_FOLDER]        default: the folder `training` beside this script

`pixels` [4, 3, 40, 40] and `targets` [4, 5] are the batch, `maps` [4, 20, 20] its label maps (255 is unknown), `patch_heads.*` and
`decoder.*` the parameters beside the model's. Of each case, by its NAME: `NAME.losses`, the soft margin of the class head, the patch
head's, the auxiliary head's, contrast and cross entropy before their weights; `NAME.labels` [4, 25], the patches' labels, where they
are contrasted; and `NAME.gradient.PARAMETER`, of the weighted sum, by every parameter that has one. The cases are in CASES; only `all` has
the matrices below the last block, through which the gradients of biases, norms and positions go in the others, too.
"""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from make_decoders import BLOCKS, WIDTH, decode, decoder_parameters, transformer

# Pooling and weight of the patch head and the auxiliary head, weights of contrast and of cross entropy, and where clipping starts.
LOW = ("patch_embed.", "blocks.0.", "blocks.1.")
CASES = {
    "largest": (("max", 0.7), ("mean", 1.3), 0, 0, None),
    "mean": (("mean", 0.7), ("max", 1.3), 0, 0, None),
    "contrast": (None, ("mean", 0.5), 0.4, 0, None),
    "clipping": (None, None, 0, 0.9, 100),
    "late": (None, None, 0, 0.9, 0),
    "all": (("max", 0.7), ("max", 1.3), 0.2, 0.5, 100),
}
CLASSES, PATCHES = 5, 25
torch.set_num_threads(1)
random = np.random.default_rng(31)
model = transformer()
streams = {}
for number, block in enumerate(model.blocks):
    block.register_forward_hook(lambda _, __, out, number=number: streams.__setitem__(number, out))


def normal(*shape, gain=1.0):
    return torch.from_numpy((gain * random.standard_normal(shape)).astype(np.float32))


pixels = normal(4, 3, 40, 40)
targets = torch.tensor([[1, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [1, 1, 0, 0, 1]]).double()
maps = torch.from_numpy(random.choice([0, 0, 1, 2, 3, 5, 255], (4, 20, 20)))
heads = {f"patch_heads.{block}.weight": normal(CLASSES, WIDTH, gain=0.5).double().requires_grad_() for block in (0, 2)}
decoder = decoder_parameters(random, labels=CLASSES + 1)
parameters = heads | decoder | dict(model.named_parameters())


def pooled_loss(tokens, block, pooling):
    scores = tokens @ heads[f"patch_heads.{block}.weight"].T
    pooled = scores.mean(1) if pooling == "mean" else F.adaptive_max_pool1d(scores.transpose(1, 2), 1)[..., 0]
    return F.multilabel_soft_margin_loss(pooled, targets)


def patch_labels(tokens):
    """By two thresholds: the classes that are there from 1 on in ascending order, 0, or 255 between."""
    maps = F.relu(tokens.detach() @ heads["patch_heads.0.weight"].detach().T)
    labels = torch.zeros(len(targets), PATCHES, dtype=torch.long)
    for picture, target in enumerate(targets):
        there = target.nonzero()[:, 0]
        if not len(there):
            continue
        cam = maps[picture][:, there]
        cam = cam - cam.amin(0)
        value, label = (cam / (cam.amax(0) + 1e-5)).max(1)
        assert min((value - 0.7).abs().min(), (value - 0.25).abs().min()) > 1e-4
        labels[picture] = torch.where(value > 0.7, label + 1, torch.where(value <= 0.25, 0, 255))
    return labels


def contrast_loss(tokens, labels):
    unit = tokens / tokens.norm(dim=-1, keepdim=True)
    cosines = (unit @ unit.transpose(1, 2)).abs()
    known = (labels[:, :, None] != 255) & (labels[:, None] != 255) & ~torch.eye(PATCHES, dtype=bool)
    alike = labels[:, :, None] == labels[:, None]
    same, different = known & alike, known & ~alike
    return 0.5 * (1 - (cosines * same).sum() / (same.sum() + 1)) + 0.5 * (cosines * different).sum() / (different.sum() + 1)


def cross_entropy(start):
    logits = torch.stack([decode(decoder, {block: streams[block][picture, 5:] for block in BLOCKS}) for picture in range(4)])
    losses = F.cross_entropy(logits.permute(0, 3, 1, 2), maps, ignore_index=255, reduction="none")
    mean = losses.mean().detach()
    # The windows of 120 pixels are wider than the input: their mean is the mean of all.
    return losses.mean() if mean > start else losses.clamp(max=mean).mean()


tensors = {"pixels": pixels, "targets": targets.float(), "maps": maps.float()}
tensors |= {name: value.detach().float() for name, value in (heads | decoder).items()}
for name, (patch, auxiliary, contrast, segmentation, start) in CASES.items():
    logits = model(pixels.double())
    final, lower = model.norm(streams[2])[:, 5:], streams[0][:, 5:]
    zero = torch.zeros((), dtype=torch.float64)
    losses = [F.multilabel_soft_margin_loss(logits, targets),
              pooled_loss(final, 2, patch[0]) if patch else zero, pooled_loss(lower, 0, auxiliary[0]) if auxiliary else zero]
    if contrast:
        labels = patch_labels(lower)
        tensors[f"{name}.labels"] = labels.float()
        print(name, "patch labels", torch.unique(labels, return_counts=True))
    losses.append(contrast_loss(final, labels) if contrast else zero)
    losses.append(cross_entropy(start) if segmentation else zero)
    weights = [1, patch[1] if patch else 0, auxiliary[1] if auxiliary else 0, contrast, segmentation]
    total = sum(weight * loss for weight, loss in zip(weights, losses))
    gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    tensors[f"{name}.losses"] = torch.stack(losses).detach()
    tensors |= {f"{name}.gradient.{parameter}": gradient.float().contiguous()
                for parameter, gradient in zip(parameters, gradients)
                if gradient is not None and (name == "all" or not parameter.startswith(LOW) or gradient.ndim < 2)}
    print(name, [f"{loss:.4f}" for loss in losses])
output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "training"
save_file(tensors, output / "heads.safetensors")
