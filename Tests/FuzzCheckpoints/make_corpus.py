#!/usr/bin/env python3
"""Makes the seeds under `corpus/` that fuzz-checkpoints mutates: each container with every feature of it, as small as can be.
Needs torch 2.13 and numpy; run it in this folder."""
import argparse
import io
import json
import pickle
import pickle
import zipfile
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

OUT = Path(__file__).resolve().parent / "corpus"
OUT.mkdir(exist_ok=True)
torch.manual_seed(0)


def vit():
    """A timm ViT of width 4, with one block, one class token and 2×2 patches of one pixel."""
    make = lambda *shape: torch.randn(*shape) * 0.1
    names = OrderedDict(cls_token=make(1, 1, 4), pos_embed=make(1, 5, 4))
    for name, rows, columns in (("attn.qkv", 12, 4), ("attn.proj", 4, 4), ("mlp.fc1", 8, 4), ("mlp.fc2", 4, 8)):
        names[f"blocks.0.{name}.weight"], names[f"blocks.0.{name}.bias"] = make(rows, columns), make(rows)
    for name in ("blocks.0.norm1", "blocks.0.norm2", "norm"):
        names[name + ".weight"], names[name + ".bias"] = make(4), make(4)
    names["patch_embed.proj.weight"], names["patch_embed.proj.bias"] = make(4, 3, 1, 1), make(4)
    names["head.weight"], names["head.bias"] = make(2, 4), make(2)
    return names


def in_training(names):
    """As DINOv2's training keeps it: chunks of blocks, wrappers, heads of losses."""
    return OrderedDict(("teacher.backbone." + key.replace("blocks.0.", "blocks.0.0._fsdp_wrapped_module."), value)
                       for key, value in names.items()) | {"teacher.dino_head.mlp.0.weight": torch.ones(2, 4)}


def clip(names):
    """The same ViT under the names of Hugging Face's CLIP."""
    words = [("blocks.", "encoder.layers."), ("attn.proj", "self_attn.out_proj"), ("norm1", "layer_norm1"),
             ("norm2", "layer_norm2"), ("cls_token", "embeddings.class_embedding"), ("patch_embed.proj", "embeddings.patch_embedding"),
             ("pos_embed", "embeddings.position_embedding.weight"), ("norm.", "post_layernorm."), ("head.", "classifier.")]
    renamed = OrderedDict()
    for key, value in names.items():
        if "attn.qkv" in key:
            for part, rows in zip("qkv", value.chunk(3)):
                renamed["vision_model." + key.replace("blocks.", "encoder.layers.").replace("attn.qkv", f"self_attn.{part}_proj")] = rows.clone()
            continue
        old, new = next(pair for pair in words if key.startswith(pair[0]))
        key = new + key[len(old):]
        for old, new in words[1:4]:
            key = key.replace(old, new)
        renamed[key if key.startswith("classifier") else "vision_model." + key] = value.reshape(value.shape[-2:]) if "embed" in key and value.dim() == 3 else value
    return renamed | {"vision_model.pre_layrnorm.weight": torch.ones(4), "vision_model.pre_layrnorm.bias": torch.zeros(4),
                      "visual_projection.weight": torch.ones(3, 4), "logit_scale": torch.tensor(2.0)}


def everything():
    base = torch.arange(12.0)
    types = [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8,
             torch.bool, torch.uint16, torch.float8_e4m3fn]
    extra = {str(kind): torch.zeros(2).to(kind) for kind in types}
    return extra | {
        "a": base.view(3, 4), "b": base.view(3, 4).T, "c": base[3:7], "p": torch.nn.Parameter(torch.ones(2)), "n": np.float64(1),
        "array": np.zeros(2), "args": argparse.Namespace(x=1, path=Path("y")), "size": torch.Size([1, 2]), "device": torch.device("cpu"),
        "dtype": torch.float32, "set": {1}, "counter": Counter("ab"), "default": defaultdict(list), "big": 1 << 80, "list": [1, (2, 3.5)]}


def compress(data):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    return out.getvalue()


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


model = vit()
(OUT / "config.json").write_text(json.dumps({"num_heads": 2, "num_attention_heads": 2, "pretrained_cfg": {"input_size": [3, 2, 2]}}))
(OUT / "vit.pth").write_bytes(saved({"model": model}))
(OUT / "vit-legacy.pth").write_bytes(saved(model, _use_new_zipfile_serialization=False))
(OUT / "vit-deflated.pth").write_bytes(compress(saved(model)))
(OUT / "everything.pth").write_bytes(saved(everything()))
(OUT / "everything-4.pth").write_bytes(saved(everything(), pickle_protocol=4))
(OUT / "legacy.pth").write_bytes(
    saved({k: v for k, v in everything().items() if "uint16" not in k and "float8" not in k},
          _use_new_zipfile_serialization=False))
script = io.BytesIO()
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 3)), script)
(OUT / "script.pt").write_bytes(script.getvalue())
save_file(model, OUT / "vit.safetensors")
save_file(in_training(model), OUT / "vit-training.safetensors")
save_file(clip(model), OUT / "vit-clip.safetensors")
flax = {"cls": np.ones((1, 1, 4), np.float32), "Transformer/encoderblock_0/LayerNorm_0/scale": np.ones(4, np.float16),
        "f": np.asfortranarray(np.ones((2, 3)))}
np.savez(OUT / "flax.npz", **flax)
np.savez_compressed(OUT / "flax-deflated.npz", **flax)
np.save(OUT / "array.npy", np.arange(6, dtype=np.float32).reshape(2, 3))
vectors = np.array({"a": np.ones(3, np.float32), "b": np.arange(2)}, dtype=object)
np.save(OUT / "vectors.npy", vectors)
with open(OUT / "vectors-2.npy", "wb") as file:
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(vectors))
    pickle.dump(vectors, file, protocol=2)
np.save(OUT / "vectors-forms.npy", np.array([
    {7: np.ones(3, bool), np.int32(8): [0, 1.0, np.float32(2)], np.str_("c"): ("cat",), b"d": torch.ones(3).to(torch.bfloat16)},
    OrderedDict(e=torch.arange(6).view(2, 3).T[1]), ("f", np.arange(3, dtype=">i2"))], dtype=object))
maps = np.arange(12, dtype=np.float16).reshape(2, 2, 3)
np.save(OUT / "maps.npy", {"keys": torch.arange(2), "cam": torch.zeros(2, 1, 2), "high_res": np.asfortranarray(maps)})
np.save(OUT / "maps-numbered.npy", {0: maps[0], np.int64(1): maps[1]})
np.savez_compressed(OUT / "maps.npz", keys=np.arange(2), maps=maps)
(OUT / "shards.index.json").write_text(json.dumps({"weight_map": {name: "vit.safetensors" for name in model}}))
