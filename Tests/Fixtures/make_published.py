"""The published GETAM model (arXiv 2112.02841) stated again in PyTorch, and the fixtures under published/.

Needs opencv-python-headless 5.0.0 besides the packages named in README.md.

    python make_published.py                       # writes published/<name>/
    python make_published.py --full FOLDER         # full-size models and what is expected of them; large, not committed
    python make_published.py --keys FILE           # compares the state dict's names and shapes with a list of them
    python make_published.py --time SECONDS        # median time of the hybrid's class logits at 384×384, Float32

Tiny random models under the official names. `expected.safetensors` is computed in float64 from the stored weights:

    pixels             [3, h, w]     input, normalized
    logits             [K]           class logits
    segmentation       [K+1, h, w]   decoder's logits at full resolution; absent for acr
    classes            [C] I64       classes explained
    attention          [L, H, N, N]  after soft-max (full size: class rows only, [L, H, N], as attention_class_row)
    gradient           [C, L, H, N, N]  d logit of the class / d attention (full size: gradient_class_row)
    getam              [C, L, rows, columns]  M = U * V in the class token's row at the patch columns
    picture            [h, w, 3]     8-bit picture
    square_64, _96     [s, s, 3]     the picture squashed by OpenCV; only for vitb
    probabilities      [K+1, h, w]   of the picture: squares of 64 and 96 pixels, logits averaged, soft-max; not for acr
"""
import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(tokens, 3, self.heads, width // self.heads).permute(1, 2, 0, 3)
        weights = (q @ k.transpose(1, 2) / math.sqrt(width // self.heads)).softmax(-1)
        if not weights.requires_grad and torch.is_grad_enabled():
            weights.requires_grad_()
        self.kept = weights
        return self.proj((weights @ v).transpose(0, 1).reshape(tokens, width))


class MLP(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = MLP(width, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def pad_same(x, kernel, stride, value=0.0):
    pads = []
    for length in (x.shape[3], x.shape[2]):
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


class StandardizedConv(nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__(inputs, outputs, kernel, stride, bias=False)

    def forward(self, x):
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        deviation = self.weight.std((1, 2, 3), unbiased=False, keepdim=True)
        weight = (self.weight - mean) / (deviation + 1e-5)
        return F.conv2d(pad_same(x, self.kernel_size[0], self.stride[0]), weight, None, self.stride)


class ConvNorm(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = StandardizedConv(inputs, outputs, kernel, stride)
        self.norm = nn.GroupNorm(32, outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Bottleneck(nn.Module):
    def __init__(self, inputs, middle, outputs, stride, projects):
        super().__init__()
        if projects:
            self.downsample = ConvNorm(inputs, outputs, 1, stride)
        self.conv1, self.norm1 = StandardizedConv(inputs, middle, 1), nn.GroupNorm(32, middle)
        self.conv2, self.norm2 = StandardizedConv(middle, middle, 3, stride), nn.GroupNorm(32, middle)
        self.conv3, self.norm3 = StandardizedConv(middle, outputs, 1), nn.GroupNorm(32, outputs)

    def forward(self, x):
        beside = self.downsample(x) if hasattr(self, "downsample") else x
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return F.relu(self.norm3(self.conv3(x)) + beside)


class Stage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class ResNet(nn.Module):
    def __init__(self, first, middles, outputs, counts):
        super().__init__()
        self.stem = ConvNorm(3, first, 7, 2)
        stages, inputs = [], first
        for number, (middle, output, count) in enumerate(zip(middles, outputs, counts)):
            blocks = []
            for index in range(count):
                blocks.append(Bottleneck(inputs, middle, output, 2 if number and not index else 1, index == 0))
                inputs = output
            stages.append(Stage(blocks))
        self.stages = nn.ModuleList(stages)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.max_pool2d(pad_same(x, 3, 2, -math.inf), 3, 2)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class PatchEmbed(nn.Module):
    def __init__(self, size):
        super().__init__()
        if size.stem:
            self.backbone = ResNet(*size.stem)
            self.proj = nn.Conv2d(size.stem[2][-1], size.width, 1)
        else:
            self.proj = nn.Conv2d(3, size.width, 16, 16)


class ViT(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, size.width))
        if size.distilled:
            self.dist_token = nn.Parameter(torch.randn(1, 1, size.width))
            self.head_dist = nn.Linear(size.width, size.pretraining)
        self.prefix = 2 if size.distilled else 1
        self.pos_embed = nn.Parameter(torch.randn(1, size.grid**2 + self.prefix, size.width))
        self.patch_embed = PatchEmbed(size)
        self.blocks = nn.ModuleList(Block(size.width, size.heads, size.hidden) for _ in range(size.depth))
        self.norm = nn.LayerNorm(size.width, eps=1e-6)
        self.head = nn.Linear(size.width, size.pretraining)

    def forward(self, x):
        """Tokens after every block, the stem's maps, and the grid."""
        stages = self.patch_embed.backbone(x) if hasattr(self.patch_embed, "backbone") else []
        patches = self.patch_embed.proj(stages[-1] if stages else x)
        rows, columns = patches.shape[2:]
        old = math.isqrt(self.pos_embed.shape[1] - self.prefix)
        grid = self.pos_embed[0, self.prefix :].reshape(1, old, old, -1).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, size=(rows, columns), mode="bilinear", align_corners=False)
        tokens = [self.cls_token[0]] + ([self.dist_token[0]] if self.prefix == 2 else [])
        x = torch.cat(tokens + [patches[0].flatten(1).T])
        x = x + torch.cat([self.pos_embed[0, : self.prefix], grid[0].flatten(1).T])
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return outputs, stages, (rows, columns)


class Readout(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.project = nn.Sequential(nn.Linear(2 * width, width), nn.GELU())

    def forward(self, tokens, prefix, grid):
        patches = tokens[prefix:]
        joined = torch.cat([patches, tokens[:1].expand_as(patches)], 1)
        return self.project(joined).T.reshape(1, -1, *grid)


class Pretrained(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.model = ViT(size)
        if size.acr:
            return
        width, channels = size.width, size.channels

        def level(*layers):
            # Numbers 1 and 2 transpose and unflatten, which Readout does here.
            return nn.Sequential(Readout(width), nn.Identity(), nn.Identity(), *layers)

        if not size.stem:
            self.act_postprocess1 = level(
                nn.Conv2d(width, channels[0], 1), nn.ConvTranspose2d(channels[0], channels[0], 4, 4))
            self.act_postprocess2 = level(
                nn.Conv2d(width, channels[1], 1), nn.ConvTranspose2d(channels[1], channels[1], 2, 2))
        self.act_postprocess3 = level(nn.Conv2d(width, channels[2], 1))
        self.act_postprocess4 = level(
            nn.Conv2d(width, channels[3], 1), nn.Conv2d(channels[3], channels[3], 3, 2, 1))

    def level(self, number, tokens, grid):
        layers = getattr(self, f"act_postprocess{number}")
        x = layers[0](tokens, self.model.prefix, grid)
        for layer in layers[3:]:
            x = layer(x)
        return x


class ResidualUnit(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(features), nn.BatchNorm2d(features)

    def forward(self, x):
        return x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(F.relu(x))))))


class Fusion(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.out_conv = nn.Conv2d(features, features, 1)
        self.resConfUnit1, self.resConfUnit2 = ResidualUnit(features), ResidualUnit(features)

    def forward(self, x, skip=None):
        if skip is not None:
            x = x + self.resConfUnit1(skip)
        x = self.resConfUnit2(x)
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        return self.out_conv(x)


class Scratch(nn.Module):
    def __init__(self, size):
        super().__init__()
        inputs = [*size.stem[2][:2], *size.channels[2:]] if size.stem else size.channels
        for number in range(4):
            setattr(self, f"layer{number + 1}_rn", nn.Conv2d(inputs[number], size.features, 3, padding=1, bias=False))
        if size.acr:
            return
        for number in range(4):
            setattr(self, f"refinenet{number + 1}", Fusion(size.features))
        self.output_conv = nn.Sequential(
            nn.Conv2d(size.features, size.features, 3, padding=1, bias=False), nn.BatchNorm2d(size.features), nn.ReLU(),
            nn.Dropout(0.1), nn.Conv2d(size.features, size.classes + 1, 1))


class ChannelAttention(nn.Module):
    def __init__(self, features, squeezed):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(features, squeezed, bias=False), nn.ReLU(), nn.Linear(squeezed, features, bias=False), nn.Sigmoid())
        self.body = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1), nn.ReLU(), nn.Conv2d(features, features, 3, padding=1))

    def forward(self, x):
        body = self.body(x)
        return body * self.fc(body.mean((2, 3)))[:, :, None, None] + x


class Size:
    def __init__(self, **changes):
        self.width, self.heads, self.depth, self.hidden, self.grid = 48, 3, 4, 96, 3
        self.channels, self.features, self.squeezed, self.classes, self.pretraining = (8, 12, 20, 24), 16, 4, 5, 7
        self.stem, self.distilled, self.acr = None, False, False
        self.__dict__.update(changes)


class GETAM(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.pretrained = Pretrained(size)
        self.scratch = Scratch(size)
        if not size.acr:
            self.cam_module = ChannelAttention(size.features, size.squeezed)
        self.cls_head = nn.Linear(size.width if size.acr else size.channels[3], size.classes)

    def forward(self, x, segments=True):
        """Class logits and, where wanted, the segmentation's."""
        tokens, stages, grid = self.pretrained.model(x)
        if self.size.acr:
            return self.cls_head(tokens[-1][0]), None
        quarter = len(tokens) // 4
        last = self.pretrained.level(4, tokens[-1], grid)
        logits = self.cls_head(last.mean((2, 3))[0])
        if not segments:
            return logits, None
        maps = stages[:2] if stages else [
            self.pretrained.level(number, tokens[number * quarter - 1], grid) for number in (1, 2)]
        maps = maps + [self.pretrained.level(3, tokens[3 * quarter - 1], grid), last]
        maps = [getattr(self.scratch, f"layer{number + 1}_rn")(map) for number, map in enumerate(maps)]
        path = self.scratch.refinenet4(maps[3])
        for number in (3, 2, 1):
            path = getattr(self.scratch, f"refinenet{number}")(path, maps[number - 1])
        path = self.scratch.output_conv(self.cam_module(path))
        return logits, F.interpolate(path, scale_factor=2, mode="bilinear", align_corners=True)[0]


def randomize(model, generator):
    """Weights large enough that every part of the model counts, small enough that Float32 keeps five digits.

    With queries and keys twice as large, PyTorch's own Float32 is off by 6e-5 of the maximum after the hybrid's stem; with the
    last norm of a stem's residual branch at 1 as others are, where training leaves it well below, by 4e-5 at full size.
    """
    for name, value in model.state_dict().items():
        if not value.is_floating_point():
            continue
        noise = torch.randn(value.shape, generator=generator)
        if name.endswith("running_var"):
            value.copy_(0.5 + noise.abs())
        elif ("norm" in name or ".bn" in name or "output_conv.1" in name) and name.endswith("weight"):
            value.copy_((0.3 if "norm3" in name else 1) * (1 + 0.2 * noise))
        elif name.endswith(("bias", "running_mean")):
            value.copy_(0.2 * noise)
        elif value.dim() < 2 or "token" in name or "pos_embed" in name:
            value.copy_(0.5 * noise)
        else:
            gain = 0.5 if "qkv" in name else 1.0
            value.copy_(gain * noise / math.sqrt(value[0].numel()))


def resize(picture, side):
    """OpenCV's bilinear resize of 8-bit pixels to a square, in its fixed-point arithmetic."""
    import cv2

    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)


def normalize(picture):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1).float() / 255
    return (x - mean[:, None, None]) / deviation[:, None, None]


def expectations(model, pixels, classes, whole):
    model = model.double().eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    logits, segmentation = model(pixels[None].double())
    blocks = model.pretrained.model.blocks
    attention = [block.attn.kept for block in blocks]
    prefix, grid = model.pretrained.model.prefix, (pixels.shape[1] // 16, pixels.shape[2] // 16)
    gradients, maps = [], []
    for index in classes:
        found = torch.autograd.grad(logits[index], attention, retain_graph=True, allow_unused=True)
        gradients.append(torch.stack(found))
        u = torch.stack([F.relu(g * a).mean(0) for g, a in zip(found, attention)])
        v = torch.stack([F.relu(g).mean(0) for g in found])
        maps.append((u * v)[:, 0, prefix:].reshape(-1, *grid))
    gradients, attention = torch.stack(gradients), torch.stack(attention)
    result = {"pixels": pixels, "logits": logits, "classes": torch.tensor(classes), "getam": torch.stack(maps)}
    if segmentation is not None:
        result["segmentation"] = segmentation
    if whole:
        result |= {"attention": attention, "gradient": gradients}
    else:
        result |= {"attention_class_row": attention[:, :, 0], "gradient_class_row": gradients[:, :, :, 0]}
    return result


def store(folder, tensors):
    save_file(
        {k: (v.detach().float() if v.is_floating_point() else v).contiguous() for k, v in tensors.items()}, folder)


STEM = (32, (32, 32, 32), (64, 64, 96), (2, 1, 2))
SIZES = {
    "vitb": Size(),
    "distilled": Size(distilled=True),
    "hybrid": Size(stem=STEM, channels=(None, None, 20, 24)),
    "acr": Size(acr=True),
}
FULL = dict(width=768, heads=12, depth=12, hidden=3072, grid=24, features=256, squeezed=16, classes=20, pretraining=1000)
R50 = (64, (64, 128, 256), (256, 512, 1024), (3, 4, 9))
FULL_SIZES = {
    "vitb": Size(**FULL, channels=(96, 192, 384, 768)),
    "deit_distilled": Size(**FULL, channels=(96, 192, 384, 768), distilled=True),
    "vitb_hybrid": Size(**FULL, channels=(None, None, 768, 768), stem=R50),
}


def tiny(root):
    for seed, (name, size) in enumerate(SIZES.items()):
        generator = torch.Generator().manual_seed(100 + seed)
        model = GETAM(size)
        randomize(model, generator)
        # Stored as half precision: small files, and exactly what is computed with.
        state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
        model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        if size.acr:
            state["pretrained.model.bkg_token"] = torch.zeros(1, 1, size.width, dtype=torch.half)
        save_file({k: v.contiguous() for k, v in state.items()}, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps({"num_heads": size.heads}) + "\n")
        picture = np.clip(
            np.kron(torch.rand(4, 5, 3, generator=generator).numpy(), np.ones((10, 12, 1))) * 200
            + torch.rand(40, 60, 3, generator=generator).numpy() * 55, 0, 255).astype(np.uint8)
        pixels = torch.randn(3, 64, 64 if size.distilled else 96, generator=generator)
        result = expectations(model, pixels, [4, 1], whole=True)
        result["picture"] = torch.from_numpy(picture)
        if name == "vitb":
            for side in (64, 96):
                result[f"square_{side}"] = torch.from_numpy(resize(picture, side))
        if not size.acr:
            total = 0
            for side in (64, 96):
                logits = model(normalize(resize(picture, side))[None].double())[1]
                total = total + F.interpolate(
                    logits[None], size=picture.shape[:2], mode="bilinear", align_corners=False)[0]
            result["probabilities"] = (total / 2).softmax(0)
        store(folder / "expected.safetensors", result)


def full(root):
    for seed, (name, size) in enumerate(FULL_SIZES.items()):
        generator = torch.Generator().manual_seed(200 + seed)
        model = GETAM(size)
        randomize(model, generator)
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        save_file(model.state_dict(), folder / "model.safetensors")
        # Not the size the model is made for, and not square, so that positions are resampled.
        pixels = torch.randn(3, 256, 320, generator=generator)
        store(folder / "expected.safetensors", expectations(model, pixels, [14, 3], whole=False))


def compare_keys(path):
    lists = json.loads(pathlib.Path(path).read_text())
    for name, size in FULL_SIZES.items():
        found = {k: list(v.shape) for k, v in GETAM(size).state_dict().items()}
        expected = {key: shape for key, shape, _ in lists[name]}
        print(name, len(expected), "names", "equal" if found == expected else "DIFFERENT")
        for key in sorted(found.keys() ^ expected.keys()):
            print("  only", "here" if key in found else "there", key)


def measure(seconds):
    torch.set_num_threads(2)
    model = GETAM(FULL_SIZES["vitb_hybrid"]).eval()
    x = torch.randn(1, 3, 384, 384)
    times = []
    with torch.no_grad():
        model(x, segments=False)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.monotonic()
            model(x, segments=False)
            times.append(time.monotonic() - start)
    times.sort()
    print(f"hybrid forward at 384: median {1e3 * times[len(times) // 2]:.1f} ms, least {1e3 * times[0]:.1f} ms of {len(times)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--full")
    parser.add_argument("--keys")
    parser.add_argument("--time", type=float)
    arguments = parser.parse_args()
    if arguments.keys:
        compare_keys(arguments.keys)
    elif arguments.time:
        measure(arguments.time)
    elif arguments.full:
        full(pathlib.Path(arguments.full))
    else:
        tiny(pathlib.Path(__file__).parent / "published")
