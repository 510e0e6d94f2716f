#!/usr/bin/env python3
"""Checks the fixtures without PyTorch, timm or transformers: a second forward pass in NumPy float64, written from the published
formulas, reads the stored weights and pictures; gradients come from central differences of the logits by each attention
weight. Exits non-zero on a difference.

    python check_models.py [FOLDER]        default: the folder `models` beside this script
"""
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

erf = np.vectorize(math.erf, otypes=[float])
ACTIVATIONS = {
    "gelu": lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "gelu_pytorch_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "quick_gelu": lambda x: x / (1 + np.exp(-1.702 * x)),
}


def read_safetensors(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        raw = data[8 + length:][slice(*entry["data_offsets"])]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2", "I64": "<i8"}[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.int64 if entry["dtype"] == "I64" else np.float64)
    return tensors


def timm_names(tensors):
    """Hugging Face names, old and new, as timm's."""
    if "blocks.0.attn.qkv.weight" in tensors:
        return tensors
    words = [("attention.attention.query", "q_proj"), ("attention.attention.key", "k_proj"),
             ("attention.attention.value", "v_proj"), ("attention.q_proj", "q_proj"), ("attention.k_proj", "k_proj"),
             ("attention.v_proj", "v_proj"), ("attention.output.dense", "attn.proj"), ("attention.o_proj", "attn.proj"),
             ("intermediate.dense", "mlp.fc1"), ("output.dense", "mlp.fc2"), ("layernorm_before", "norm1"),
             ("layernorm_after", "norm2"), ("encoder.layer.", "blocks."), ("layers.", "blocks."), ("layernorm.", "norm."),
             ("embeddings.patch_embeddings.projection", "patch_embed.proj"), ("embeddings.position_embeddings", "pos_embed"),
             ("embeddings.cls_token", "cls_token"), ("embeddings.distillation_token", "dist_token"),
             ("cls_classifier", "head"), ("distillation_classifier", "head_dist"), ("classifier", "head")]
    renamed = {}
    for name, value in tensors.items():
        name = name.removeprefix("vit.").removeprefix("deit.")
        for old, new in words:
            name = name.replace(old, new)
        renamed[name] = value
    for i in range(sum(name.endswith("norm1.weight") for name in renamed)):
        for leaf in ("weight", "bias"):
            parts = [renamed.pop(f"blocks.{i}.{letter}_proj.{leaf}", None) for letter in "qkv"]
            if parts[0] is not None:
                renamed[f"blocks.{i}.attn.qkv.{leaf}"] = np.concatenate(parts)
    return renamed


def bicubic_matrix(old, new, antialias):
    """[new, old] weights. Antialiased: a = −0.5, kernel stretched when shrinking, cut at the border and renormalised;
    otherwise a = −0.75, border samples repeated."""
    a = -0.5 if antialias else -0.75

    def cubic(t):
        t = abs(t)
        if t <= 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * (t**3 - 5 * t**2 + 8 * t - 4) if t < 2 else 0.0

    matrix, ratio = np.zeros((new, old)), old / new
    stretch = max(1.0, ratio) if antialias else 1.0
    for i in range(new):
        centre = (i + 0.5) * ratio - 0.5
        for j in range(math.floor(centre - 2 * stretch), math.ceil(centre + 2 * stretch) + 1):
            if 0 <= j < old or not antialias:
                matrix[i, min(max(j, 0), old - 1)] += cubic((j - centre) / stretch)
        matrix[i] /= matrix[i].sum()
    return matrix


class Model:
    def __init__(self, folder, epsilon=None):
        config = json.loads((folder / "config.json").read_text())
        tensors = {}
        for path in sorted(folder.glob("model*.safetensors")):
            tensors |= read_safetensors(path)
        self.w, self.timm = timm_names(tensors), "architecture" in config
        arguments = config.get("model_args", {})
        self.heads = arguments["num_heads"] if self.timm else config["num_attention_heads"]
        self.epsilon = epsilon or (1e-6 if self.timm else config["layer_norm_eps"])
        self.activation = ACTIVATIONS["gelu" if self.timm else config["hidden_act"]]
        self.pooled = config.get("global_pool") == "avg"
        size = arguments.get("img_size", config.get("image_size"))
        size = size if isinstance(size, list) else [size, size]
        self.patch = self.w["patch_embed.proj.weight"].shape[-1]
        self.grid = [side // self.patch for side in size]
        self.special = [self.w[name][0] for name in ("cls_token", "dist_token", "reg_token") if name in self.w]
        self.prefix = sum(len(token) for token in self.special)
        self.depth = sum(name.endswith("norm1.weight") for name in self.w)

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self.epsilon)
        return scaled * self.w[name + ".weight"] + self.w[name + ".bias"]

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w.get(name + ".bias", 0)

    def embed(self, pixels):
        rows, columns, p = pixels.shape[1] // self.patch, pixels.shape[2] // self.patch, self.patch
        patches = pixels.reshape(3, rows, p, columns, p).transpose(1, 3, 0, 2, 4).reshape(rows * columns, -1)
        weight = self.w["patch_embed.proj.weight"]
        x = patches @ weight.reshape(len(weight), -1).T + self.w["patch_embed.proj.bias"]
        position = self.w["pos_embed"][0]
        own = len(position) - self.grid[0] * self.grid[1]  # entries of the prefix: all tokens or none
        assert own in (0, self.prefix)
        head, position = position[:own], position[own:]
        if [rows, columns] != self.grid:
            vertical = bicubic_matrix(self.grid[0], rows, self.timm)
            horizontal = bicubic_matrix(self.grid[1], columns, self.timm)
            position = np.einsum("ri,cj,ijd->rcd", vertical, horizontal, position.reshape(*self.grid, -1))
            position = position.reshape(rows * columns, -1)
        special = np.concatenate(self.special + [x[:0]])
        return np.concatenate([special + head if own else special, x + position])

    def block(self, x, i, nudge=None):
        """Returns the tokens after block i and its attention; `nudge` (h, row, column, amount) is added to the latter."""
        name, (n, d) = f"blocks.{i}.", x.shape
        q, k, v = self.linear(self.norm(x, name + "norm1"), name + "attn.qkv").reshape(n, 3, self.heads, -1).transpose(1, 2, 0, 3)
        attention = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(d // self.heads))
        attention /= attention.sum(-1, keepdims=True)
        if nudge:
            attention[nudge[:3]] += nudge[3]
        y = self.linear((attention @ v).transpose(1, 0, 2).reshape(n, d), name + "attn.proj")
        x = x + y * self.w.get(name + "ls1.gamma", 1)
        y = self.linear(self.activation(self.linear(self.norm(x, name + "norm2"), name + "mlp.fc1")), name + "mlp.fc2")
        return x + y * self.w.get(name + "ls2.gamma", 1), attention

    def head(self, x):
        if self.pooled:
            mean = self.norm(x[self.prefix:].mean(0), "fc_norm")
            return self.linear(mean, "head") if "head.weight" in self.w else mean
        x = self.norm(x, "norm")
        if "head.weight" not in self.w:
            return x[0]
        logits = self.linear(x[0], "head")
        return (logits + self.linear(x[1], "head_dist")) / 2 if "head_dist.weight" in self.w else logits

    def trace(self, pixels):
        tokens, attention = [self.embed(pixels)], []
        for i in range(self.depth):
            after, weights = self.block(tokens[-1], i)
            tokens.append(after)
            attention.append(weights)
        return tokens, np.stack(attention), self.head(tokens[-1])

    def gradient(self, tokens, classes, layer, rows, step=1e-4):
        """[C, H, rows, N] by central differences."""
        n = len(tokens[layer])
        result = np.zeros((len(classes), self.heads, len(rows), n))
        for h, r, c in np.ndindex(self.heads, len(rows), n):
            sides = []
            for sign in (1, -1):
                x, _ = self.block(tokens[layer], layer, (h, rows[r], c, sign * step))
                for i in range(layer + 1, self.depth):
                    x, _ = self.block(x, i)
                sides.append(self.head(x)[classes])
            result[:, h, r, c] = (sides[0] - sides[1]) / (2 * step)
        return result


def worst(a, b):
    assert a.shape == b.shape, (a.shape, b.shape)
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)


def check(folder, suffix=""):
    model, expected = Model(folder), read_safetensors(folder / f"expected{suffix}.safetensors")
    pixels, differences = expected["pixels"], {}
    picture = np.asarray(Image.open(folder / f"image{suffix}.png").convert("RGB"), float).transpose(2, 0, 1) / 255
    if picture.shape == pixels.shape:
        statistics = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
        differences["pixels"] = worst((picture - statistics[0]) / statistics[1], pixels)
    tokens, attention, logits = model.trace(pixels)
    if "features" in expected:
        differences["features"] = worst(logits, expected["features"])
        if "attention" in expected:
            differences["attention"] = worst(attention, expected["attention"])
        else:
            differences["attention_class_row"] = worst(attention[:, :, 0], expected["attention_class_row"])
        return differences
    differences["logits"] = worst(logits, expected["logits"])
    if "logits_square" in expected:
        differences["logits_square"] = worst(model.trace(expected["pixels_square"])[2], expected["logits_square"])
    classes, grid = list(expected["classes"]), expected["getam"].shape[2:]
    n, p = attention.shape[-1], model.prefix
    for layer in range(model.depth):
        every = "gradient" in expected or model.pooled
        g = model.gradient(tokens, classes, layer, list(range(n)) if every else [0])
        a = attention[layer] if every else attention[layer][:, :1]
        m = np.maximum(g * a, 0).mean(1) * np.maximum(g, 0).mean(1)
        seen = (m[:, p:, p:].mean(1) if model.pooled else m[:, 0, p:]).reshape(-1, *grid)
        found = {"getam": (seen, expected["getam"][:, layer])}
        if p:
            found["attention_class_row"] = (a[:, 0], expected["attention_class_row"][layer])
            found["gradient_class_row"] = (g[:, :, 0], expected["gradient_class_row"][:, layer])
        if "gradient" in expected:
            found |= {"attention": (a, expected["attention"][layer]), "gradient": (g, expected["gradient"][:, layer])}
        for name, (mine, theirs) in found.items():
            if np.abs(theirs).max() == 0:  # the class-token row before a pooled head
                assert np.abs(mine).max() < 1e-9
                continue
            differences[name] = max(differences.get(name, 0), worst(mine, theirs))
    return differences


if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "models"
    failed = False
    for path in sorted(root.glob("*/expected*.safetensors")):
        differences = check(path.parent, path.stem.removeprefix("expected"))
        bad = {name for name, value in differences.items() if not value < 5e-6}  # timm resamples positions in Float32
        failed |= bool(bad)
        print(f"{path.parent.name}/{path.stem}", " ".join(f"{k} {v:.0e}" for k, v in differences.items()), "BAD" * bool(bad))
    sys.exit(failed)
