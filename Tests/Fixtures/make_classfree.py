#!/usr/bin/env python3
"""Makes `classfree/`: what the class-free map methods give for models of `models/`, in float64 with NumPy and SciPy on the
forward pass of check_models.py, which knows nothing of PyTorch. Deterministic.

    python make_classfree.py [OUTPUT_FOLDER]        default: the folder `classfree` beside this script
"""
import sys
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.ndimage
from safetensors.numpy import save_file

from check_models import Model, read_safetensors

HERE = Path(__file__).resolve().parent
MODELS = ["dino_keys", "registers_layerscale", "hf_deit_distilled", "pooled_no_class_token", "pooled_class_token",
          "nonsquare_timm", "headless_no_class_token"]


def token_saliency(keys, rows, columns):
    """TokenCut as its paper has it, by a dense generalized eigenvalue solver; the eigenvector stretched to 0…1, 0 in the
    background. Zeros where every patch is like every other, or none like another."""
    unit = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    similarity = unit @ unit.T
    assert np.abs(similarity - 0.2).min() > 2e-5
    weights = np.where(similarity > 0.2, 1.0, 1e-5)
    if not len(keys) < (weights == 1).sum() < weights.size:
        return np.zeros((rows, columns))
    degree = np.diag(weights.sum(1))
    values, vectors = scipy.linalg.eigh(degree - weights, degree, subset_by_index=[1, 2])
    assert values[1] - values[0] > 1e-3
    vector = vectors[:, 0]
    order = np.sort(np.abs(vector))
    assert order[-1] - order[-2] > 1e-4 * order[-1] and np.abs(vector - vector.mean()).min() > 1e-4 * order[-1]
    seed = np.abs(vector).argmax()
    if vector[seed] < vector.mean():
        vector = -vector
    regions, _ = scipy.ndimage.label((vector > vector.mean()).reshape(rows, columns))
    stretched = (vector - vector.min()) / (vector.max() - vector.min())
    return np.where(regions == regions.flat[seed], stretched.reshape(rows, columns), 0)


def make(name, output):
    folder = HERE / "models" / name
    model = Model(folder)
    pixels = read_safetensors(folder / "expected.safetensors")["pixels"]
    rows, columns = pixels.shape[1] // model.patch, pixels.shape[2] // model.patch
    x, attentions, saliency = model.embed(pixels), [], []
    for layer in range(model.depth):
        stem = f"blocks.{layer}."
        keys = model.linear(model.norm(x, stem + "norm1"), stem + "attn.qkv")
        width = keys.shape[1] // 3
        saliency.append(token_saliency(keys[model.prefix:, width:2 * width], rows, columns))
        x, attention = model.block(x, layer)
        attentions.append(attention.mean(0))
    tokens = len(x)
    # What stands for the picture: the class token, or every patch alike.
    source = np.zeros(tokens)
    if model.pooled:
        source[model.prefix:] = 1 / (tokens - model.prefix)
    else:
        source[0] = 1

    def rollout(first, last):
        product = np.eye(tokens)
        for attention in attentions[first:last + 1]:
            mixed = 0.5 * attention + 0.5 * np.eye(tokens)
            product = mixed / mixed.sum(-1, keepdims=True) @ product
        return source @ product

    def grid(values):
        return np.asarray(values)[..., model.prefix:].reshape(*np.shape(values)[:-1], rows, columns)

    layers = range(model.depth)
    tensors = {
        "attention": grid([source @ attention for attention in attentions]),
        "rollout": grid([[rollout(min(start, last), last) for last in layers] for start in layers]),
        "token_saliency": np.stack(saliency),
    }
    save_file({key: np.ascontiguousarray(value, np.float32) for key, value in tensors.items()}, output / f"{name}.safetensors")
    shares = ", ".join(f"{(s > 0).mean():.2f}" for s in saliency)
    print(f"{name}: {tokens} tokens; foreground {shares}; rollout max {tensors['rollout'].max():.3f}")


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "classfree"
    output.mkdir(exist_ok=True)
    for name in MODELS:
        make(name, output)
