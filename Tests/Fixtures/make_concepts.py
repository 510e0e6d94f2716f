#!/usr/bin/env python3
"""Makes `concepts.json`: classes made of two example pictures for some of the models in `models/`. Deterministic.

    python make_concepts.py [OUTPUT_FILE]        default: `concepts.json` beside this script

The models are made anew by `make_models.py`, passes are in float64. Examples are the model's expected picture and the same turned about
its middle; asked about is the mirrored one. Features are what timm's or transformers' heads are given. The rows are imprinted as Qi, Brown
and Lowe (arXiv 1712.07136) have it, brought to the mean length of the head's own, with a bias by which the examples' logits are on average
the greatest of the others'; without a head 20 times the cosine at the examples' mean length, 3 on average for the examples.

| key | what |
|---|---|
| `rows`, `biases` | of each head, the concept's row and bias |
| `logits` | of the mirrored picture, the model's own classes first |
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from make_interventions import model_of

HERE = Path(__file__).resolve().parent
MODELS = ["bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled", "dino_keys", "headless_no_class_token"]


def parts(model):
    """What each head reads of pictures, and the heads' weights and biases; none where there are none."""
    if hasattr(model, "distillation_classifier"):
        heads = [model.cls_classifier, model.distillation_classifier]
        return (lambda x: (lambda tokens: [tokens[:, 0], tokens[:, 1]])(model.deit(x)[0])), heads
    head = getattr(model, "head", None)
    heads = [head] if isinstance(head, torch.nn.Linear) else []
    if hasattr(model, "forward_head"):
        return (lambda x: [model.forward_head(model.forward_features(x), pre_logits=True)]), heads
    return (lambda x: [model(x)]), heads


def make(name):
    model = model_of(name)
    pixels = load_file(HERE / "models" / name / "expected.safetensors")["pixels"].double()
    read, heads = parts(model)
    with torch.no_grad():
        examples = [x.numpy() for x in read(torch.stack([pixels, pixels.flip(1, 2)]))]
        asked = [x[0].numpy() for x in read(pixels.flip(2)[None])]
    rows, biases, own, made = [], [], 0, 0
    for index, features in enumerate(examples):
        lengths = np.linalg.norm(features, axis=1)
        row = (features / lengths[:, None]).mean(0)
        row /= np.linalg.norm(row)
        if heads:
            weight, bias = heads[index].weight.detach().numpy(), heads[index].bias.detach().numpy()
            row *= np.linalg.norm(weight, axis=1).mean()
            offset = (features @ weight.T + bias).max(1).mean() - (features @ row).mean()
            own = own + (asked[index] @ weight.T + bias) / len(heads)
        else:
            row *= 20 / lengths.mean()
            offset = 3 - (features @ row).mean()
        made += (asked[index] @ row + offset) / len(examples)
        rows.append(row.tolist())
        biases.append(float(offset))
    logits = (own.tolist() if heads else []) + [float(made)]
    return {"rows": rows, "biases": biases, "logits": logits}


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "concepts.json"
    torch.set_num_threads(1)
    rounded = json.loads(json.dumps({name: make(name) for name in MODELS}), parse_float=lambda text: float(f"{float(text):.9g}"))
    output.write_text(json.dumps(rounded, separators=(",", ":")).replace('},"', '},\n"') + "\n")
