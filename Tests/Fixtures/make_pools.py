#!/usr/bin/env python3
"""Makes `pools.safetensors`: the attention by which the head of a model of `families/` pools its tokens, and its gradients, by
float64 autograd on the libraries' own models. Needs what make_families.py needs.

NAME.attention [H, N] is the query's soft-max over the tokens that the pool reads, NAME.gradient [C, H, N] the logits' derivatives
by it, of the fixture's `classes` and `pixels`; NAME.pool-getam [C, 1 + H, patches] and NAME.pool-attention [1 + H, patches] are the
maps, of which the first is that of all heads.

    python make_pools.py [OUTPUT]
"""
import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import timm
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file, save_file

import make_families

HERE = Path(__file__).resolve().parent


def keeping(pool, found):
    """The pool's soft-max is appended to `found`."""
    forward, softmax = pool.forward, torch.Tensor.softmax

    def kept(*arguments, **options):
        found.append(softmax(*arguments, **options))
        return found[-1]

    def run(*arguments, **options):
        with mock.patch.object(torch.Tensor, "softmax", kept):
            return forward(*arguments, **options)

    pool.forward = run


def weighing(attention):
    """Makes PyTorch's attention give its weights, without which it has no soft-max to keep."""
    forward = attention.forward
    attention.forward = lambda *a, **o: forward(*a, **(o | {"need_weights": True, "average_attn_weights": False}))
    return attention


def texts(folder):
    return F.normalize(torch.from_numpy(np.load(folder / "embeddings.npy")).double(), dim=-1)


def timm_map(name):
    folder = HERE / "families" / name
    config = json.loads((folder / "config.json").read_text())
    state = {key: value.float() for key, value in load_file(folder / "model.safetensors").items()}
    hidden, width = state["blocks.0.mlp.fc1.weight"].shape
    model = timm.create_model(config["architecture"], num_classes=5, img_size=32, patch_size=8, embed_dim=width, depth=2, num_heads=2,
                              mlp_ratio=hidden / width)
    model.load_state_dict(state)
    model.attn_pool.fused_attn = False
    return folder, model, model.attn_pool, lambda x: model(x)[0]


def hf_siglip():
    folder = HERE / "families" / "hf_siglip"
    model = transformers.SiglipModel.from_pretrained(folder, attn_implementation="eager")
    run = lambda x: model.logit_scale.exp() * (
        F.normalize(model.vision_model(x).pooler_output[0], dim=-1) @ texts(folder).T) + model.logit_bias
    return folder, model, weighing(model.vision_model.head.attention), run


def coca():
    folder, model = HERE / "families" / "coca", make_families.coca_model()
    model.load_state_dict({key: value.float() for key, value in load_file(folder / "open_clip_model.safetensors").items()}, strict=False)
    run = lambda x: model.logit_scale.exp() * (model.encode_image(x, normalize=True) @ texts(folder).T)[0]
    return folder, model, weighing(model.visual.attn_pool.attn), run


FIXTURES = {
    "timm_siglip": lambda: timm_map("timm_siglip"),
    # Registers that the pool leaves out; heads of its own and a class token that it reads.
    "timm_map_registers": lambda: timm_map("timm_map_registers"),
    "pe_core": lambda: timm_map("pe_core"),
    "hf_siglip": hf_siglip,
    "coca": coca,
}


def make(name):
    folder, model, pool, run = FIXTURES[name]()
    expected, found = load_file(folder / "expected.safetensors"), []
    keeping(pool, found)
    model.double().eval()
    logits = run(expected["pixels"].double()[None])
    assert torch.allclose(logits, expected["logits"].double(), atol=1e-5 * expected["logits"].abs().max()), name
    assert len(found) == 1 and found[0].dtype == torch.float64
    patches = expected["getam"].shape[-1] * expected["getam"].shape[-2]
    # Of several queries the first is the class's.
    row = lambda a: (a[0] if a.dim() == 4 else a)[:, 0]
    attention = row(found[0])
    gradient = torch.stack([row(torch.autograd.grad(logits[c], found, retain_graph=True)[0]) for c in expected["classes"].tolist()])
    u, v = torch.relu(gradient * attention)[..., -patches:], torch.relu(gradient)[..., -patches:]
    seen = attention[:, -patches:]
    tensors = {
        "attention": attention, "gradient": gradient, "pool-attention": torch.cat([seen.mean(0, keepdim=True), seen]),
        "pool-getam": torch.cat([(u.mean(1) * v.mean(1))[:, None], u * v], 1)}
    print(f"{name}: {list(attention.shape)}, peaks {attention.amax(-1).tolist()}")
    return {f"{name}.{key}": value.detach().float().contiguous() for key, value in tensors.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)  # one order of summation
    tensors = {}
    for name in FIXTURES:
        tensors |= make(name)
    save_file(tensors, Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pools.safetensors")
