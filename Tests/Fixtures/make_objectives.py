#!/usr/bin/env python3
"""Makes `training/objectives.safetensors`: losses over pixels and patches, and bilinear resizing backwards, by float64 autograd.

    python make_objectives.py [OUTPUT_FILE]        default: training/objectives.safetensors beside this script

Everything is computed in float64 from exactly the Float32 inputs in the file, then rounded. A batch NAME has `NAME.logits`
[pictures, height, width, labels], `NAME.labels` [pictures, height, width] (255: ignored), `NAME.saliency` (0, 1, 255: completed)
and, each with the gradients `.gradient` [pictures, height, width, labels] by the logits:

`NAME.balanced` [1]: mean over background plus mean over foreground; `NAME.counts` their pixels
`NAME.corrected`, `NAME.published` [1]: binary cross entropy of the probability of background, the two targets
`NAME.clipped` [1]: gradient-clipping cross entropy, tiles of side 5, start value `NAME.start`; `NAME.mean` of all losses uncut

`dense*.*`: a picture [height, width, 3] of 0…255, logits, labels, the pixels inside; `energy` [1] with the sum over all pairs of
pixels, N = 3, and GETAM's gradient of it, which autograd confirms where every label is unknown (`dense_open`).
`contrast*.*`: tokens [pictures, patches, dimensions], labels, `contrast.loss` [1], gradient.
`resize_NAME.*`: gradients `y` of the resized map and `aligned`, `centered` of the map, both [channels, height, width].
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "training/objectives.safetensors"
random = torch.Generator().manual_seed(12)
tensors = {}


def normal(*shape, scale=1.0):
    return (torch.randn(*shape, generator=random, dtype=torch.float64) * scale).float().double()


def integers(low, high, *shape):
    return torch.randint(low, high, shape, generator=random)


def keep(name, value, leaf=None):
    tensors[name] = value.detach().reshape(value.shape or (1,)).float().contiguous()
    if leaf is not None:
        gradient = torch.autograd.grad(value, leaf, retain_graph=True, allow_unused=True)[0] if value.requires_grad else None
        tensors[name + ".gradient"] = (torch.zeros_like(leaf) if gradient is None else gradient).float().contiguous()


def balanced(logits, labels):
    entropy = F.cross_entropy(logits.movedim(-1, 1), labels, ignore_index=255, reduction="none")
    total = torch.zeros((), dtype=torch.float64)
    for chosen in (labels == 0, (labels != 0) & (labels != 255)):
        if chosen.any():
            total = total + entropy[chosen].mean()
    return total


def saliency_loss(logits, saliency, target):
    background = (saliency == 0) if target == "corrected" else (saliency != 255)
    # By log-probabilities: those of PyTorch's own loss are cut off, and checked below where they are not.
    logs = F.log_softmax(logits, -1)
    loss = -torch.where(background, logs[..., 0], torch.logsumexp(logs[..., 1:], -1)).mean()
    if logits.abs().max() < 15:
        other = F.binary_cross_entropy(F.softmax(logits, -1)[..., 0], background.double())
        assert abs(loss - other) < 1e-9 * max(1, abs(other)), (loss, other)
    return loss


def clipped(logits, labels, tile, start):
    losses = F.cross_entropy(logits.movedim(-1, 1), labels, ignore_index=255, reduction="none")
    mean = losses.detach().mean()
    if mean > start:
        return losses.mean(), mean
    caps = F.avg_pool2d(losses.detach().mean(0)[None], tile, tile, ceil_mode=True, count_include_pad=False)[0]
    caps = torch.maximum(caps, mean).repeat_interleave(tile, 0).repeat_interleave(tile, 1)
    caps = caps[:losses.shape[1], :losses.shape[2]]
    # No pixel may lie on its cap.
    assert ((losses.detach() - caps).abs() > 1e-5 * caps)[losses.detach() > 0].all() or losses.numel() == 1
    # Where the loss is its cap, as that of a single pixel is, it still has its gradient.
    return ((losses - caps).clamp(max=0) + caps).mean(), mean


def batch(name, pictures, height, width, labels, scale=2.0, change=None, start=3.0):
    logits = normal(pictures, height, width, labels, scale=scale)
    map = integers(0, labels, pictures, height, width)
    map[torch.rand(map.shape, generator=random) < 0.3] = 255
    map[torch.rand(map.shape, generator=random) < 0.3] = 0
    saliency = torch.tensor([0, 1, 255])[integers(0, 3, pictures, height, width)]
    if change:
        logits, map = change(logits, map)
    logits = logits.float().double().requires_grad_()
    keep(f"{name}.logits", logits)
    keep(f"{name}.labels", map)
    keep(f"{name}.saliency", saliency)
    keep(f"{name}.counts", torch.stack([(map == 0).sum(), ((map != 0) & (map != 255)).sum()]))
    keep(f"{name}.balanced", balanced(logits, map), logits)
    for target in ("corrected", "published"):
        keep(f"{name}.{target}", saliency_loss(logits, saliency, target), logits)
    loss, mean = clipped(logits, map, 5, start)
    keep(f"{name}.clipped", loss, logits)
    keep(f"{name}.mean", mean)
    keep(f"{name}.start", torch.tensor(start))


def saturated(logits, map):
    """Scores of ±100, equal ones, and pixels that are right to the last digit."""
    logits = torch.where(logits > 0, 100.0, -100.0).double() + logits
    logits[0, 0] = 0
    logits[0, 1] = 100
    logits[0, 2, :, 0] = 60
    logits[0, 2, :, 1:] = -60 - torch.arange(logits.shape[-1] - 1, dtype=torch.float64)
    map[0, 2, ::2] = 0
    map[0, 2, 1::2] = 1
    return logits, map


def sure(logits, map):
    """Right nearly everywhere: the losses are as small as 1e-10."""
    hot = F.one_hot(map.clamp(max=logits.shape[-1] - 1), logits.shape[-1]).double()
    return logits + hot * 24, map


batch("usual", 3, 12, 13, 7)
batch("before", 2, 12, 13, 7, start=0.5)
batch("two", 2, 6, 5, 2)
batch("many", 1, 9, 8, 30)
batch("ignored", 2, 4, 3, 5, change=lambda x, m: (x, torch.full_like(m, 255)))
batch("background", 2, 4, 3, 5, change=lambda x, m: (x, torch.where(m == 255, m, 0)))
batch("foreground", 2, 4, 3, 5, change=lambda x, m: (x, m.clamp(min=1)))
batch("one_class", 2, 4, 3, 5, change=lambda x, m: (x, torch.where((m == 0) | (m == 255), m, 3)))
batch("single", 1, 1, 1, 3, change=lambda x, m: (x, torch.full_like(m, 2)))
batch("saturated", 1, 12, 10, 4, change=saturated, start=300.0)
batch("sure", 1, 8, 8, 4, scale=0.5, change=sure)


def half(x, mode):
    """[height, width, ...] to half the size, at least 1."""
    size = [max(1, side // 2) for side in x.shape[:2]]
    planes = x.reshape(*x.shape[:2], -1).movedim(-1, 0)[None].double()
    options = {"align_corners": False} if mode == "bilinear" else {}
    return F.interpolate(planes, size=size, mode=mode, **options)[0].movedim(0, -1)


def dense(name, height, width, labels, pictures=3, is_open=False):
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.stack([(5 * x + 40 * (y > x)) % 256, 3 * y + 90 * (x > 11), 60 + integers(0, 40, height, width)], -1) % 256
    logits = normal(height, width, labels, scale=2.0).requires_grad_()
    map = integers(0, labels, height, width)
    map[torch.rand(map.shape, generator=random) < 0.3] = 255
    if is_open:
        map[:] = 255
    inside = torch.ones(height, width)
    if height > 3:
        inside[:3] = 0
    colors, probability = half(picture, "nearest").reshape(-1, 3), half(F.softmax(logits, -1), "bilinear").reshape(-1, labels)
    region, unknown = half(inside, "nearest").reshape(-1, 1), half(map, "nearest").reshape(-1, 1) == 255
    y, x = torch.meshgrid(*(torch.arange(max(1, side // 2)) for side in (height, width)), indexing="ij")
    features = torch.cat([x.reshape(-1, 1) / 50, y.reshape(-1, 1) / 50, colors / 15], 1).double()
    kernel = torch.exp(-0.5 * ((features[:, None] - features[None]) ** 2).sum(-1))
    gate = (region - probability.detach().max(1, keepdim=True).values).clamp(min=0)
    gate = torch.where(unknown, torch.ones_like(gate), gate)
    segment = probability * region
    filtered = kernel @ segment
    energy = -(segment * gate * filtered).sum() / pictures
    slope = -2 / pictures * gate * filtered.detach() * region
    (gradient,) = torch.autograd.grad((probability * slope).sum(), logits, retain_graph=True)
    if is_open:
        (exact,) = torch.autograd.grad(energy, logits)
        assert (exact - gradient).abs().max() < 1e-12 * exact.abs().max().clamp(min=1e-300)
    for key, value in dict(picture=picture, logits=logits, labels=map, inside=inside, energy=energy, gradient=gradient).items():
        keep(f"{name}.{key}", value)


dense("dense", 26, 30, 5)
dense("dense_open", 26, 30, 5, is_open=True)
dense("dense_odd", 17, 13, 2)
dense("dense_single", 1, 1, 3)


def contrast(name, pictures, patches, dimensions, change=None):
    tokens = normal(pictures, patches, dimensions) + normal(1, 1, dimensions)
    map = torch.tensor([0, 0, 2, 5, 255])[integers(0, 5, pictures, patches)]
    if change:
        tokens, map = change(tokens, map)
    tokens = tokens.float().double().requires_grad_()
    units = F.normalize(tokens, dim=-1, eps=1e-8)
    cosines = (units @ units.transpose(1, 2)).abs()
    valid = (map != 255)[:, :, None] & (map != 255)[:, None] & ~torch.eye(patches, dtype=torch.bool)
    alike = map[:, :, None] == map[:, None]
    same, different = valid & alike, valid & ~alike
    loss = 0.5 * (1 - (cosines * same).sum() / (same.sum() + 1)) + 0.5 * (cosines * different).sum() / (different.sum() + 1)
    keep(f"{name}.tokens", tokens)
    keep(f"{name}.labels", map)
    keep(f"{name}.counts", torch.stack([same.sum(), different.sum()]))
    keep(f"{name}.loss", loss, tokens)


def degenerate(tokens, map):
    """A token of nothing, one shorter than what lengths are bounded by, and two at right angles."""
    tokens[0, 0] = 0
    tokens[0, 1] *= 1e-10
    tokens[0, 2] = 0
    tokens[0, 3] = 0
    tokens[0, 2, 0] = 1
    tokens[0, 3, 1] = 2
    map[0, :4] = torch.tensor([0, 2, 0, 2])
    return tokens, map


contrast("contrast", 3, 37, 24)
contrast("contrast_ignored", 2, 5, 8, change=lambda t, m: (t, torch.full_like(m, 255)))
contrast("contrast_one_class", 2, 6, 8, change=lambda t, m: (t, torch.full_like(m, 4)))
contrast("contrast_single", 1, 1, 8)
contrast("contrast_degenerate", 1, 9, 16, change=degenerate)

for name, channels, old, new in (
    ("up", 7, (5, 6), (20, 24)), ("uneven", 3, (5, 7), (13, 4)), ("down", 9, (12, 15), (5, 3)), ("one", 4, (1, 6), (3, 1)),
    ("large", 7, (14, 13), (56, 52)),
):
    y = normal(channels, *new)
    keep(f"resize_{name}.y", y)
    for key, align in (("aligned", True), ("centered", False)):
        x = normal(1, channels, *old).requires_grad_()
        (gradient,) = torch.autograd.grad((F.interpolate(x, size=new, mode="bilinear", align_corners=align)[0] * y).sum(), x)
        keep(f"resize_{name}.{key}", gradient[0])

save_file(tensors, OUTPUT)
