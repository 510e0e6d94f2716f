#!/usr/bin/env python3
"""Makes `published_training/`: the published model's end-to-end training stated again in PyTorch, in float64.

    python make_published_training.py [OUTPUT_FOLDER]        default: the folder `published_training` beside this script

`vitb.safetensors`, `hybrid.safetensors`: the decoders of `published/` on a batch of three inputs `pixels` [3, 3, 64, 64], with the
batch's statistics. Feature i of the last ones, channels last over the batch's picture, is dropped where 7919·i mod 10 is 3. The scalar
is the sum of the logits times ((37·i mod 101) / 50 − 1), i counting channels last in each picture. `logits`: [3, 13, 13, 6], every fifth
row and column; `gradient.NAME` its gradients by decoder, readouts and what lies lowest; `running.NAME` the norms' statistics afterwards.

`model.safetensors`, `config.json`: a tiny model of eight blocks. `steps.safetensors`: the recipe `published` on six pictures of a
formula (`picture`) and their saliency (`salient`) at 64 pixels, batch 4, four steps of which the last three are joint, seed 3:
`losses` [4, 6]: the whole, soft margin, cross entropy (background and foreground), saliency, energy, gradient's norm; `gradient.NAME`: of the
first joint step; `after.NAME`: parameters and running statistics after the fourth, of the blocks' matrices those of the first and the
last; `labels` [4, 64, 64] of the first joint step. `energy.NAME`: some gradients of that step with 1e-4 for the energy's
weight.
"""
import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import make_published

HERE = Path(__file__).resolve().parent
OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "published_training"
MEAN, STD = (np.array(values, np.float32) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))


def forward(model, inputs, factors=None):
    """Class logits [B, K], and, where dropout's factors are given, the segmentation's [B, K+1, h, w]; tokens one by one."""
    passes = [model.pretrained.model(x[None]) for x in inputs]
    grid, depth = passes[0][2], len(passes[0][0])

    def level(number):
        layers = getattr(model.pretrained, f"act_postprocess{number}")
        block = number * depth // 4 - 1
        x = torch.cat([layers[0](tokens[block], model.pretrained.model.prefix, grid) for tokens, _, _ in passes])
        for layer in layers[3:]:
            x = layer(x)
        return x

    last = level(4)
    logits = model.cls_head(last.mean((2, 3)))
    if factors is None:
        return logits, None
    if model.size.stem:
        maps = [torch.cat([stages[number] for _, stages, _ in passes]) for number in (0, 1)]
    else:
        maps = [level(1), level(2)]
    maps = [getattr(model.scratch, f"layer{number + 1}_rn")(map) for number, map in enumerate(maps + [level(3), last])]
    path = model.scratch.refinenet4(maps[3])
    for number in (3, 2, 1):
        path = getattr(model.scratch, f"refinenet{number}")(path, maps[number - 1])
    convolution, norm, rectifier, _, classifier = model.scratch.output_conv
    features = rectifier(norm(convolution(model.cam_module(path))))
    path = classifier(features * factors(features.shape))
    return logits, F.interpolate(path, scale_factor=2, mode="bilinear", align_corners=True)


def statistics(model):
    return {name: value for name, value in model.state_dict().items()
            if "running" in name and "refinenet4.resConfUnit1" not in name}


def is_trained(name):
    return not any(part in name for part in ("refinenet4.resConfUnit1", "pretrained.model.norm.", "pretrained.model.head"))


def decoder(name):
    model = make_published.GETAM(make_published.SIZES[name]).double().train()
    model.load_state_dict({key: value.double() if value.is_floating_point() else value
                           for key, value in load_file(HERE / "published" / name / "model.safetensors").items()})
    pixels = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(len(name)))

    def factors(shape):
        one = torch.arange(shape[1] * shape[2] * shape[3]).view(shape[2], shape[3], shape[1]).permute(2, 0, 1)
        return ((7919 * one) % 10 != 3).double().expand(shape) / 0.9

    _, logits = forward(model, pixels.double(), factors)
    one = logits[0].permute(1, 2, 0)
    cotangent = (37 * torch.arange(one.numel()) % 101).double() / 50 - 1
    scalar = (logits.permute(0, 2, 3, 1).flatten(1) * cotangent).sum()
    wanted = {key: value for key, value in model.named_parameters()
              if is_trained(key) and not key.startswith("cls_head")
              and (not key.startswith("pretrained.model.") or any(
                  part in key for part in ("blocks.0.norm", "blocks.3.mlp", "patch_embed.proj", "cls_token", "stem", "stages.0.blocks.0")))}
    gradients = torch.autograd.grad(scalar, list(wanted.values()), allow_unused=True)
    tensors = {"pixels": pixels, "logits": logits.permute(0, 2, 3, 1)[:, ::5, ::5].float()}
    # What comes after the last tapped block takes no part.
    tensors |= {"gradient." + key: value.float() for key, value in zip(wanted, gradients) if value is not None}
    tensors |= {"running." + key: value.float() for key, value in statistics(model).items()}
    save_file({key: value.detach().contiguous() for key, value in tensors.items()}, OUTPUT / f"{name}.safetensors")
    print(name, len(wanted), "parameters")


# The random streams of getam, restated: SplitMix64 keyed by seed, epoch, picture and purpose.
MASK, GOLDEN = (1 << 64) - 1, 0x9E3779B97F4A7C15
ORDER, CROP, DROPOUT = 1, 2, 6


def mixed(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def state_of(seed, epoch, picture, purpose):
    state = 0
    for part in (seed, epoch, picture, purpose):
        state = mixed((state ^ part) + GOLDEN & MASK)
    return state


def uniforms(state, count):
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.uint64(GOLDEN) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def order_of(seed, epoch, count):
    state, order = state_of(seed, epoch, 0, ORDER), list(range(count))
    for last in range(count - 1, 0, -1):
        state = state + GOLDEN & MASK
        other = mixed(state) * (last + 1) >> 64
        order[last], order[other] = order[other], order[last]
    return order


SIDE, CLASSES, COUNT, BATCH, SEED = 64, 5, 6, 4, 3


def picture(index):
    """8-bit values by a formula, [h, w, 3]: a ground, a block of other colors."""
    h, w = 50 + 3 * index, 70 - 2 * index
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing="ij")
    values = 60 + 20 * c + (11 * y * (index + 1) + 7 * x + 5 * x * y) % 40
    block = (y >= 12) & (y < 40) & (x >= 15) & (x < 50 - index)
    return np.where(block, 230 - 50 * ((c + index) % 3) - (3 * x + y * y) % 23, values).astype(np.uint8)


def salient(index):
    h, w, _ = picture(index).shape
    y, x = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    return ((y >= 10) & (y < 38) & (x >= 12) & (x < 46)).astype(np.uint8)


def classes_of(index):
    return sorted({index % CLASSES, (2 * index + 1) % CLASSES} if index % 2 else {index % CLASSES})


def view(index, epoch):
    """A picture, its saliency and where it lies, as the published augmentation brings them; the arithmetic is Float32's."""
    source, mask = picture(index), salient(index)
    h, w, _ = source.shape
    u = uniforms(state_of(SEED, epoch, index, CROP), 4)
    shortest, longest = int(SIDE * 0.9), int(SIDE / 0.875)
    long = shortest + int(u[0] * (longest - shortest + 1))
    mirror = u[1] < 0.5
    width, height = (long, max(1, round(h * long / w))) if w >= h else (max(1, round(w * long / h)), long)

    def placement(length, place):
        room = abs(length - SIDE)
        offset = min(room, int(place * (room + 1)))
        return (offset, 0, SIDE) if length > SIDE else (0, offset, length)

    def taps(indices, outputs, inputs):
        place = np.maximum(0, (indices + 0.5) * inputs / outputs - 0.5)
        first = np.minimum(place.astype(int), inputs - 1)
        return first, np.minimum(first + 1, inputs - 1), (place - first).astype(np.float32)

    sx, tx, nx = placement(width, u[2])
    sy, ty, ny = placement(height, u[3])
    columns, rows = sx + np.arange(nx), sy + np.arange(ny)
    columns = width - 1 - columns if mirror else columns
    left, right, across = taps(columns, width, w)
    upper, lower, down = taps(rows, height, h)
    s, one = source.astype(np.float32), np.float32(1)
    across, down = across[None, :, None], down[:, None, None]
    above = s[upper][:, left] * (one - across) + s[upper][:, right] * across
    below = s[lower][:, left] * (one - across) + s[lower][:, right] * across
    values = ((above * (one - down) + below * down) / np.float32(255) - MEAN) / STD
    pixels, saliency, inside = np.zeros((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), bool)
    where = np.s_[ty:ty + ny, tx:tx + nx]
    pixels[where], inside[where] = values, True
    saliency[where] = mask[np.minimum(h - 1, rows * h // height)][:, np.minimum(w - 1, columns * w // width)]
    guide = np.clip((pixels * STD + MEAN) * np.float32(255), 0, 255).astype(np.uint8)
    return pixels.transpose(2, 0, 1).copy(), guide, saliency, inside


def pamr(maps, guide):
    """Pixel-adaptive mask refinement, ten times over six dilations."""
    image = torch.from_numpy(guide).permute(2, 0, 1)[None].double()
    dilations = (1, 2, 4, 8, 12, 24)
    around = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]

    def neighbors(x, offsets):
        height, width = x.shape[2:]
        planes = []
        for d in dilations:
            padded = F.pad(x, [d] * 4, mode="replicate")
            planes += [padded[:, :, d + d * dy:d + d * dy + height, d + d * dx:d + d * dx + width] for dy, dx in offsets]
        return torch.stack(planes, 2)

    deviation = neighbors(image, around + [(0, 0)]).std(2, keepdim=True)
    likeness = -(neighbors(image, around) - image[:, :, None]).abs() / (1e-8 + 0.1 * deviation)
    weights = likeness.mean(1, keepdim=True).softmax(2)
    for _ in range(10):
        maps = (neighbors(maps, around) * weights).sum(2)
    return maps


def opened(foreground):
    """OpenCV's opening by a 10×10 square, whose window reaches five back and four ahead both ways."""
    def window(x, outside, join):
        h, w = x.shape
        padded = np.pad(x, 10, constant_values=outside)
        return join.reduce([padded[10 + dy:10 + dy + h, 10 + dx:10 + dx + w] for dy in range(-5, 5) for dx in range(-5, 5)])
    return window(window(foreground, True, np.logical_and), False, np.logical_or)


def completed(maps, classes, saliency):
    """The published label completion: the label map, and saliency with completed pixels 255."""
    stack, saliency = np.zeros((CLASSES, SIDE, SIDE)), saliency.copy()
    for plane, index in zip(maps, classes):
        stack[index] = plane
    label = np.concatenate([(1 - stack.max(0, keepdims=True)) ** 32, stack]).argmax(0)
    label[label == 0] = 255
    label[saliency == 0] = 0
    for index in classes:
        values = np.sort(stack[index][stack[index] > 0])
        place = int(len(values) * 0.9)
        if place > 0:
            found = (stack[index] > values[place]) & (label == 0)
            label[found], saliency[found] = index + 1, 255
    label[~opened(label != 0)] = 0
    return label, saliency


def energy(probabilities, guide, inside, labels):
    """The dense energy by all pairs, at half the size; its derivatives are the published ones."""
    half = F.interpolate(probabilities[None], scale_factor=0.5, mode="bilinear", align_corners=False)[0]
    image, roi, known = guide[::2, ::2].astype(np.float64), torch.from_numpy(inside[::2, ::2]).double(), labels[::2, ::2]
    y, x = np.meshgrid(np.arange(SIDE // 2), np.arange(SIDE // 2), indexing="ij")
    points = torch.from_numpy(np.concatenate([x[..., None] / 50, y[..., None] / 50, image / 15], 2).reshape(-1, 5))
    kernel = torch.exp(-0.5 * torch.cdist(points, points) ** 2)
    segments = (half * roi).flatten(1)
    gate = torch.clamp(roi - half.detach().max(0).values, min=0)
    gate = torch.where(torch.from_numpy(known == 255), torch.ones_like(gate), gate).flatten()
    value = -(segments.detach() * gate * (segments.detach() @ kernel)).sum()
    slope = -2 * gate * (segments.detach() @ kernel) * roi.flatten()
    # The published function's value, with the gradient it states.
    return value + (slope * (half.flatten(1) - half.flatten(1).detach())).sum()


def joint(model, batch, epoch, weight=1e-7):
    """The parts of a joint step's loss, and the label maps."""
    views = [view(index, epoch) for index in batch]
    inputs = torch.stack([torch.from_numpy(v[0]) for v in views]).double()

    def factors(shape):
        one = [uniforms(state_of(SEED, epoch, index, DROPOUT), shape[1] * shape[2] * shape[3]) for index in batch]
        kept = [torch.from_numpy(u.reshape(shape[2], shape[3], shape[1]) >= 0.1).permute(2, 0, 1) for u in one]
        return torch.stack(kept).double() / 0.9

    # Attention of every picture and block, as the passes leave it.
    attention, blocks = [], model.pretrained.model.blocks
    attend = make_published.Attention.forward

    def keeping(self, x):
        result = attend(self, x)
        attention.append(self.kept)
        return result

    make_published.Attention.forward = keeping
    logits, segmentation = forward(model, inputs, factors)
    make_published.Attention.forward = attend
    labels, saliencies = [], []
    for place, (index, (_, guide, saliency, _)) in enumerate(zip(batch, views)):
        kept = attention[place * len(blocks) + 6:(place + 1) * len(blocks)]
        maps = []
        for c in classes_of(index):
            gradients = torch.autograd.grad(logits[place, c], kept, retain_graph=True)
            total = sum(F.relu(g * a).mean(0) * F.relu(g).mean(0) for g, a in zip(gradients, kept))
            maps.append(total[0, 1:].reshape(SIDE // 16, SIDE // 16))
        maps = torch.stack(maps)[None].detach()
        maps = F.interpolate(maps, size=(SIDE, SIDE), mode="bilinear", align_corners=True)
        maps = pamr(maps, guide)[0]
        maps = maps / (maps.amax((1, 2), keepdim=True) + 1e-5)
        label, changed = completed(maps.numpy(), classes_of(index), saliency)
        labels.append(label)
        saliencies.append(changed)
    targets = torch.zeros(len(batch), CLASSES).double()
    for place, index in enumerate(batch):
        targets[place, classes_of(index)] = 1
    label = torch.from_numpy(np.stack(labels))
    margin = F.multilabel_soft_margin_loss(logits, targets)
    background, foreground = label.clone(), label.clone()
    background[label != 0] = 255
    foreground[label == 0] = 255
    entropy = F.cross_entropy(segmentation, background, ignore_index=255) + F.cross_entropy(segmentation, foreground, ignore_index=255)
    probabilities = segmentation.softmax(1)
    # The published target: only completed pixels are not background.
    target = torch.from_numpy(np.stack(saliencies) != 255).double()
    saliency = F.binary_cross_entropy(probabilities[:, 0], target)
    dense = sum(energy(p, guide, inside, known) for p, (_, guide, _, inside), known in zip(probabilities, views, labels)) / len(batch)
    return margin + entropy + saliency + weight * dense, (margin, entropy, saliency, dense), np.stack(labels)


def steps():
    size = make_published.Size(width=32, heads=2, depth=8, hidden=64, grid=4, channels=(8, 12, 16, 20), classes=CLASSES)
    model = make_published.GETAM(size)
    make_published.randomize(model, torch.Generator().manual_seed(77))
    state = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    state = {key: value for key, value in state.items() if is_trained(key)}
    save_file({key: value.contiguous() for key, value in state.items()}, OUTPUT / "model.safetensors")
    (OUTPUT / "config.json").write_text(json.dumps({"num_heads": 2}) + "\n")
    model.load_state_dict({key: value.float() if value.is_floating_point() else value for key, value in state.items()}, strict=False)
    model.double().train()
    trained = {key: value for key, value in model.named_parameters() if is_trained(key)}
    optimizer = torch.optim.SGD(list(trained.values()), 0.04, 5e-4)
    tensors, rows = {}, []
    for step in range(1, 5):
        epoch, place = divmod(step - 1, COUNT // BATCH)
        batch = order_of(SEED, epoch, COUNT)[place * BATCH:place * BATCH + BATCH]
        optimizer.zero_grad()
        if step == 1:
            inputs = torch.stack([torch.from_numpy(view(index, epoch)[0]) for index in batch]).double()
            targets = torch.zeros(BATCH, CLASSES).double()
            for number, index in enumerate(batch):
                targets[number, classes_of(index)] = 1
            loss = F.multilabel_soft_margin_loss(forward(model, inputs)[0], targets)
            parts = (loss, *(torch.zeros(()) for _ in range(3)))
        else:
            before = {key: value.clone() for key, value in model.state_dict().items()}
            if step == 2:
                names = [key for key in trained if "output_conv" in key or "refinenet1" in key or "act_postprocess4" in key]
                raised, _, _ = joint(model, batch, epoch, weight=1e-4)
                for key, value in zip(names, torch.autograd.grad(raised, [trained[key] for key in names])):
                    tensors["energy." + key] = value
                model.load_state_dict(before)
            loss, parts, labels = joint(model, batch, epoch)
        loss.backward()
        gradients = {key: value.grad for key, value in trained.items() if value.grad is not None}
        norm = math.sqrt(sum((value**2).sum().item() for value in gradients.values()))
        if step == 2:
            tensors |= {"gradient." + key: value.clone() for key, value in gradients.items()}
            tensors["labels"] = torch.from_numpy(labels).to(torch.uint8)
            print("labels:", {int(v): int((labels == v).sum()) for v in np.unique(labels)})
        rows.append([v.item() for v in (loss, *parts)] + [norm])
        for group in optimizer.param_groups:
            group["lr"] = 0.04 * (1 - (step - 1) / 4) ** 0.9 * (0.1 if step > 1 else 1)
        optimizer.step()
        print(step, batch, rows[-1])
    tensors |= {"losses": torch.tensor(rows, dtype=torch.float64)}
    tensors |= {"after." + key: value for key, value in (trained | statistics(model)).items()
                if value.dim() < 2 or not re.search(r"blocks\.[1-6]\.", key)}
    save_file({key: (value.detach().float() if value.is_floating_point() else value).contiguous() for key, value in tensors.items()},
              OUTPUT / "steps.safetensors")


if __name__ == "__main__":
    OUTPUT.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    for name in ("vitb", "hybrid"):
        decoder(name)
    steps()
