#!/usr/bin/env python3
"""Makes the oracle fixtures under `families/`: tiny random models of other families and in other containers, in the format of
README.md. The models are the libraries' own; what they do not hold (a head kept beside the model, Meta's and Flax's ways of
resampling positions) is written out here in PyTorch. Needs what make_models.py needs, and open_clip_torch 3.3.0 for OpenAI's names.

    python make_families.py [OUTPUT_FOLDER [FIXTURE…]]        default: all, in the folder `families` beside this script
"""
import argparse
import json
import math
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
import torchvision
import transformers
from safetensors.torch import save_file

import make_models
from make_models import CLASSES, LABELS, MEAN, STD, capture_hugging_face, capture_timm, enliven, make_picture, normalise

OUTPUT = Path(__file__).resolve().parent / "families"
CONFIG = {"num_heads": 2, "pretrained_cfg": {"mean": MEAN, "std": STD, "label_names": LABELS}}


def explain(run, found, pixels, prefix, pooled=False, patch=8, beside=1, classes=1):
    """As make_models.explain, for attention kept as [1, H, N, N] or [H, N, N]. Of several attentions `beside` each other in a block
    the heads are one layer's; of `classes` tokens the mean is read."""
    found.clear()
    logits = run(pixels.double()[None])
    drop = lambda a: a[0] if a.dim() == 4 else a
    attention = torch.stack([drop(a) for a in found])
    assert logits.dtype == attention.dtype == torch.float64 and logits.dim() == 1
    gradient = torch.stack([
        torch.stack([drop(g) for g in torch.autograd.grad(logits[c], found, retain_graph=True)]) for c in CLASSES])
    attention = attention.unflatten(0, (-1, beside)).flatten(1, 2)
    gradient = gradient.unflatten(1, (-1, beside)).flatten(2, 3)
    coupled = torch.relu(gradient * attention).mean(2) * torch.relu(gradient).mean(2)
    seen = coupled[:, :, prefix:, prefix:].mean(2) if pooled else coupled[:, :, :classes, prefix:].mean(2)
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    tensors = {"logits": logits, "getam": seen.reshape(*seen.shape[:2], rows, columns)}
    if prefix:
        tensors |= {"attention_class_row": attention[:, :, 0], "gradient_class_row": gradient[:, :, :, 0]}
    tensors = {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}
    peak = ", ".join(f"{p:.2f}" for p in attention.amax(-1).mean((1, 2)).tolist())
    return tensors | {"classes": torch.tensor(CLASSES), "pixels": pixels}, f"row peaks {peak}; logits {logits.tolist()}"


def capture_packed(modules):
    """As capture_timm, for `torch.nn.MultiheadAttention`: its soft-max is caught on the way."""
    found = []
    plain = F.softmax

    def softmax(*arguments, **options):
        found.append(plain(*arguments, **options))
        return found[-1]

    def wrapped(attention):
        forward = attention.forward

        def run(query, key, value, **options):
            options |= {"need_weights": True, "average_attn_weights": False}
            F.softmax = softmax
            try:
                output, _ = forward(query, key, value, **options)
            finally:
                F.softmax = plain
            return output, None

        attention.forward = run

    for module in modules:
        wrapped(module)
    return found


def folder_of(name, config=None):
    folder = make_models.fresh_folder(name)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    return folder


def expect(folder, run, found, seed, height, width, prefix, pooled=False, suffix="", patch=8, beside=1, classes=1):
    tensors, line = explain(run, found, normalise(make_picture(seed, height, width)), prefix, pooled, patch, beside, classes)
    save_file(tensors, folder / f"expected{suffix}.safetensors")
    print(f"{folder.name}{suffix}: {line}")


def timm_model(seed, size, **arguments):
    model = timm.create_model("vit_tiny_patch16_224", **({
        "img_size": size, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 2, "num_classes": 5} | arguments))
    return enliven(model, seed)


def state(model):
    return OrderedDict((key, value.detach().float().clone()) for key, value in model.state_dict().items())


def halved(model):
    """Rounds the parameters to half precision, in which `half_state` stores them."""
    for value in model.parameters():
        value.data = value.data.half().float()
    return model


def half_state(model):
    parameters = dict(model.named_parameters())
    return OrderedDict((key, value.half() if key in parameters else value) for key, value in state(model).items())


def head_of(seed, rows, columns):
    random = np.random.default_rng(seed)
    weight = random.standard_normal((rows, columns)) / math.sqrt(columns)
    return torch.from_numpy(weight).float(), torch.from_numpy(0.2 * random.standard_normal(rows)).float()


# ---- the fixtures ---------------------------------------------------------------------------------------------------

def torchvision_vit():
    make = lambda size: torchvision.models.VisionTransformer(size, 8, 2, 2, 32, 64, num_classes=5, representation_size=16)
    model = enliven(make(32), 2000)
    folder = folder_of("torchvision", CONFIG)
    torch.save(model.state_dict(), folder / "checkpoint.pth")
    large = make(48).eval()
    large.load_state_dict(torchvision.models.vision_transformer.interpolate_embeddings(48, 8, state(model)))
    for suffix, side, network in (("", 32, model), ("_large", 48, large)):
        found = capture_packed([layer.self_attention for layer in network.encoder.layers])
        network.double()
        expect(folder, lambda x: network(x)[0], found, 2001, side, side, 1, suffix=suffix)


def clip(name, seed, quick, save):
    import open_clip
    vision = {"layers": 2, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32}
    text = {"context_length": 8, "vocab_size": 20, "width": 16, "heads": 2, "layers": 1}
    model = open_clip.CLIP(24, open_clip.CLIPVisionCfg(**vision), open_clip.CLIPTextCfg(**text), quick_gelu=quick)
    enliven(model.visual, seed)
    random = np.random.default_rng(seed + 9)
    for key, gain in (("class_embedding", 0.7), ("positional_embedding", 0.7), ("proj", 0.2)):
        value = getattr(model.visual, key)
        value.data = torch.from_numpy(gain * random.standard_normal(tuple(value.shape))).float()
    for norm in [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]:
        norm.weight.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(norm.weight.shape))).float()
    model.logit_scale.data = torch.tensor(2.0)
    folder = folder_of(name)
    (folder / "open_clip_config.json").write_text(json.dumps({
        "model_cfg": {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text, "quick_gelu": quick},
        "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic"}}, indent=1) + "\n")
    save(state(model), folder)
    texts = torch.from_numpy(random.standard_normal((5, 24))).float()
    np.save(folder / "embeddings.npy", texts.numpy())
    (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
    model.double()
    found = capture_packed([block.attn for block in model.visual.transformer.resblocks])
    unit = F.normalize(texts.double(), dim=-1)
    run = lambda x: model.logit_scale.exp() * (model.encode_image(x, normalize=True) @ unit.T)[0]
    expect(folder, run, found, seed + 1, 32, 32, 1)


def clip_openai():
    clip("clip_openai", 2100, True, lambda tensors, folder: torch.save(tensors, folder / "checkpoint.pt"))


def clip_openclip():
    clip("clip_openclip", 2200, False,
         lambda tensors, folder: save_file(tensors, folder / "open_clip_model.safetensors", {"format": "pt"}))


def flax_arrays(model, big):
    """A timm model's tensors under Flax's names and in its layouts."""
    heads, arrays = model.blocks[0].attn.num_heads, {}

    def dense(name, layer, shape=None):
        kernel = layer.weight.detach().numpy().T
        arrays[name + "/kernel"] = kernel if shape is None else kernel.reshape(shape)
        arrays[name + "/bias"] = layer.bias.detach().numpy()

    def norm(name, layer):
        arrays[name + "/scale"], arrays[name + "/bias"] = layer.weight.detach().numpy(), layer.bias.detach().numpy()

    arrays["embedding/kernel"] = model.patch_embed.proj.weight.detach().numpy().transpose(2, 3, 1, 0)
    arrays["embedding/bias"] = model.patch_embed.proj.bias.detach().numpy()
    if model.cls_token is not None:
        arrays["cls"] = model.cls_token.detach().numpy()
    arrays["pos_embedding" if big else "Transformer/posembed_input/pos_embedding"] = model.pos_embed.detach().numpy()
    attention, second, mlp = (
        ("MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0") if big
        else ("MultiHeadDotProductAttention_1", "LayerNorm_2", "MlpBlock_3"))
    for index, block in enumerate(model.blocks):
        stem = f"Transformer/encoderblock_{index}/"
        norm(stem + "LayerNorm_0", block.norm1)
        norm(stem + second, block.norm2)
        width = block.attn.qkv.weight.shape[1]
        for part, key in enumerate(("query", "key", "value")):
            rows = slice(part * width, (part + 1) * width)
            arrays[stem + f"{attention}/{key}/kernel"] = (
                block.attn.qkv.weight[rows].detach().numpy().T.reshape(width, heads, -1))
            arrays[stem + f"{attention}/{key}/bias"] = block.attn.qkv.bias[rows].detach().numpy().reshape(heads, -1)
        dense(stem + attention + "/out", block.attn.proj, (heads, -1, width))
        dense(stem + mlp + "/Dense_0", block.mlp.fc1)
        dense(stem + mlp + "/Dense_1", block.mlp.fc2)
    norm("Transformer/encoder_norm", model.norm if not isinstance(model.norm, torch.nn.Identity) else model.fc_norm)
    dense("head", model.head)
    return arrays


def check_flax(path, model, arguments):
    """timm's own reader must find the same weights in the file."""
    other = timm_model(1, 32, **arguments)
    other.load_pretrained(str(path))
    for key, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


def flax():
    arguments = {"act_layer": "gelu_tanh"}
    model = timm_model(2300, 32, **arguments)
    folder = folder_of("flax", {"mean": MEAN, "std": STD, "label_names": LABELS})
    np.savez(folder / "checkpoint.npz", **flax_arrays(model, False))
    check_flax(folder / "checkpoint.npz", model, arguments)
    # Google's code resamples by scipy.ndimage.zoom of order 1: bilinear, corners on corners.
    large = timm_model(1, 48, **arguments)
    tensors = state(model)
    grid = tensors["pos_embed"][:, 1:].reshape(1, 4, 4, 32).permute(0, 3, 1, 2).double()
    grid = F.interpolate(grid, size=(6, 6), mode="bilinear", align_corners=True)
    large.load_state_dict(tensors | {"pos_embed": large.pos_embed.detach()})
    for network, suffix, side in ((model, "", 32), (large, "_large", 48)):
        network.double()
        if suffix:
            positions = tensors["pos_embed"].double()
            network.pos_embed.data = torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, 36, 32)], 1)
        expect(folder, lambda x: network(x)[0], capture_timm(network), 2301, side, side, 1, suffix=suffix)


def flax_pre_logits():
    model = timm_model(2400, 32, act_layer="gelu_tanh")
    arrays = flax_arrays(model, False)
    weight, bias = head_of(2401, 24, 32)
    last, last_bias = head_of(2402, 5, 24)
    arrays |= {"pre_logits/kernel": weight.numpy().T, "pre_logits/bias": bias.numpy(), "head/kernel": last.numpy().T,
               "head/bias": last_bias.numpy()}
    folder = folder_of("flax_pre_logits", {"mean": MEAN, "std": STD, "label_names": LABELS})
    np.savez_compressed(folder / "checkpoint.npz", **{"opt/target/" + key: value for key, value in arrays.items()})
    model.double()

    def run(x):
        features = torch.tanh(model.forward_features(x)[0, 0] @ weight.double().T + bias.double())
        return features @ last.double().T + last_bias.double()

    expect(folder, run, capture_timm(model), 2403, 32, 32, 1)


def big_vision():
    arguments = {"act_layer": "gelu_tanh", "class_token": False, "global_pool": "avg", "fc_norm": False}
    model = timm_model(2500, 32, **arguments)
    folder = folder_of("big_vision", {"mean": MEAN, "std": STD, "label_names": LABELS})
    arrays = {"params/" + key: value for key, value in flax_arrays(model, True).items()}
    np.savez(folder / "checkpoint.npz", **arrays)
    check_flax(folder / "checkpoint.npz", model, arguments)
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 2501, 32, 32, 0, pooled=True)


def meta_positions(positions, side, size):
    """DINO's and DINOv2's way: bicubic, by the scale (size + 0.1) / side."""
    grid = positions[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    scale = [(s + 0.1) / side for s in size]
    grid = F.interpolate(grid, scale_factor=scale, mode="bicubic")
    assert tuple(grid.shape[-2:]) == tuple(size)
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, positions.shape[-1])], 1)


def dinov2_meta():
    arguments = {"num_classes": 0, "init_values": 1e-5}
    model = timm_model(2600, 32, **arguments)
    folder = folder_of("dinov2_meta", {"num_heads": 2, "mean": MEAN, "std": STD})
    tensors = state(model)
    torch.save(tensors | {"mask_token": torch.randn(1, 32, generator=torch.Generator().manual_seed(1))},
               folder / "checkpoint.pth")
    weight, bias = head_of(2601, 5, 64)
    torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    wide = timm_model(1, (32, 56), **arguments)
    wide.load_state_dict(tensors | {"pos_embed": wide.pos_embed.detach()})
    for network, suffix, size in ((model, "", (32, 32)), (wide, "_large", (32, 56))):
        network.double()
        if suffix:
            network.pos_embed.data = meta_positions(tensors["pos_embed"].double(), 4, (4, 7))

        def run(x):
            tokens = network.forward_features(x)[0]
            return torch.cat([tokens[0], tokens[1:].mean(0)]) @ weight.double().T + bias.double()

        expect(folder, run, capture_timm(network), 2602, *size, 1, suffix=suffix)


def dinov2_meta_giant():
    """Registers and SwiGLU; Meta adds the class token's position before it inserts the registers, timm has it inside."""
    model = timm_model(2700, 32, num_classes=0, init_values=1e-5, reg_tokens=3, no_embed_class=True,
                       mlp_layer=timm.layers.SwiGLUPacked, act_layer="silu")
    tensors = state(model)
    first = torch.randn(1, 1, 32, generator=torch.Generator().manual_seed(2))
    named = OrderedDict(mask_token=torch.zeros(1, 32))
    for key, value in tensors.items():
        key = key.replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3").replace("reg_token", "register_tokens")
        named[key] = torch.cat([first, value], 1) if key == "pos_embed" else value
    folder = folder_of("dinov2_meta_giant", {"num_heads": 2, "mean": MEAN, "std": STD})
    torch.save(named, folder / "checkpoint.pth", _use_new_zipfile_serialization=False)
    weight, bias = head_of(2701, 5, 64)
    save_file({"weight": weight, "bias": bias}, folder / "head.safetensors")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    model.double()
    model.cls_token.data += first.double()

    def run(x):
        tokens = model.forward_features(x)[0]
        return torch.cat([tokens[0], tokens[4:].mean(0)]) @ weight.double().T + bias.double()

    expect(folder, run, capture_timm(model), 2702, 32, 32, 4)


def dino_training():
    model = timm_model(2800, 32, num_classes=0)
    teacher = OrderedDict(("backbone." + key, value) for key, value in state(model).items())
    teacher |= {"head.mlp.0.weight": torch.zeros(4, 32), "head.last_layer.weight_g": torch.ones(4, 1)}
    student = OrderedDict(("module." + key, value + 1) for key, value in teacher.items())
    folder = folder_of("dino_training", {"num_heads": 2, "mean": MEAN, "std": STD})
    arguments = argparse.Namespace(arch="vit_tiny", lr=0.1, output_dir=Path("out"), scale=(0.4, 1.0), seed=np.int64(3))
    torch.save({"student": student, "teacher": teacher, "epoch": 3, "args": arguments, "loss": np.float64(0.25),
                "dino_loss": OrderedDict(center=torch.zeros(1, 4)), "big": 1 << 80}, folder / "checkpoint.pth")
    weight, bias = head_of(2801, 5, 32)
    torch.save({"epoch": 9, "state_dict": {"module.linear.weight": weight, "module.linear.bias": bias}, "best_acc": 77.0},
               folder / "head.pth")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    model.double()
    expect(folder, lambda x: model.forward_features(x)[0, 0] @ weight.double().T + bias.double(), capture_timm(model),
           2802, 32, 32, 1)


def dinov2_training():
    """As DINOv2's own training keeps a teacher: blocks in chunks, wrappers of FSDP, the heads of its losses."""
    model = timm_model(2900, 32, num_classes=0, init_values=1e-5, depth=3, mlp_ratio=1)
    names = OrderedDict()
    for key, value in state(model).items():
        parts = key.split(".")
        if parts[0] == "blocks":
            parts[1:2] = [str(int(parts[1]) // 2), parts[1], "_fsdp_wrapped_module"]
        names["teacher.backbone." + ".".join(parts)] = value
    names |= {"teacher.backbone.mask_token": torch.zeros(1, 32), "teacher.dino_head.mlp.0.weight": torch.zeros(4, 32),
              "teacher.dino_head.last_layer.weight_g": torch.ones(4, 1), "teacher.ibot_head.mlp.0.weight": torch.zeros(4, 32)}
    folder = folder_of("dinov2_training", {"num_heads": 2, "mean": MEAN, "std": STD})
    student = OrderedDict((key.replace("teacher", "student"), value + 1) for key, value in names.items())
    torch.save({"model": student | names, "iteration": 1249}, folder / "checkpoint.pth")
    weight, bias = head_of(2901, 5, 64)
    torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    model.double()

    def run(x):
        tokens = model.forward_features(x)[0]
        return torch.cat([tokens[0], tokens[1:].mean(0)]) @ weight.double().T + bias.double()

    expect(folder, run, capture_timm(model), 2902, 32, 32, 1)


def hugging_face(name, seed, kind, configuration, save, prefix=1, sizes=((32, 32),), pooled=False, **options):
    configuration.id2label = dict(enumerate(LABELS))
    configuration.label2id = {label: index for index, label in enumerate(LABELS)}
    configuration.architectures = [kind.__name__]
    model = enliven(kind(configuration), seed)
    random = np.random.default_rng(seed + 9)
    for key, value in model.named_parameters():
        if "lambda1" in key:
            value.data = torch.from_numpy(0.7 + 0.3 * random.standard_normal(tuple(value.shape))).float()
    folder = folder_of(name)
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_mean": MEAN, "image_std": STD, "resample": 3, "rescale_factor": 1 / 255}, indent=1) + "\n")
    save(model, folder)
    found = capture_hugging_face(model.double())
    for suffix, size in zip(("", "_large"), sizes):
        expect(folder, lambda x: model(x, **options).logits[0], found, seed + 1, *size, prefix, pooled=pooled, suffix=suffix)


def dinov2_configuration(kind, **changes):
    return kind(**({"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_ratio": 2, "image_size": 32,
                    "patch_size": 8} | changes))


def hf_dinov2_giant():
    hugging_face("hf_dinov2_giant", 2900, transformers.Dinov2ForImageClassification,
                 dinov2_configuration(transformers.Dinov2Config, use_swiglu_ffn=True),
                 lambda model, folder: model.save_pretrained(folder), sizes=((32, 32), (40, 48)))


def hf_dinov2_registers():
    hugging_face("hf_dinov2_registers", 3000, transformers.Dinov2WithRegistersForImageClassification,
                 dinov2_configuration(transformers.Dinov2WithRegistersConfig),
                 lambda model, folder: torch.save(model.state_dict(), folder / "pytorch_model.bin"), prefix=5,
                 sizes=((32, 32), (40, 48)))


def hf_msn():
    def save(model, folder):
        tensors = state(model)
        files = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
        places = {key: files[index % 2] for index, key in enumerate(tensors)}
        for file in files:
            torch.save({key: tensors[key] for key in tensors if places[key] == file}, folder / file)
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}, indent=1))

    hugging_face("hf_msn", 3100, transformers.ViTMSNForImageClassification,
                 make_models.vit_configuration(transformers.ViTMSNConfig, hidden_size=32, num_hidden_layers=2,
                                               intermediate_size=64, image_size=32), save)


def hf_msn_saved():
    """As `save_pretrained` of transformers 5 writes it: the blocks' names lose `vit.`, the others keep it."""
    hugging_face("hf_msn_saved", 3150, transformers.ViTMSNForImageClassification,
                 make_models.vit_configuration(transformers.ViTMSNConfig, hidden_size=32, num_hidden_layers=2,
                                               intermediate_size=64, image_size=32),
                 lambda model, folder: model.save_pretrained(folder))
    from safetensors import safe_open
    with safe_open(OUTPUT / "hf_msn_saved" / "model.safetensors", "pt") as file:
        names = set(file.keys())
    assert {"vit.embeddings.cls_token", "encoder.layer.0.attention.attention.query.weight", "classifier.weight"} <= names


def timm_extras():
    """norm_pre, qk-norm, SwiGLU in two layers, no query, key and value biases; in a training checkpoint."""
    model = timm_model(3200, 32, qk_norm=True, pre_norm=True, qkv_bias=False, mlp_layer=timm.layers.SwiGLU,
                       act_layer="silu", mlp_ratio=2)
    folder = folder_of("timm_extras", CONFIG)
    wrapped = OrderedDict(("module." + key, value) for key, value in state(model).items())
    torch.save({"model": wrapped, "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.zeros(3)}},
                                                "param_groups": [{"lr": 0.1, "params": [0]}]},
                "args": argparse.Namespace(model="x")}, folder / "checkpoint.pth")
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 3201, 32, 32, 1)


def timm_packed():
    """SwiGLU in one layer, BF16, qk-norm with a pooled head."""
    model = timm_model(3300, 32, qk_norm=True, mlp_layer=timm.layers.SwiGLUPacked, act_layer="silu", global_pool="avg")
    for value in model.parameters():
        value.data = value.data.bfloat16().float()
    folder = folder_of("timm_packed", CONFIG)
    torch.save({key: value.bfloat16() for key, value in state(model).items()}, folder / "checkpoint.pth")
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 3301, 32, 32, 1, pooled=True)


def deit3():
    """DeiT III's names for LayerScale; transposed, shared and offset views; parameters; the old layout."""
    model = timm_model(3400, 32, init_values=1e-6, no_embed_class=True)
    tensors = OrderedDict()
    for key, value in state(model).items():
        key = key.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2")
        if key.endswith("fc1.weight"):
            value = value.T.contiguous().T
        elif key.endswith("qkv.weight"):
            value = torch.cat([torch.zeros(1, 32), value, torch.zeros(2, 32)])[1:-2]
        elif key.endswith("norm1.bias"):
            value = torch.stack([value, value + 1], 1)[:, 0]
        tensors[key] = torch.nn.Parameter(value) if key.endswith("proj.weight") else value
    folder = folder_of("deit3", CONFIG)
    torch.save({"model": tensors}, folder / "checkpoint.pth", _use_new_zipfile_serialization=False)
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 3401, 32, 32, 1)


def hugging_face_clip(name, seed, kind, configuration, save, run, head=True, sizes=((32, 32),)):
    """`run(model, x, options)` gives the image's embedding, or the logits of a model with a head of its own."""
    configuration.id2label = dict(enumerate(LABELS))
    configuration.architectures = [kind.__name__]
    model = kind(configuration)
    if hasattr(model, "logit_scale"):
        model.logit_scale.data = torch.zeros(1)
    enliven(model, seed, embedding_scale=0.1)
    random = np.random.default_rng(seed + 9)
    for key, value in model.named_parameters():
        if key.endswith(("class_embedding", "position_embedding.weight")):
            value.data = torch.from_numpy(0.07 * random.standard_normal(tuple(value.shape))).float()
        if key.endswith(("layrnorm.weight", "layernorm.weight")):
            value.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(value.shape))).float()
        if key == "logit_scale":
            value.data = torch.tensor(2.0)
    folder = folder_of(name)
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    save(model, folder)
    unit, scale = None, getattr(model, "logit_scale", torch.tensor(100.0).log()).double().exp()
    if head:
        texts = torch.from_numpy(random.standard_normal((5, 24))).float()
        np.save(folder / "embeddings.npy", texts.numpy())
        (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
        unit = F.normalize(texts.double(), dim=-1)
    found = capture_hugging_face(model.double())

    def logits(x):
        result = run(model, x)
        return scale * (F.normalize(result, dim=-1) @ unit.T)[0] if head else result[0]

    for suffix, size in zip(("", "_large"), sizes):
        expect(folder, logits, found, seed + 1, *size, 1, pooled=not head, suffix=suffix)


CLIP_VISION = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "image_size": 32,
               "patch_size": 8, "projection_dim": 24}
CLIP_TEXT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 20,
             "max_position_embeddings": 8, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def hf_clip():
    configuration = transformers.CLIPConfig(vision_config=CLIP_VISION, text_config=CLIP_TEXT, projection_dim=24)
    run = lambda model, x: model.visual_projection(
        model.vision_model(x, interpolate_pos_encoding=x.shape[-1] != 32).pooler_output)
    hugging_face_clip("hf_clip", 3500, transformers.CLIPModel, configuration, lambda model, folder: model.save_pretrained(folder),
                      run, sizes=((32, 32), (40, 48)))


def hf_clip_projection():
    """The tower alone with its projection, GELU, an epsilon far from every default."""
    configuration = transformers.CLIPVisionConfig(**CLIP_VISION, hidden_act="gelu", layer_norm_eps=1e-2)
    hugging_face_clip("hf_clip_projection", 3600, transformers.CLIPVisionModelWithProjection, configuration,
                      lambda model, folder: torch.save(model.state_dict(), folder / "pytorch_model.bin"),
                      lambda model, x: model(x).image_embeds)


def hf_clip_classifier():
    """The head reads the mean of the patches before the last norm."""
    configuration = transformers.CLIPConfig(vision_config=CLIP_VISION | {"num_attention_heads": 4}, text_config=CLIP_TEXT)
    hugging_face_clip("hf_clip_classifier", 3700, transformers.CLIPForImageClassification, configuration,
                      lambda model, folder: model.save_pretrained(folder), lambda model, x: model(x).logits, head=False)


def named(name, seed, architecture, pooled=False, half=False):
    """A model whose configuration names the architecture only; small embeddings, so that the norms' epsilon counts."""
    model = timm.create_model(architecture, num_classes=5, img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=2)
    peak_pool(enliven(model, seed, embedding_scale=0.01))
    if half:
        halved(model)
    folder = folder_of(name, {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS})
    save_file(half_state(model) if half else state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), seed + 1, 32, 32, model.num_prefix_tokens, pooled=pooled)


def peak_pool(model):
    """A query of an attention pool that chooses."""
    for key, value in model.named_parameters():
        if key.endswith((".latent", "head.probe")):
            value.data = 8 * value.data
    return model


def named_clip():
    named("named_clip", 3800, "vit_base_patch16_clip_quickgelu_224")


def named_siglip_gap():
    named("named_siglip_gap", 3900, "vit_so400m_patch16_siglip_gap_256", pooled=True)


def named_without_norm():
    named("named_without_norm", 4000, "vit_intern300m_patch14_448")


def rotary(name, seed, architecture, save=None, config=None, head=None, pooled=False, sizes=((32, 32),), **arguments):
    """A model of timm's EVA with rotary positions. `save(tensors, folder)` writes it under other names; `head` has as many inputs
    as the class token and takes the place of one that the model lacks."""
    arguments = {"patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": 2, "mlp_ratio": 2, "num_classes": 0 if head else 5} | arguments
    make = lambda size: timm.create_model(architecture, img_size=size, **arguments)
    model = peak_pool(enliven(make(32), seed))
    for key, value in model.named_parameters():
        if "gamma_" in key:
            value.data = 0.7 + 0.3 * value.data
        if key.endswith("_bias"):
            value.data = 0.3 * value.data
    halved(model)
    folder = folder_of(name, {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                              "pretrained_cfg": {"mean": MEAN, "std": STD}} if config is None else config)
    if save:
        save(model, folder)
    else:
        save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    weight, bias = head_of(seed + 1, 5, arguments["embed_dim"]) if head else (None, None)
    if head:
        torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
        (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    tensors = state(model)
    for suffix, size in zip(("", "_large"), sizes):
        network = model
        if suffix:
            network = make(size).eval()
            network.load_state_dict(timm.models.eva.checkpoint_filter_fn(tensors, network))
            if hasattr(network.rope, "periods"):
                network.rope.periods.copy_(model.rope.periods)
        network.double()
        run = ((lambda x: network(x)[0]) if head is None
               else lambda x: network.forward_features(x)[0, 0] @ weight.double().T + bias.double())
        expect(folder, run, capture_timm(network), seed + 2, *size, network.num_prefix_tokens, pooled=pooled, suffix=suffix)


def dinov3_timm():
    """Registers, LayerScale, SwiGLU in two layers, biases of queries and values; the mean of the patches after the norm."""
    rotary("dinov3_timm", 4100, "vit_small_plus_patch16_dinov3_qkvb", pooled=True, sizes=((32, 32), (40, 48)))


def dinov3_timm_unnamed():
    """No biases of queries, keys and values, no name of an architecture."""
    rotary("dinov3_timm_unnamed", 4150, "vit_small_patch16_dinov3", head=True, config={
        "num_heads": 2, "mean": MEAN, "std": STD})


def dinov3_meta():
    """Meta's names: storage tokens, periods of another precision, a masked bias of the keys, SwiGLU in three layers."""
    def save(model, folder):
        model.rope.periods.copy_(model.rope.periods.bfloat16().float())
        named = OrderedDict({"rope_embed.periods": model.rope.periods.bfloat16(), "mask_token": torch.zeros(1, 32)})
        random = torch.Generator().manual_seed(3)
        for key, value in half_state(model).items():
            for old, new in (("gamma_1", "ls1.gamma"), ("gamma_2", "ls2.gamma"), ("reg_token", "storage_tokens"),
                             ("fc1_g", "w1"), ("fc1_x", "w2"), ("mlp.fc2", "mlp.w3")):
                key = key.replace(old, new)
            if key.endswith("attn.q_bias"):
                kept = value
            elif key.endswith("attn.v_bias"):
                key = key.replace("v_bias", "qkv.bias")
                named[key] = torch.cat([kept, torch.randn(32, generator=random).half(), value])
                named[key + "_mask"] = torch.tensor([1.0] * 32 + [0.0] * 32 + [1.0] * 32)
            else:
                named[key] = value
        torch.save(named, folder / "checkpoint.pth")

    rotary("dinov3_meta", 4200, "vit_small_plus_patch16_dinov3_qkvb", save, {"mean": MEAN, "std": STD}, head=True,
           sizes=((32, 32), (40, 48)))


def eva02_small():
    """EVA-02 with queries, keys and values in one layer: SwiGLU in one, the mean of the patches, positions scaled to 16×16."""
    rotary("eva02_small", 4300, "eva02_small_patch14_224", pooled=True, sizes=((32, 32), (40, 48)))


def eva02_clip():
    """Three layers for queries, keys and values, norms inside attention and MLP, the class token; no name of an architecture."""
    rotary("eva02_clip", 4400, "eva02_base_patch16_clip_224", sizes=((32, 32), (40, 48)), config={
        "num_heads": 2, "mean": MEAN, "std": STD, "label_names": LABELS, "global_pool": "token"})


def rope_ape():
    """RoPE-ViT: columns before rows, places as they are, positions that are added, too."""
    rotary("rope_ape", 4500, "vit_base_patch16_rope_ape_224", sizes=((32, 32), (40, 48)))


def rope_mixed():
    """RoPE-ViT with frequencies of every layer and head, no other positions."""
    rotary("rope_mixed", 4600, "vit_small_patch16_rope_mixed_224", sizes=((32, 32), (40, 48)))


def rope_gap():
    """No class token, one register, no other positions."""
    rotary("rope_gap", 4700, "vit_mediumd_patch16_rope_reg1_gap_256", pooled=True)


def hf_dinov3(name="hf_dinov3", seed=4800, save=lambda model, folder: model.save_pretrained(folder, state_dict=half_state(model)), **changes):
    configuration = transformers.DINOv3ViTConfig(**({
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "image_size": 32,
        "patch_size": 8, "num_register_tokens": 4} | changes))
    model = enliven(transformers.DINOv3ViTModel(configuration), seed)
    for key, value in model.named_parameters():
        if "lambda1" in key:
            value.data = 0.7 + 0.3 * value.data
    halved(model)
    folder = folder_of(name)
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    save(model, folder)
    weight, bias = head_of(seed + 1, 5, 32)
    torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    found = capture_hugging_face(model.double())
    run = lambda x: model(x).last_hidden_state[0, 0] @ weight.double().T + bias.double()
    for suffix, size in (("", (32, 32)), ("_large", (40, 48))):
        expect(folder, run, found, seed + 2, *size, 1 + configuration.num_register_tokens, suffix=suffix)


def hf_dinov3_gated():
    """A gate in the MLP, a bias of the keys and none of the queries, another base; names of transformers 5 in memory."""
    hf_dinov3("hf_dinov3_gated", 4900, lambda model, folder: torch.save(half_state(model), folder / "pytorch_model.bin"),
              use_gated_mlp=True, hidden_act="silu", key_bias=True, query_bias=False, rope_theta=50.0, num_register_tokens=2)


def timm_siglip():
    named("timm_siglip", 5000, "vit_so400m_patch16_siglip_256", pooled=True, half=True)


def timm_naflex():
    """Patches as rows of pixels; positions a grid of another shape than the input; registers, the mean of the patches."""
    architecture = "naflexvit_base_patch16_gap"
    model = timm.create_model(architecture, num_classes=5, patch_size=8, embed_dim=16, depth=2, num_heads=2, mlp_ratio=1, reg_tokens=2,
                              pos_embed_grid_size=(4, 3))
    halved(enliven(model, 5150))
    folder = folder_of("timm_naflex", {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                                       "pretrained_cfg": {"mean": MEAN, "std": STD}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 5151, 24, 40, model.num_prefix_tokens, pooled=True)


def timm_map_registers():
    """An attention pool that leaves registers out."""
    named("timm_map_registers", 5100, "vit_so150m_patch16_reg4_map_256", pooled=True, half=True)


def pe_core():
    """Perception Encoder: a pool with heads of its own that reads the class token, too; a norm before the blocks."""
    rotary("pe_core", 5200, "vit_pe_core_base_patch16_224", pooled=True, sizes=((32, 32), (40, 48)))


def hugging_face_siglip(name, seed, kind, configuration, run, head=None, large=True):
    """`run(model, x)` gives the pooled vector, or with `head` None the logits of a classifier; `head` is \"texts\" or \"linear\"."""
    model = peak_pool(enliven(kind(configuration), seed))
    random = np.random.default_rng(seed + 9)
    for key, value in model.named_parameters():
        if key.endswith("position_embedding.weight"):
            value.data = torch.from_numpy(0.7 * random.standard_normal(tuple(value.shape))).float()
        if key in ("logit_scale", "logit_bias"):
            value.data = torch.tensor([2.0 if key == "logit_scale" else -3.5])
    halved(model)
    folder = folder_of(name)
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    model.save_pretrained(folder, state_dict=half_state(model))
    logits = lambda x: run(model, x)
    if head == "texts":
        texts = torch.from_numpy(random.standard_normal((5, 32))).float()
        np.save(folder / "embeddings.npy", texts.numpy())
        (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
        unit = F.normalize(texts.double(), dim=-1)
        logits = lambda x: model.logit_scale.exp() * (F.normalize(run(model, x), dim=-1) @ unit.T) + model.logit_bias
    elif head == "linear":
        weight, bias = head_of(seed + 1, 5, 32)
        torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
        (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
        logits = lambda x: run(model, x) @ weight.double().T + bias.double()
    found = capture_hugging_face(model.double())
    for suffix, size in (("", (32, 32)), ("_large", (40, 48)))[:2 if large else 1]:
        expect(folder, logits, found, seed + 2, *size, 0, pooled=True, suffix=suffix)


SIGLIP_VISION = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "image_size": 32,
                 "patch_size": 8}
SIGLIP_TEXT = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 20,
               "max_position_embeddings": 8, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}


def hf_siglip():
    """Texts, with the sigmoid's bias."""
    hugging_face_siglip(
        "hf_siglip", 5300, transformers.SiglipModel,
        transformers.SiglipConfig(vision_config=SIGLIP_VISION, text_config=SIGLIP_TEXT),
        lambda model, x: model.vision_model(x, interpolate_pos_encoding=True).pooler_output[0], "texts")


def hf_siglip_classifier():
    """A classifier reads the patches' mean, and the pool is there for nothing."""
    configuration = transformers.SiglipConfig(vision_config=SIGLIP_VISION, text_config=SIGLIP_TEXT)
    configuration.id2label = dict(enumerate(LABELS))
    hugging_face_siglip("hf_siglip_classifier", 5400, transformers.SiglipForImageClassification, configuration,
                        lambda model, x: model(x).logits[0], large=False)


def hf_siglip2():
    """Patches as rows of pixels, channels last; positions by bilinear resampling, which rounds to Float32."""
    vision = {key: value for key, value in SIGLIP_VISION.items() if key != "image_size"} | {"num_patches": 16}

    def run(model, x):
        rows, columns = x.shape[-2] // 8, x.shape[-1] // 8
        patches = x.reshape(1, 3, rows, 8, columns, 8).permute(0, 2, 4, 3, 5, 1).reshape(1, rows * columns, -1)
        shapes = torch.tensor([[rows, columns]])
        tower = model
        hidden = tower.embeddings(patches, shapes)
        hidden = tower.post_layernorm(tower.encoder(inputs_embeds=hidden, attention_mask=None).last_hidden_state)
        return tower.head(hidden, None)[0]

    hugging_face_siglip("hf_siglip2", 5500, transformers.Siglip2VisionModel, transformers.Siglip2VisionConfig(**vision), run, "linear")


def openclip_trunk(name, seed, architecture, bias, **arguments):
    """A tower of timm's in OpenCLIP: its head, where it has one, is the projection."""
    model = timm.create_model(architecture, img_size=32, patch_size=8, depth=2, **arguments)
    halved(peak_pool(enliven(model, seed)))
    folder = folder_of(name)
    (folder / "open_clip_config.json").write_text(json.dumps({
        "model_cfg": {"embed_dim": 24, "vision_cfg": {
            "timm_model_name": architecture, "timm_model_pretrained": False, "timm_pool": "map", "timm_proj": "none", "image_size": 32}},
        "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic"}}, indent=1) + "\n")
    tensors = {"visual.trunk." + key: value for key, value in half_state(model).items()} | {
        "logit_scale": torch.tensor(2.0), "text.transformer.resblocks.0.ln_1.weight": torch.zeros(3)}
    if bias:
        tensors["logit_bias"] = torch.tensor(-4.0)
    save_file(tensors, folder / "open_clip_model.safetensors", {"format": "pt"})
    size = arguments.get("num_classes") or arguments["embed_dim"]
    texts = torch.from_numpy(np.random.default_rng(seed + 9).standard_normal((5, size))).float()
    np.save(folder / "embeddings.npy", texts.numpy())
    (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
    unit = F.normalize(texts.double(), dim=-1)
    model.double()
    run = lambda x: math.exp(2.0) * (F.normalize(model(x)[0], dim=-1) @ unit.T) + (-4.0 if bias else 0.0)
    expect(folder, run, capture_timm(model), seed + 1, 32, 32, model.num_prefix_tokens, pooled=model.global_pool == "map")


def openclip_siglip():
    openclip_trunk("openclip_siglip", 5600, "vit_base_patch16_siglip_224", True, embed_dim=64, num_heads=1, mlp_ratio=1, num_classes=0)


def openclip_eva():
    openclip_trunk("openclip_eva", 5710, "eva02_base_patch16_clip_224", False, embed_dim=64, num_heads=1, mlp_ratio=1, num_classes=24)


def hf_mae():
    """The encoder of a pretraining checkpoint, its decoder beside it; fixed sine positions, which are stored."""
    configuration = transformers.ViTMAEConfig(**make_models.vit_configuration(
        transformers.ViTMAEConfig, hidden_size=32, num_hidden_layers=2, intermediate_size=64, image_size=32).to_dict() | {
            "decoder_hidden_size": 16, "decoder_intermediate_size": 32, "decoder_num_attention_heads": 2,
            "decoder_num_hidden_layers": 1, "mask_ratio": 0.0})
    model = transformers.ViTMAEForPreTraining(configuration)
    fixed = model.vit.embeddings.position_embeddings.data.clone()
    enliven(model, 5800, embedding_scale=0.5)
    model.vit.embeddings.position_embeddings.data = fixed
    halved(model)
    folder = folder_of("hf_mae")
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    model.save_pretrained(folder, state_dict=half_state(model))
    weight, bias = head_of(5801, 5, 32)
    torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
    (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
    found = capture_hugging_face(model.double())

    def run(x):
        # Nothing masked, and the patches in their order.
        noise = torch.arange(x.shape[-1] * x.shape[-2] // 64, dtype=torch.float64)[None]
        tokens = model.vit(x, noise=noise, interpolate_pos_encoding=x.shape[-1] != 32).last_hidden_state[0]
        return tokens[0] @ weight.double().T + bias.double()

    for suffix, size in (("", (32, 32)), ("_large", (40, 48))):
        expect(folder, run, found, 5802, *size, 1, suffix=suffix)


def hf_ijepa():
    """No class token; the head reads the patches' mean after the norm."""
    hugging_face("hf_ijepa", 5900, transformers.IJepaForImageClassification,
                 make_models.vit_configuration(transformers.IJepaConfig, hidden_size=32, num_hidden_layers=2, intermediate_size=64,
                                               image_size=32),
                 lambda model, folder: model.save_pretrained(folder), prefix=0, sizes=((32, 32), (40, 48)), pooled=True,
                 interpolate_pos_encoding=True)


COCA_VISION = {"layers": 2, "width": 16, "head_width": 8, "mlp_ratio": 1, "patch_size": 4, "image_size": 12, "output_tokens": True,
               "attentional_pool": True, "attn_pooler_heads": 4, "attn_pooler_queries": 3}
COCA_TEXT = {"context_length": 8, "vocab_size": 20, "width": 16, "heads": 2, "layers": 1, "embed_cls": True, "output_tokens": True}


def coca_model():
    """OpenCLIP's class: a pool with a width, heads and a norm of its own, which reads the class token, too, before another norm."""
    import open_clip
    from open_clip.coca_model import CoCa
    return CoCa(12, {"context_length": 8, "vocab_size": 20, "width": 16, "heads": 2, "layers": 1}, dict(COCA_TEXT), dict(COCA_VISION))


def saved_open_clip(name, model, configuration, random, seed, besides=()):
    """Saves OpenCLIP's picture tower, and tensors `besides` it, with five texts' embeddings; expects what comes of the patches' mean."""
    folder = folder_of(name)
    (folder / "open_clip_config.json").write_text(json.dumps({
        "model_cfg": configuration, "preprocess_cfg": {"mean": MEAN, "std": STD, "interpolation": "bicubic"}}) + "\n")
    kept = {key: value for key, value in half_state(model).items() if key.startswith(("visual.", "logit_scale")) or key in besides}
    save_file({key: value.contiguous() for key, value in kept.items()}, folder / "open_clip_model.safetensors", {"format": "pt"})
    texts = torch.from_numpy(random.standard_normal((5, configuration["embed_dim"]))).float()
    np.save(folder / "embeddings.npy", texts.numpy())
    (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
    model.double()
    unit = F.normalize(texts.double(), dim=-1)
    run = lambda x: model.logit_scale.exp() * (model.encode_image(x, normalize=True) @ unit.T)[0]
    found = capture_packed([block.attn for block in model.visual.transformer.resblocks])
    expect(folder, run, found, seed, 12, 12, 1, pooled=True, patch=4)


def coca():
    """The picture's tower, one tensor of the texts' and one of the captions' beside it."""
    model = coca_model()
    enliven(model.visual, 6000)
    random = np.random.default_rng(6009)
    for key, gain in (("class_embedding", 0.7), ("positional_embedding", 0.7), ("proj", 0.2), ("attn_pool.query", 1.0)):
        value = model.visual.get_parameter(key)
        value.data = torch.from_numpy(gain * random.standard_normal(tuple(value.shape))).float()
    for norm in [m for m in model.visual.modules() if isinstance(m, torch.nn.LayerNorm)]:
        norm.weight.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(norm.weight.shape))).float()
    # A query that chooses.
    model.visual.attn_pool.ln_q.weight.data *= 3
    model.logit_scale.data = torch.tensor(2.0)
    halved(model)
    saved_open_clip(
        "coca", model, {"embed_dim": 12, "vision_cfg": COCA_VISION, "text_cfg": COCA_TEXT, "multimodal_cfg": {}, "custom_text": True},
        random, 6001, besides=("text.ln_final.weight", "text_decoder.ln_final.weight"))


def aimv2():
    """RMS norms, also of the patches before positions are added; a gate, no biases in the blocks; the patches' mean."""
    architecture = "aimv2_large_patch14_224"
    arguments = {"img_size": 12, "patch_size": 4, "embed_dim": 12, "depth": 2, "num_heads": 2, "mlp_ratio": 1}
    model = timm.create_model(architecture, num_classes=5, **arguments)
    halved(enliven(model, 6100))
    folder = folder_of("aimv2", {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                                 "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 12, 12]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), 6101, 12, 12, 0, pooled=True, patch=4)


def hf_aimv2():
    """The same under Hugging Face's names, beside a text tower's first norm; a pool whose query is a token, and texts."""
    vision = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12, "image_size": 12,
              "patch_size": 4}
    text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 4,
            "max_position_embeddings": 4}
    configuration = transformers.Aimv2Config(vision_config=vision, text_config=text, projection_dim=12)
    model = transformers.Aimv2Model(configuration)
    enliven(model.vision_model, 6200)
    random = np.random.default_rng(6208)
    for key, value in model.named_parameters():
        if key.endswith(("position_embedding.weight", "cls_token", "visual_projection.weight")):
            value.data = torch.from_numpy((2.0 if "cls" in key else 0.7) * random.standard_normal(tuple(value.shape))).float()
    model.logit_scale.data = torch.tensor(2.0)
    halved(model)
    folder = folder_of("hf_aimv2")
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    save_file({key: value.contiguous() for key, value in half_state(model).items()
               if not key.startswith("text") or key == "text_model.rms_norm.weight"}, folder / "model.safetensors", {"format": "pt"})
    texts = torch.from_numpy(random.standard_normal((5, 12))).float()
    np.save(folder / "embeddings.npy", texts.numpy())
    (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
    unit = F.normalize(texts.double(), dim=-1)
    model.double()
    pooled = lambda x: model.visual_projection(model.vision_model(x).pooler_output)[0]
    run = lambda x: model.logit_scale.exp() * (F.normalize(pooled(x), dim=-1) @ unit.T)
    expect(folder, run, capture_hugging_face(model), 6201, 12, 12, 0, pooled=True, patch=4)


def hf_blip():
    """Queries, keys and values in one layer, positions without a name of their own; a class token that is normed twice."""
    vision = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12, "image_size": 12,
              "patch_size": 4, "layer_norm_eps": 1e-3}
    text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 4,
            "max_position_embeddings": 4, "encoder_hidden_size": 8}
    configuration = transformers.BlipConfig(vision_config=vision, text_config=text, projection_dim=12)
    model = transformers.BlipModel(configuration)
    enliven(model.vision_model, 6800)
    random = np.random.default_rng(6808)
    for key, value in model.named_parameters():
        if key.endswith(("position_embedding", "class_embedding", "visual_projection.weight", "post_layernorm.bias")):
            value.data = torch.from_numpy(0.7 * random.standard_normal(tuple(value.shape))).float()
        if key.endswith("post_layernorm.weight"):
            value.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(value.shape))).float()
    model.logit_scale.data = torch.tensor(2.0)
    halved(model)
    folder = folder_of("hf_blip")
    configuration.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": MEAN, "image_std": STD, "resample": 3}) + "\n")
    save_file({key: value.contiguous() for key, value in half_state(model).items() if not key.startswith("text")},
              folder / "model.safetensors", {"format": "pt"})
    texts = torch.from_numpy(random.standard_normal((5, 12))).float()
    np.save(folder / "embeddings.npy", texts.numpy())
    (folder / "embeddings.txt").write_text("\n".join(LABELS) + "\n")
    unit = F.normalize(texts.double(), dim=-1)
    found = []
    for layer in model.double().vision_model.encoder.layers:
        layer.self_attn.dropout.register_forward_hook(lambda module, inputs, output: found.append(output))
    run = lambda x: model.logit_scale.exp() * (F.normalize(model.get_image_features(x).pooler_output[0], dim=-1) @ unit.T)
    expect(folder, run, found, 6801, 12, 12, 1, patch=4)


def norms_behind(name, seed, architecture, prefix):
    """Blocks whose norms stand behind attention and MLP, which only the architecture's name tells."""
    model = timm.create_model(architecture, num_classes=5, img_size=12, patch_size=4, embed_dim=12, depth=2, num_heads=2, mlp_ratio=1)
    halved(enliven(model, seed))
    folder = folder_of(name, {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                              "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 12, 12]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), seed + 1, 12, 12, prefix, pooled=not prefix, patch=4)


def norms_behind_mean():
    norms_behind("norms_behind_mean", 6300, "vit_base_patch16_rpn_224", 0)


def norms_behind_class():
    norms_behind("norms_behind_class", 6400, "eva02_enormous_patch14_clip_224", 1)


def hybrid(name, seed, backbone, architecture, **embedding):
    """A ViT behind convolutions, tiny of timm's own parts; the config names an architecture that begins alike."""
    width = embedding.pop("width", 8)
    model = timm.models.VisionTransformer(
        img_size=32, patch_size=embedding.pop("patch", 1), embed_dim=width, depth=2, num_heads=2, mlp_ratio=1, num_classes=5,
        embed_layer=lambda **options: timm.layers.HybridEmbed(backbone, **options, **embedding))
    random = np.random.default_rng(seed)
    enliven(model, seed)
    for module in model.patch_embed.modules():
        if isinstance(module, torch.nn.Conv2d):
            # So small, where weights are standardized, that the epsilon counts.
            scale = 0.003 if isinstance(module, timm.layers.StdConv2dSame) else 1 / math.sqrt(module.weight[0].numel())
            module.weight.data = torch.from_numpy(scale * random.standard_normal(tuple(module.weight.shape))).float()
        elif hasattr(module, "running_var"):
            module.running_mean.data = torch.from_numpy(0.3 * random.standard_normal(module.num_features)).half().float()
            module.running_var.data = torch.from_numpy(random.uniform(0.3, 2, module.num_features)).half().float()
    for module in backbone.modules():
        if getattr(module, "affine", False):
            module.weight.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(module.weight.shape))).float()
            module.bias.data = torch.from_numpy(0.3 * random.standard_normal(tuple(module.bias.shape))).float()
    halved(model.eval())
    folder = folder_of(name, {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                              "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 32, 32]}})
    save_file(OrderedDict((key, value.half() if value.is_floating_point() else value) for key, value in state(model).items()),
              folder / "model.safetensors", {"format": "pt"})
    model.double()
    expect(folder, lambda x: model(x)[0], capture_timm(model), seed + 1, 32, 32, 1, patch=32 // model.patch_embed.grid_size[0])


def hybrid_start():
    """The first convolution of a ResNetV2 alone, and patches of 2×2 positions of its map."""
    convolution = lambda *a, **o: timm.layers.StdConv2dSame(*a, **o, eps=1e-8)
    backbone = timm.models.resnetv2.create_resnetv2_stem(3, 32, stem_type="same", preact=False, conv_layer=convolution)
    hybrid("hybrid_start", 6600, backbone, "vit_tiny_r_s16_p8_224", patch=2)


def hybrid_d():
    """A ResNet-D of two stages: batch norms, means in the shortcut that shrinks the map."""
    backbone = timm.models.resnet.ResNet(
        timm.models.resnet.Bottleneck, [1, 2, 1, 1], channels=(2, 3, 1, 1), stem_type="deep", stem_width=4, avg_down=True, num_classes=0,
        global_pool="")
    backbone.layer3 = backbone.layer4 = torch.nn.Identity()
    backbone.feature_info = backbone.feature_info[:3]
    hybrid("hybrid_d", 6700, backbone, "vit_small_resnet26d_224")


def hybrid_plain():
    """MobileCLIP's: convolutions side by side with batch norms and GELU, the last of which embeds the patches."""
    from timm.models.vision_transformer_hybrid import ConvStem
    backbone = ConvStem(channels=(5, 6, 8), stride=(4, 2, 2), kernel_size=(4, 2, 2), padding=0, act_layer=torch.nn.GELU)
    hybrid("hybrid_plain", 6800, backbone, "vit_base_mci_224", proj=False)


def naflex_radio():
    """C-RADIO: positions of a square as wide as the longer side, of which the picture takes its part; a class token, registers, no
    norm after the last block."""
    architecture = "naflexvit_base_patch16_radio_v3"
    model = timm.create_model(architecture, num_classes=5, patch_size=4, embed_dim=12, depth=2, num_heads=2, mlp_ratio=1, reg_tokens=2,
                              pos_embed_grid_size=(4, 4))
    halved(enliven(model, 6500))
    folder = folder_of("naflex_radio", {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                                        "pretrained_cfg": {"mean": MEAN, "std": STD}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    for suffix, size in (("", (12, 20)), ("_large", (28, 16))):
        expect(folder, lambda x: model(x)[0], capture_timm(model), 6501, *size, model.num_prefix_tokens, suffix=suffix, patch=4)


def qwen_merged():
    """Qwen3-VL's tower, which makes one token of every square of four patches before their mean; a norm without weights behind it, rotary
    and learned positions."""
    architecture = "qwen3_vit_88m_merge"
    model = timm.create_model(architecture, num_classes=5, img_size=16, patch_size=4, embed_dim=8, depth=2, num_heads=2, mlp_ratio=0.5,
                              out_features=5, pos_embed_grid_size=4)
    halved(enliven(model, 6700))
    folder = folder_of("qwen_merged", {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                                       "pretrained_cfg": {"mean": MEAN, "std": STD}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    for suffix, size in (("", (16, 16)), ("_large", (16, 24))):
        expect(folder, lambda x: model(x)[0], capture_timm(model.encoder), 6701, *size, 0, pooled=True, suffix=suffix, patch=4)


def deepseek_aligned():
    """DeepSeek's tower with its aligner: of every square of four patches one token, channel by channel; the larger grid is filled up with
    zeros."""
    architecture = "deepseek_vit_412m_align"
    model = timm.create_model(architecture, num_classes=5, img_size=16, patch_size=4, embed_dim=8, depth=2, num_heads=2, mlp_ratio=0.5,
                              out_features=6, downsample_ratio=2)
    halved(enliven(model, 6900))
    folder = folder_of("deepseek_aligned", {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                                            "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 16, 16]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    model.double()
    for suffix, size in (("", (16, 16)), ("_large", (12, 20))):
        expect(folder, lambda x: model(x)[0], capture_timm(model.encoder), 6901, *size, 0, pooled=True, suffix=suffix, patch=4)


def turned_exactly(module, inputs, output):
    """Gemma's rotary positions in float64, which the library computes in single precision."""
    half = module.head_dim // 2
    angles = inputs[1].double()[..., None] * module.rope_theta ** -(torch.arange(0, half, 2).double() / half)
    angles = torch.cat((angles, angles), dim=-1).flatten(2)
    return angles.cos(), angles.sin()


def gemma(name, architecture, seed, encoder, width):
    """Gemma's tower: norms before and behind its layers, of queries, keys and values, positions by column and row. The model takes pixels
    to -1…1 itself, getam as it takes them from 8 bits: so those written are what the model's own step gives."""
    model = timm.create_model(architecture, **({} if encoder else {"num_classes": 5}), img_size=24, patch_size=4, embed_dim=width,
                              depth=2, num_heads=2, head_dim=width // 2, intermediate_size=8, position_embedding_size=9)
    halved(enliven(model, seed))
    core = model if encoder else model.encoder
    random = np.random.default_rng(seed + 2)
    with torch.no_grad():
        for key, value in core.named_buffers():
            if key.startswith("std_"):
                value.copy_(torch.from_numpy(random.standard_normal(width) + (key == "std_scale")).float())
    folder = folder_of(name, {"architecture": architecture, "model_args": {"num_heads": 2}, "label_names": LABELS,
                              "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 24, 24]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    run = lambda x: model(x / 2 + 0.5)[0]
    if encoder:
        weight, bias = head_of(seed + 3, 5, width)
        torch.save({"weight": weight, "bias": bias}, folder / "head.pth")
        (folder / "head.txt").write_text("\n".join(LABELS) + "\n")
        run = lambda x: model(x / 2 + 0.5)[0].mean(0) @ weight.double().T + bias.double()
    model.double()
    core.rotary_emb.register_forward_hook(turned_exactly)
    for suffix, size in (("", (12, 24)),) if encoder else (("", (16, 16)), ("_large", (12, 20))):
        expect(folder, run, capture_timm(core), seed + 1, *size, 0, pooled=True, suffix=suffix, patch=4)


def gemma_classifier():
    gemma("gemma_classifier", "gemma4_vit_167m", 7200, False, 8)


def gemma_encoder():
    gemma("gemma_encoder", "gemma4_vit_570m_enc", 7100, True, 16)


def naflex_positions():
    """timm's own positions of NaFlexViT at other grids, every way of resampling, learned as a grid or by row and column."""
    random, tensors = torch.Generator().manual_seed(6600), {}
    for way, shape, options in (
            ("bicubicAntialiased", (4, 3), {}), ("bilinearAntialiased", (4, 3), {"pos_embed_interp_mode": "bilinear"}),
            ("bilinear", (4, 3), {"pos_embed_interp_mode": "bilinear", "pos_embed_antialias": False}),
            ("bicubic", (4, 3), {"pos_embed_antialias": False}),
            ("bilinearAligned", (4, 3), {"pos_embed_interp_mode": "bilinear", "pos_embed_antialias": False,
                                         "pos_embed_align_corners": True}),
            ("axes", (4, 4), {"pos_embed": "factorized"})):
        embeds = timm.models.naflexvit.NaFlexEmbeds(patch_size=2, embed_dim=3, proj_type="linear", class_token=False,
                                                    pos_embed_grid_size=shape, pos_embed_ar_preserving=True, **options)
        for key, value in embeds.named_parameters():
            value.data = torch.randn(value.shape, generator=random) if "pos_embed" in key else torch.zeros(value.shape)
            if "pos_embed" in key:
                tensors[f"{way} {key}"] = value.detach()
        for rows, columns in ((2, 3), (3, 5), (7, 4), (6, 6)):
            with torch.no_grad():
                tensors[f"{way} {rows}x{columns}"] = embeds(torch.zeros(1, 3, 2 * rows, 2 * columns))[0][0].contiguous()
    save_file(tensors, folder_of("naflex_positions") / "positions.safetensors")


def capture_differences(model):
    """As capture_timm, of attention that is a difference: what multiplies the values."""
    found, plain = [], torch.Tensor.__matmul__
    for block in model.blocks:
        block.fused_attn = False

    def multiply(self, other):
        # Of the two products of square and narrow, the one by the values.
        if self.dim() == 4 and self.shape[2] == self.shape[3] == other.shape[2] != other.shape[3]:
            found.append(self)
        return plain(self, other)

    def run(x):
        torch.Tensor.__matmul__ = multiply
        try:
            return model(x)[0]
        finally:
            torch.Tensor.__matmul__ = plain

    return found, run


def attention_beside():
    """Attention, the difference of two soft-maxes, and MLP side by side behind one norm."""
    model = timm.create_model("vit_dpwee_patch16_reg1_gap_256", num_classes=5, img_size=12, patch_size=4, embed_dim=12, depth=2,
                              num_heads=3, mlp_ratio=1, class_token=True, global_pool="token", fc_norm=False)
    halved(enliven(model, 6500))
    folder = folder_of("attention_beside", {
        "architecture": "vit_dpwee_patch16_reg1_gap_256", "model_args": {"num_heads": 3}, "label_names": LABELS, "global_pool": "token",
        "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 12, 12]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    found, run = capture_differences(model.double())
    expect(folder, run, found, 6501, 12, 12, 2, patch=4)


def attentions_beside():
    """Two attentions side by side, and then two MLPs; the heads of both are one layer's."""
    model = timm.create_model("vit_small_patch16_18x2_224", num_classes=5, img_size=12, patch_size=4, embed_dim=8, depth=2, num_heads=2,
                              mlp_ratio=1)
    halved(enliven(model, 6600))
    folder = folder_of("attentions_beside", {
        "architecture": "vit_small_patch16_18x2_224", "model_args": {"num_heads": 2}, "label_names": LABELS,
        "pretrained_cfg": {"mean": MEAN, "std": STD, "input_size": [3, 12, 12]}})
    save_file(half_state(model), folder / "model.safetensors", {"format": "pt"})
    single = []
    for block in model.double().blocks:
        for part in block.attns:
            part.attn.fused_attn = False
            part.attn.attn_drop.register_forward_hook(lambda module, inputs, output: single.append(output))

    expect(folder, lambda x: model(x)[0], single, 6601, 12, 12, 1, patch=4, beside=2)


def clipa():
    """OpenCLIP's own tower without a norm before its blocks: texts are compared with the norm of the patches' mean."""
    import open_clip
    vision = {"layers": 2, "width": 8, "head_width": 4, "mlp_ratio": 1, "patch_size": 4, "image_size": 12, "no_ln_pre": True,
              "pool_type": "avg", "final_ln_after_pool": True, "pos_embed_type": "sin_cos_2d"}
    text = {"context_length": 8, "vocab_size": 20, "width": 8, "heads": 2, "layers": 1}
    model = open_clip.CLIP(6, open_clip.CLIPVisionCfg(**vision), open_clip.CLIPTextCfg(**text))
    positions = model.visual.positional_embedding.data.clone()
    enliven(model.visual, 6500)
    model.visual.positional_embedding.data = positions
    random = np.random.default_rng(6509)
    for key, gain in (("class_embedding", 0.7), ("proj", 0.4)):
        value = getattr(model.visual, key)
        value.data = torch.from_numpy(gain * random.standard_normal(tuple(value.shape))).float()
    for block in model.visual.transformer.resblocks:
        block.attn.in_proj_weight.data *= 2  # peaked attention
    for norm in [m for m in model.visual.modules() if isinstance(m, torch.nn.LayerNorm)]:
        norm.weight.data = torch.from_numpy(1 + 0.3 * random.standard_normal(tuple(norm.weight.shape))).float()
    model.logit_scale.data = torch.tensor(2.0)
    halved(model)
    saved_open_clip("clipa", model, {"embed_dim": 6, "vision_cfg": vision, "text_cfg": text}, random, 6501)


def headed(name, seed, kind, configuration, prefix, classes=1):
    """A vision tower of transformers' whose file also holds a classifier of what it pools."""
    configuration.id2label = dict(enumerate(LABELS))
    model = halved(enliven(kind(configuration), seed, embedding_scale=0.7))
    weight, bias = (value.half().float() for value in head_of(seed + 2, 5, configuration.hidden_size))
    folder = folder_of(name)
    model.save_pretrained(folder, state_dict=half_state(model))
    from safetensors.torch import load_file
    tensors = load_file(folder / "model.safetensors") | {"classifier.weight": weight.half(), "classifier.bias": bias.half()}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    found = capture_hugging_face(model.double())
    run = lambda x: model(x).pooler_output[0] @ weight.double().T + bias.double()
    expect(folder, run, found, seed + 1, 12, 12, prefix, patch=4, classes=classes)


def hf_mlcd():
    """The class token's queries and keys are turned, too; the library turns in single precision, which here would be the oracle's."""
    from transformers.models.mlcd import modeling_mlcd as mlcd

    def turn(query, key, cos, sin):
        cos, sin = cos.unsqueeze(-2).double(), sin.unsqueeze(-2).double()
        return query * cos + mlcd.rotate_half(query) * sin, key * cos + mlcd.rotate_half(key) * sin

    mlcd.apply_rotary_pos_emb_vision = turn
    headed("hf_mlcd", 6600, transformers.MLCDVisionModel, transformers.MLCDVisionConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=8, image_size=12, patch_size=4), 1)


def hf_pixio():
    """Three class tokens, whose mean is read."""
    headed("hf_pixio", 6700, transformers.PixioModel, transformers.PixioConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=1, image_size=12, patch_size=4, n_cls_tokens=3), 3, 3)


FIXTURES = [torchvision_vit, clip_openai, clip_openclip, flax, flax_pre_logits, big_vision, dinov2_meta, dinov2_meta_giant,
            dino_training, hf_dinov2_giant, hf_dinov2_registers, hf_msn, hf_msn_saved, timm_extras, timm_packed, deit3,
            dinov2_training, hf_clip, hf_clip_projection, hf_clip_classifier, named_clip, named_siglip_gap, named_without_norm, dinov3_timm,
            dinov3_timm_unnamed, dinov3_meta, eva02_small, eva02_clip, rope_ape, rope_mixed, rope_gap, hf_dinov3, hf_dinov3_gated,
            timm_siglip, timm_naflex, timm_map_registers, pe_core, hf_siglip, hf_siglip_classifier, hf_siglip2, openclip_siglip,
            openclip_eva, hf_mae, hf_ijepa, coca, aimv2, hf_aimv2,
            norms_behind_mean, norms_behind_class, hybrid_start, hybrid_d, hybrid_plain, naflex_radio, naflex_positions, qwen_merged,
            deepseek_aligned, gemma_classifier, gemma_encoder, attention_beside, attentions_beside, clipa, hf_mlcd, hf_pixio, hf_blip]

if __name__ == "__main__":
    make_models.OUTPUT = OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    torch.set_num_threads(1)  # one order of summation
    for fixture in [f for f in FIXTURES if f.__name__ in sys.argv[2:] or len(sys.argv) < 3]:
        torch.manual_seed(0)
        fixture()
