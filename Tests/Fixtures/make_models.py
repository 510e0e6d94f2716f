#!/usr/bin/env python3
"""Makes the oracle fixtures under `models/`: tiny random Vision Transformers, one picture each, and what float64 autograd
says about them. Deterministic: running it again gives the same bytes. See README.md for versions and meanings.

    python make_models.py [OUTPUT_FOLDER]        default: the folder `models` beside this script
"""
import json
import math
import shutil
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

OUTPUT = Path(__file__).resolve().parent / "models"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CLASSES = [4, 1]  # neither sorted nor from 0, so that a mix-up of index and position shows
LABELS = [f"thing{i}" for i in range(5)]


# ---- pictures -------------------------------------------------------------------------------------------------------

def make_picture(seed, height, width):
    """Smooth waves plus noise, 8-bit RGB."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / 32.0
    planes = []
    for _ in range(3):
        plane = 128 + 22 * random.standard_normal((height, width))
        for _ in range(4):
            fy, fx, phase = random.uniform(-4, 4), random.uniform(-4, 4), random.uniform(0, 2 * np.pi)
            plane += random.uniform(15, 45) * np.cos(fy * y + fx * x + phase)
        planes.append(plane)
    return Image.fromarray(np.clip(np.rint(np.stack(planes, -1)), 0, 255).astype(np.uint8))


def normalise(picture):
    """[3, height, width] Float32: (value / 255 − mean) / std, computed in float64 and then rounded."""
    values = np.asarray(picture, np.float64) / 255
    return torch.from_numpy(((values - MEAN) / STD).transpose(2, 0, 1).astype(np.float32).copy())


def fit(picture, area, patch):
    """Keeps the aspect ratio: as large as `area`, each side a whole number of patches, Pillow's bicubic on 8 bits."""
    scale = math.sqrt(area / (picture.width * picture.height))
    sides = [max(1, math.floor(side * scale / patch + 0.5)) * patch for side in picture.size]
    return picture.resize(sides, Image.Resampling.BICUBIC)


# ---- weights --------------------------------------------------------------------------------------------------------

def enliven(model, seed, dtype=torch.float32, embedding_scale=1.0):
    """Replaces every parameter by random numbers that make attention peaked and every term count, rounded to `dtype`."""
    random = np.random.default_rng(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = random.standard_normal(tuple(parameter.shape))
        leaf = name.split(".")[-1]
        if "norm" in name:
            value = 1 + 0.3 * noise if leaf == "weight" else 0.2 * noise
        elif leaf == "gamma":  # layer scale
            value = 0.7 + 0.3 * noise
        elif "token" in leaf or leaf in ("pos_embed", "position_embeddings"):
            value = embedding_scale * 0.7 * noise
        elif leaf == "bias":
            value = (embedding_scale if "patch_embed" in name else 1) * 0.2 * noise
        else:
            fan_in = math.prod(parameter.shape[1:])
            if "patch_embed" in name:
                gain = embedding_scale
            else:  # soft-max inputs then spread by gain², a few units
                gain = 1.6 if any(key in name for key in (".qkv.", "q_proj", "k_proj", "v_proj")) else 1.0
            value = gain * noise / math.sqrt(fan_in)
        rounded = torch.from_numpy(value).to(torch.float32).to(dtype)
        parameter.data = rounded.to(torch.float32)
    return model.eval()


# ---- the oracle -----------------------------------------------------------------------------------------------------

def capture_timm(model):
    """The attention matrices of the next forward pass are appended to the list that this returns."""
    found = []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda module, inputs, output: found.append(output))
    return found


def capture_hugging_face(model):
    """As `capture_timm`. The library's own soft-max is always Float32, hence this attention function of float64."""
    found = []

    def attention(module, query, key, value, mask, scaling=None, dropout=0.0, **rest):
        assert mask is None and dropout == 0
        weights = torch.softmax(query @ key.transpose(2, 3) * scaling, dim=-1)
        found.append(weights)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    ALL_ATTENTION_FUNCTIONS.register("oracle", attention)
    model.set_attn_implementation("oracle")
    return found


def explain(run, found, pixels, prefix, pooled, full=False, patch=8):
    """Logits, attention, its gradients and the map of getam by float64 autograd, as Float32 tensors.

    `run` maps [1, 3, h, w] to [K] logits. `prefix` tokens precede the patches; a token head reads row 0 of M, a pooled head
    the mean of the patch rows. Also returns a line of magnitudes to look at."""
    found.clear()
    logits = run(pixels.double()[None])
    attention = torch.stack([a[0] for a in found])  # [L, H, N, N]
    assert logits.dtype == attention.dtype == torch.float64
    gradient = torch.stack([
        torch.stack([g[0] for g in torch.autograd.grad(logits[c], found, retain_graph=True)]) for c in CLASSES
    ])  # [C, L, H, N, N]
    coupled = torch.relu(gradient * attention).mean(2) * torch.relu(gradient).mean(2)  # M = U ⊙ V: [C, L, N, N]
    seen = coupled[:, :, prefix:, prefix:].mean(2) if pooled else coupled[:, :, 0, prefix:]
    rows, columns = pixels.shape[1] // patch, pixels.shape[2] // patch
    tensors = {"logits": logits, "getam": seen.reshape(*seen.shape[:2], rows, columns)}
    if prefix:
        tensors |= {"attention_class_row": attention[:, :, 0], "gradient_class_row": gradient[:, :, :, 0]}
    if full:
        tensors |= {"attention": attention, "gradient": gradient}
    tensors = {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}
    tensors |= {"classes": torch.tensor(CLASSES), "pixels": pixels}
    peak = ", ".join(f"{p:.2f}" for p in attention.amax(-1).mean((1, 2)).tolist())
    size = ", ".join(f"{s:.1e}" for s in gradient.abs().amax((0, 2, 3, 4)).tolist())
    top = ", ".join(f"{s:.1e}" for s in seen.amax((0, 2)).tolist())
    return tensors, f"N {attention.shape[-1]}; mean row peak of A {peak}; max |G| {size}; max getam {top}"


# ---- writing --------------------------------------------------------------------------------------------------------

def fresh_folder(name):
    folder = OUTPUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_case(folder, seed, height, width, oracle, suffix=""):
    """One picture already at the size of the input, and what is expected of it."""
    picture = make_picture(seed, height, width)
    picture.save(folder / f"image{suffix}.png")
    tensors, line = oracle(normalise(picture))
    save_file(tensors, folder / f"expected{suffix}.safetensors")
    print(f"{folder.name}{suffix}: {line}")


def make_timm(name, seed, size, dtype=torch.float32, num_classes=5, embedding_scale=1.0, pool="token", **arguments):
    """Builds, writes and returns (folder, float64 model) from the values that config.json records."""
    arguments = {"img_size": size[0] if size[0] == size[1] else list(size), "patch_size": 8} | arguments
    architecture = "vit_tiny_patch16_224"
    model = timm.create_model(architecture, num_classes=num_classes, global_pool=pool, **arguments)
    enliven(model, seed, dtype, embedding_scale)
    folder = fresh_folder(name)
    save_file({key: value.to(dtype).contiguous() for key, value in model.state_dict().items()},
              folder / "model.safetensors", {"format": "pt"})
    pretrained = {"input_size": [3, *size], "mean": MEAN, "std": STD, "interpolation": "bicubic", "crop_pct": 1.0,
                  "num_classes": num_classes}
    if num_classes:
        pretrained["label_names"] = LABELS
    write_json(folder / "config.json", {
        "architecture": architecture, "num_classes": num_classes, "num_features": arguments["embed_dim"],
        "global_pool": pool, "model_args": arguments, "pretrained_cfg": pretrained})
    return folder, model.double()


def timm_oracle(model, full=False):
    found = capture_timm(model)
    pooled = model.global_pool == "avg"
    return lambda pixels: explain(lambda x: model(x)[0], found, pixels, model.num_prefix_tokens, pooled, full)


def simple_timm(name, seed, size, full=False, **arguments):
    """A timm model and one picture of its own size."""
    folder, model = make_timm(name, seed, size, **arguments)
    write_case(folder, seed + 1, *size, timm_oracle(model, full))
    return model


def make_hugging_face(name, seed, kind, configuration, prefix=1, interpolate=False, save=None, embedding_scale=1.0):
    """Builds and writes; returns (folder, oracle). `save(model, folder)` replaces `save_pretrained`."""
    configuration.id2label = dict(enumerate(LABELS))
    configuration.label2id = {label: index for index, label in enumerate(LABELS)}
    configuration.architectures = [kind.__name__]
    model = enliven(kind(configuration), seed, embedding_scale=embedding_scale)
    folder = fresh_folder(name)
    (save or (lambda m, f: m.save_pretrained(f)))(model, folder)
    side = configuration.image_size
    write_json(folder / "preprocessor_config.json", {
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": MEAN, "image_std": STD, "resample": 3,
        "rescale_factor": 1 / 255, "size": {"height": side, "width": side}, "image_processor_type": "ViTImageProcessor"})
    found = capture_hugging_face(model.double())

    def run(x):
        return model(x, interpolate_pos_encoding=interpolate).logits[0]

    return folder, lambda pixels: explain(run, found, pixels, prefix, pooled=False)


def vit_configuration(kind=transformers.ViTConfig, **changes):
    return kind(**{"hidden_size": 40, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 120,
                   "image_size": 48, "patch_size": 8} | changes)


# ---- the fixtures ---------------------------------------------------------------------------------------------------

def pooled_no_class_token():
    simple_timm("pooled_no_class_token", 100, (40, 40), pool="avg", embed_dim=36, depth=3, num_heads=3,
                class_token=False, fc_norm=True)


def pooled_class_token():
    simple_timm("pooled_class_token", 200, (40, 40), full=True, pool="avg", embed_dim=32, depth=3, num_heads=2,
                fc_norm=True)


def registers_layerscale():
    simple_timm("registers_layerscale", 300, (40, 40), full=True, embed_dim=32, depth=3, num_heads=2, reg_tokens=4,
                init_values=1e-5, no_embed_class=True)


def registers_embed_all():
    model = simple_timm("registers_embed_all", 400, (32, 32), embed_dim=36, depth=3, num_heads=3, reg_tokens=3,
                        no_embed_class=False)
    assert model.pos_embed.shape[1] == 1 + 3 + 16  # class token, registers, patches, in this order


def nonsquare_timm():
    folder, model = make_timm("nonsquare_timm", 500, (48, 48), embed_dim=40, depth=3, num_heads=2, dynamic_img_size=True)
    oracle = timm_oracle(model)
    write_case(folder, 501, 32, 80, oracle)
    write_case(folder, 502, 32, 72, oracle, "_same_count")  # 4×9 patches are as many as 6×6


def nonsquare_native():
    # Small embeddings: the variance that the first norm sees is about 1e-4, so that eps = 1e-6 counts.
    simple_timm("nonsquare_native", 600, (32, 64), embed_dim=40, depth=3, num_heads=4, embedding_scale=0.01)


def nonsquare_hf():
    folder, oracle = make_hugging_face("nonsquare_hf", 700, transformers.ViTForImageClassification, vit_configuration(),
                                       interpolate=True)
    write_case(folder, 701, 32, 80, oracle)
    write_case(folder, 702, 32, 72, oracle, "_same_count")


def bf16():
    simple_timm("bf16", 800, (48, 48), dtype=torch.bfloat16, embed_dim=48, depth=4, num_heads=3)


def f16_odd_heads():
    simple_timm("f16_odd_heads", 900, (40, 40), dtype=torch.float16, embed_dim=55, depth=3, num_heads=5, qkv_bias=False)


def hf_deit_distilled():
    folder, oracle = make_hugging_face("hf_deit_distilled", 1000, transformers.DeiTForImageClassificationWithTeacher,
                                       vit_configuration(transformers.DeiTConfig), prefix=2)
    write_case(folder, 1001, 48, 48, oracle)


def hf_v5_names():
    def save(model, folder):
        state = model.state_dict()
        assert "vit.layers.0.attention.q_proj.weight" in state
        save_file(state, folder / "model.safetensors", {"format": "pt"})
        model.config.save_pretrained(folder)

    configuration = vit_configuration(hidden_act="gelu_pytorch_tanh", qkv_bias=False)
    folder, oracle = make_hugging_face("hf_v5_names", 1100, transformers.ViTForImageClassification, configuration, save=save,
                                       embedding_scale=0.01)
    write_case(folder, 1101, 48, 48, oracle)


def hf_quick_gelu():
    # eps far above every default, so that ignoring the config shows
    configuration = vit_configuration(hidden_act="quick_gelu", layer_norm_eps=1e-2)
    folder, oracle = make_hugging_face("hf_quick_gelu", 1200, transformers.ViTForImageClassification, configuration,
                                       save=lambda m, f: m.save_pretrained(f, max_shard_size="80KB"))
    assert (folder / "model.safetensors.index.json").exists()
    write_case(folder, 1201, 48, 48, oracle)


def fit_resize():
    folder, model = make_timm("fit_resize", 1300, (48, 48), embed_dim=40, depth=3, num_heads=2, dynamic_img_size=True)
    picture = make_picture(1301, 75, 100)
    picture.save(folder / "image.png")
    oracle = timm_oracle(model)
    pixels = normalise(fit(picture, 48 * 48, 8))
    assert pixels.shape == (3, 40, 56)
    tensors, line = oracle(pixels)
    squashed, _ = oracle(normalise(picture.resize((48, 48), Image.Resampling.BICUBIC)))
    tensors |= {f"{key}_square": squashed[key] for key in ("pixels", "logits", "getam")}
    save_file(tensors, folder / "expected.safetensors")
    print(f"{folder.name}: {line}")


def dino_keys():
    folder, model = make_timm("dino_keys", 1400, (48, 48), num_classes=0, embed_dim=40, depth=3, num_heads=5)
    picture = make_picture(1401, 48, 48)
    picture.save(folder / "image.png")
    pixels, found = normalise(picture), capture_timm(model)
    with torch.no_grad():
        features = model.forward_features(pixels.double()[None])[0, 0]
    attention = torch.stack([a[0, :, 0] for a in found])
    save_file({"features": features.float(), "attention_class_row": attention.float(), "pixels": pixels},
              folder / "expected.safetensors")
    print(f"{folder.name}: N {attention.shape[-1]}; max |features| {features.abs().max():.2f}")


def headless_no_class_token():
    folder, model = make_timm("headless_no_class_token", 1501, (40, 40), num_classes=0, pool="avg", class_token=False,
                              embed_dim=36, depth=3, num_heads=3)
    picture = make_picture(1502, 40, 40)
    picture.save(folder / "image.png")
    pixels, found = normalise(picture), capture_timm(model)
    with torch.no_grad():
        features = model(pixels.double()[None])[0]
    attention = torch.stack([a[0] for a in found])
    save_file({"features": features.float(), "attention": attention.float(), "pixels": pixels}, folder / "expected.safetensors")
    print(f"{folder.name}: N {attention.shape[-1]}; max |features| {features.abs().max():.2f}")


FIXTURES = [pooled_no_class_token, pooled_class_token, registers_layerscale, registers_embed_all, nonsquare_timm,
            nonsquare_native, nonsquare_hf, bf16, f16_odd_heads, hf_deit_distilled, hf_v5_names, hf_quick_gelu, fit_resize,
            dino_keys, headless_no_class_token]

if __name__ == "__main__":
    OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT
    torch.set_num_threads(1)  # one order of summation
    for fixture in FIXTURES:
        fixture()
