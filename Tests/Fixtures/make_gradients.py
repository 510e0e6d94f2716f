#!/usr/bin/env python3
"""Makes `gradients/`: the gradients of every parameter of some of the models in `models/` and `families/`, by float64
autograd. Those of `published/` are read and restated; the others are made anew by `make_models.py` and `make_families.py` (in a
temporary folder; see README.md for versions), so that they are the stored ones number for number.

    python make_gradients.py [OUTPUT_FOLDER]        default: the folder `gradients` beside this script

`<model>.safetensors` holds `logits_cotangent` [K] and, where attention is a site too, `attention_cotangent` [H, N, N] of
block 1; the scalar is the sum of their products with logits and attention. Every parameter i has `gradient.i`, of its own
shape, and `probe.i`, [parts, up to 16]: the first elements of it, or of each of its thirds where it is queries, keys and values
in one, or halves. A reader finds by them which of its tensors it is.
"""
import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import make_families
import make_models
import make_published

OUTPUT = Path(__file__).resolve().parent / "gradients"
MODELS = ["pooled_no_class_token", "pooled_class_token", "registers_layerscale", "registers_embed_all", "nonsquare_timm",
          "f16_odd_heads", "hf_deit_distilled", "hf_v5_names", "hf_quick_gelu"]
FAMILIES = ["torchvision_vit", "clip_openclip", "flax_pre_logits", "dinov2_meta_giant", "timm_extras", "timm_packed", "dinov3_meta",
            "eva02_small", "rope_ape", "hf_dinov3_gated", "timm_map_registers", "hf_siglip"]
# Whose parameters may be two of the reader's in one: keys and values.
HALVED = ["timm_map_registers"]
PUBLISHED = ["vitb", "distilled", "hybrid", "acr"]
# Their last block is computed for every token, so that a cotangent may stand there.
WITH_ATTENTION = ["pooled_class_token", "registers_layerscale", "timm_extras"]


def leaves(output):
    """The parameters that `output` was computed from, in the order of discovery."""
    found, seen, stack = [], set(), [output.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        stack += [following for following, _ in node.next_functions]
    return found


def gradients(name, run, found, pixels, *rest, **options):
    """Takes the place of `explain`: writes one file for the model's first picture."""
    path = OUTPUT / f"{name}.safetensors"
    if path in written:
        return {}, "skipped"
    found.clear()
    logits = run(pixels.double()[None])
    assert logits.dtype == torch.float64
    write(name, logits, found)
    return {}, "written"


def write(name, logits, found):
    path = OUTPUT / f"{name}.safetensors"
    random = np.random.default_rng(len(name) * 1000 + sum(map(ord, name)))
    weights = torch.from_numpy(random.standard_normal(logits.shape[0]).astype(np.float32))
    tensors = {"logits_cotangent": weights}
    scalar = (logits * weights).sum()
    if name in WITH_ATTENTION:
        attention = found[1][0] if found[1].dim() == 4 else found[1]
        cotangent = torch.from_numpy(random.standard_normal(tuple(attention.shape)).astype(np.float32))
        tensors["attention_cotangent"] = cotangent
        scalar = scalar + (attention * cotangent).sum()
    # The scale of a cosine is a number, not a tensor, to the reader.
    parameters = [value for value in leaves(scalar) if value.dim() > 0]
    for index, (value, gradient) in enumerate(zip(parameters, torch.autograd.grad(scalar, parameters))):
        tensors[f"gradient.{index}"] = gradient.float().contiguous()
        flat = value.detach().float().flatten()
        parts = 3 if value.shape[0] % 3 == 0 else 2 if name in HALVED and value.shape[0] % 2 == 0 else 1
        count = min(16, flat.numel() // parts)
        tensors[f"probe.{index}"] = torch.stack([part[:count] for part in flat.chunk(parts)]).contiguous()
    save_file(tensors, path)
    written.add(path)
    print(f"{name}: {len(parameters)} parameters, largest gradient {max(t.abs().max() for k, t in tensors.items() if k.startswith('grad')):.2e}")


def published(name):
    """A published model by its restatement: the gradients of all that class logits come from."""
    folder = Path(make_published.__file__).parent / "published" / name
    model = make_published.GETAM(make_published.SIZES[name]).double().eval()
    model.load_state_dict({key: value.double() if value.is_floating_point() else value
                           for key, value in load_file(folder / "model.safetensors").items()
                           if not key.endswith("bkg_token")})
    pixels = load_file(folder / "expected.safetensors")["pixels"]
    logits, _ = model(pixels.double()[None], segments=False)
    write(f"published_{name}", logits, [])


def trained(make):
    """Heads that a fixture keeps outside its model are parameters too."""
    return lambda *arguments: tuple(value.requires_grad_() for value in make(*arguments))


if __name__ == "__main__":
    OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    OUTPUT.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    written = set()
    make_families.head_of = trained(make_families.head_of)
    as_array = torch.Tensor.numpy
    torch.Tensor.numpy = lambda value, **options: as_array(value.detach(), **options)
    with tempfile.TemporaryDirectory() as place:
        make_models.OUTPUT = make_families.OUTPUT = Path(place)
        for module, names in [(make_models, MODELS), (make_families, FAMILIES)]:
            for name in names:
                module.explain = lambda *a, name=name, **o: gradients(name, *a, **o)
                getattr(module, name)()
    for name in PUBLISHED:
        published(name)
