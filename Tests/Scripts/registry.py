#!/usr/bin/env python3
"""Goes through the Vision Transformers of timm, transformers and open_clip: which `getam` reads exactly, and why it refuses the others.

    python3 -m venv oracle && oracle/bin/pip install torch==2.13.0 timm==1.0.31 transformers==5.23.0 open_clip_torch==3.3.0 pillow
    oracle/bin/python Tests/Scripts/registry.py GETAM [--only WORD] [--results FILE] [--write FILE]

Every architecture is built with two blocks, its widths and input as they are, ten classes, random weights, and saved as its library
saves it. Of timm these are all of the modules that call themselves transformers or define an attention of their own; of transformers
all that classify images, compare them with texts or are backbones, and can be built from their configuration alone; of open_clip the
vision towers of all its configurations. Nothing is downloaded. Each is

    exact       logits differ by at most 2e-5 of the largest; without a head those of ten random rows over the features
    refused     by name, with a reason in one line
    unbuilt     not to be built from its configuration alone
    FAILED      anything else: a trap, other numbers, no reason

`--only` goes through the names that contain WORD (`timm:eva`); `--results` keeps what is known, so that the next run goes on there;
`--write` puts the table into a manual page, between the lines `.\\" registry` and `.\\" end of registry`. Exit status 1 where one
failed.
"""
import argparse
import contextlib
import gc
import inspect
import json
import logging
import math
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from timm.models import _hub, _registry

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
CLASSES = 10
TOLERANCE = 2e-5
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.bool: "BOOL"}


# ---- models ---------------------------------------------------------------------------------------------------------

def randomize(model, seed=0):
    """Random weights that 16 bits hold, by which every term counts: attention is peaked, and embeddings are small enough for the
    norms' epsilon to show."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in sorted(model.named_parameters()):
        leaf = name.rsplit(".", 1)[-1]
        if leaf in ("logit_scale", "logit_bias", "temperature"):
            value.data.fill_({"logit_scale": 2.0, "logit_bias": -3.5, "temperature": 0.125}[leaf])
            continue
        if leaf == "class_pos_emb":  # angles
            value.data = torch.randn(value.shape, generator=generator).half().float()
            continue
        if "freqs" in leaf:
            value.data = value.data.half().float()
            continue
        noise = torch.randn(value.shape, generator=generator)
        stem = "patch_embed.backbone." in name
        embeds = not stem and re.search(r"patch_embed|embeds\.|conv1\.|embeddings\.|class_embedding|positional_embedding", name)
        if "norm" in name or "ln_" in name or stem and value.dim() < 2:
            noise = 1 + 0.3 * noise if leaf == "weight" else 0.2 * noise
            if stem and re.search(r"(norm|bn)3\.weight", name):
                noise *= 0.3  # or what PyTorch itself makes in single precision of fifty layers differs by more
        elif "gamma" in leaf or "lambda" in leaf:
            noise = 0.7 + 0.3 * noise
        elif "token" in leaf or "pos" in leaf or "embedding" in leaf or "position_embedding" in name:
            noise *= 0.007
        elif value.dim() < 2:
            noise *= 0.002 if embeds else 0.2
        else:
            fan_in = math.prod(value.shape[1:]) if leaf != "proj" else value.shape[0]
            peak = 1.6 if re.search(r"qkv|q_proj|k_proj|query|key|in_proj", name) else 1.0
            noise *= (0.01 if embeds else peak) / math.sqrt(fan_in)
        value.data = noise.half().float()
    for name, value in sorted(model.named_buffers()):
        if name.endswith(("std_bias", "std_scale")):
            value.data = torch.randn(value.shape, generator=generator).half().float()
    return model.eval()


@contextlib.contextmanager
def without_numbers():
    """Building a model here leaves out the random numbers that `randomize` replaces."""
    kept = {name: getattr(torch.Tensor, name) for name in ("normal_", "uniform_", "erfinv_")}
    for name in kept:
        setattr(torch.Tensor, name, lambda self, *_, **__: self.zero_())
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(torch.Tensor, name, function)


def store(tensors, folder, name="model.safetensors"):
    save_file({key: value.half() if value.is_floating_point() else value for key, value in
               ((key, value.detach().contiguous()) for key, value in tensors.items())}, Path(folder) / name, {"format": "pt"})


def store_shapes(tensors, path):
    """A file of the tensors' names and shapes whose numbers are all zero and take no room on the disk."""
    header, end = {}, 0
    for name, value in tensors.items():
        count = value.numel() * (2 if value.is_floating_point() else value.element_size())
        header[name] = {"dtype": NAMES[torch.float16 if value.is_floating_point() else value.dtype], "shape": list(value.shape),
                        "data_offsets": [end, end + count]}
        end += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)


def noise_picture(height, width, model):
    """As much of an input as whole patches cover: a convolution leaves the rest unread. Behind other convolutions the input is whole."""
    hybrid = any(isinstance(module, timm.layers.HybridEmbed) for module in model.modules())
    patch = (1, 1) if hybrid else next((module.kernel_size for module in model.modules() if isinstance(module, torch.nn.Conv2d)), (1, 1))
    height, width = height // patch[0] * patch[0], width // patch[1] * patch[1]
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def normalized(pixels, mean, std, height, width):
    """The library's input, which the picture covers from the left and the top."""
    value = ((torch.from_numpy(pixels).permute(2, 0, 1).double() / 255 - torch.tensor(mean, dtype=torch.float64).view(3, 1, 1))
            / torch.tensor(std, dtype=torch.float64).view(3, 1, 1)).float()[None]
    return torch.nn.functional.pad(value, (0, width - value.shape[3], 0, height - value.shape[2]))


# ---- the program ----------------------------------------------------------------------------------------------------

def ask(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, errors="replace")


def refusal(done):
    """What a run that failed says, as an outcome."""
    line = done.stderr.strip()
    if done.returncode != 65 or "\n" in line:
        return "FAILED", f"exit {done.returncode}: {line[-300:]}"
    for pattern in (r"\b(?:has|is|which is|which has) ([^:]+(?:\([^)]*\))?): not supported",
                    r"(two attention pools) \([^)]*\) are not supported", r"(the (?:pooling|projection) \S+ \([^)]*\)) is not supported"):
        if found := re.search(pattern, line):
            return "refused", found[1].split("which is ")[-1].split("which has ")[-1]
    return "FAILED", "refused without a reason by name: " + line[-300:]


def compare(program, folder, pixels, expected, *arguments):
    """The outcome of the program's logits against `expected`, a function of float type → logits."""
    Image.fromarray(pixels).save(Path(folder) / "noise.png")
    done = ask(program, "classify", "--json", "--top", "0", "--threads", "1", "-m", folder, *arguments, Path(folder) / "noise.png")
    if done.returncode:
        return refusal(done)
    ours = {entry["index"]: entry["logit"] for entry in json.loads(done.stdout)["classes"]}
    off = 1.0
    for kind in (torch.float32, torch.float64):  # in double precision only where it matters
        theirs = expected(kind)
        if sorted(ours) != list(range(len(theirs))):
            return "FAILED", f"{len(ours)} logits instead of {len(theirs)}"
        off = max(abs(ours[i] - value) for i, value in enumerate(theirs.tolist())) / theirs.abs().max().item()
        if off <= TOLERANCE / 2:
            break
    return ("exact" if off <= TOLERANCE else "FAILED"), f"{off:.1e}"


# ---- timm -----------------------------------------------------------------------------------------------------------

def timm_modules():
    """Modules that call themselves transformers or define an attention of their own."""
    modules = {_registry._model_to_module[name] for name in timm.list_models()}
    for module in sorted(modules):
        python = sys.modules["timm.models." + module]
        own = [key for key, value in vars(python).items() if inspect.isclass(value) and value.__module__ == python.__name__]
        if "transformer" in (python.__doc__ or "").lower() or any("attention" in key.lower() or "attn" in key.lower() for key in own):
            yield module


def timm_model(name, device=None, **arguments):
    """With two blocks where it has blocks that can be counted: of a setting for each, the first block's and the smallest."""
    with torch.device(device or "cpu"), without_numbers():
        try:
            return timm.create_model(name, depth=2, **arguments)
        except (TypeError, RuntimeError, AssertionError, IndexError, ValueError) as error:
            if "num_kv_heads" not in str(error):
                return timm.create_model(name, **arguments)
        with torch.device("meta"):
            shared = [block.attn.num_kv_heads for block in timm.create_model(name).blocks]
        return timm.create_model(name, depth=2, num_kv_heads=(shared[0], min(shared)), **arguments)


def timm_look(program, name, folder):
    """The outcome of a look at an architecture's names and shapes alone."""
    try:
        model = timm_model(name, "meta")
    except Exception:  # built with numbers in mind
        model = timm_model(name)
    # Bounds of zero would leave nothing of what a layer reads.
    store_shapes({key: value for key, value in model.state_dict().items() if not key.endswith(("_min", "_max"))},
                 Path(folder) / "model.safetensors")
    _hub.save_config_for_hf(model, str(Path(folder) / "config.json"))
    done = ask(program, "inspect", folder)
    return refusal(done) if done.returncode else ("read", "")


def timm_case(program, name, folder):
    seen = timm_look(program, name, folder)
    if seen[0] != "read":
        return seen
    model = timm_model(name, num_classes=CLASSES)
    return timm_exact(program, model, folder)


def timm_exact(program, model, folder, **arguments):
    """Of a model that is read; `arguments` are what its configuration says of what timm cannot write."""
    randomize(model)
    store(model.state_dict(), folder)
    _hub.save_config_for_hf(model, str(Path(folder) / "config.json"), model_args=arguments)
    configuration = json.loads((Path(folder) / "config.json").read_text())["pretrained_cfg"]
    size = configuration["input_size"][1:]
    pixels = noise_picture(*size, model)
    value = normalized(pixels, configuration["mean"], configuration["std"], *size)
    rows, options = None, []
    if not model.num_classes:  # an encoder, which takes no head
        rows = torch.randn(CLASSES, model.head_hidden_size, generator=torch.Generator().manual_seed(1)) / math.sqrt(model.head_hidden_size)
        torch.save({"weight": rows, "bias": torch.zeros(CLASSES)}, Path(folder) / "rows.pth")
        options = ["--head", Path(folder) / "rows.pth"]

    @torch.no_grad()
    def expected(kind):
        result = model.to(kind)(value.to(kind))[0]
        return result if rows is None else rows.to(kind) @ result.mean(0)

    return compare(program, folder, pixels, expected, "--size", len(pixels), *options)


def timm_cases():
    """The registry, and before it a ViT with timm's gate behind its value, which no architecture has."""
    yield "another:GluMlp", lambda program, folder: timm_exact(
        program, timm_model("vit_tiny_patch16_224", num_classes=CLASSES, mlp_layer=timm.layers.GluMlp), folder, mlp_layer="GluMlp")
    for module in timm_modules():
        for name in timm.list_models(module=module):
            yield f"timm:{module}:{name}", lambda program, folder, name=name: timm_case(program, name, folder)


# ---- transformers ---------------------------------------------------------------------------------------------------

# Language models that take pictures, and wrappers of timm's models.
NOT_VISION = ("cohere2_vision", "llama4", "mllama", "shieldgemma2", "timm_backbone", "timm_wrapper")


def hugging_face_types():
    """Each model_type and its class, the one that classifies where there are several."""
    from transformers.models.auto import modeling_auto as auto

    found = {}
    for mapping in ("MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES", "MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING_NAMES",
                    "MODEL_FOR_IMAGE_MAPPING_NAMES", "MODEL_FOR_BACKBONE_MAPPING_NAMES", "MODEL_FOR_MASKED_IMAGE_MODELING_MAPPING_NAMES",
                    "MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES", "MODEL_FOR_ZERO_SHOT_OBJECT_DETECTION_MAPPING_NAMES",
                    "MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES"):
        for kind, names in getattr(auto, mapping, {}).items():
            found.setdefault(kind, names if isinstance(names, str) else names[0])
    for kind, name in (("clip_vision_model", "CLIPVisionModel"), ("siglip_vision_model", "SiglipVisionModel"),
                       ("siglip2_vision_model", "Siglip2VisionModel"), ("groupvit", "GroupViTModel"), ("sam", "SamModel"),
                       ("flava", "FlavaModel"), ("flava_image_model", "FlavaImageModel"), ("blip_vision_model", "BlipVisionModel"),
                       ("blip_2_vision_model", "Blip2VisionModel"), ("clipseg_vision_model", "CLIPSegVisionModel"),
                       ("owlvit_vision_model", "OwlViTVisionModel"), ("owlv2_vision_model", "Owlv2VisionModel")):
        found[kind] = found.get(kind, name)
    found["sapiens2"] = "Sapiens2Model"  # its backbone gives maps
    # Both forms of a CLIP: with a classifier, or what else is made of it, and with texts.
    for kind, name in (("clip", "CLIPModel"), ("siglip", "SiglipModel"), ("siglip2", "Siglip2Model"), ("metaclip_2", "MetaClip2Model"),
                       ("clipseg", "CLIPSegForImageSegmentation"), ("owlvit", "OwlViTModel"), ("owlv2", "Owlv2Model"),
                       ("blip", "BlipForImageTextRetrieval")):
        found[kind] = [found[kind], name]
    return [(kind, name) for kind in sorted(found) for name in ([found[kind]] if isinstance(found[kind], str) else found[kind])
            if kind not in NOT_VISION]


def shorten(configuration):
    """Two layers, where they are counted by one number."""
    for key, value in (("num_hidden_layers", 2), ("depth", 2), ("decoder_num_hidden_layers", 1), ("num_labels", CLASSES),
                       ("mask_ratio", 0.0)):
        if isinstance(getattr(configuration, key, None), (int, float)) and not isinstance(getattr(configuration, key), bool):
            setattr(configuration, key, value)
    shared = getattr(configuration, "num_key_value_heads_per_layer", None)
    if shared:
        configuration.num_key_value_heads_per_layer = [shared[0], min(shared)]
    for part in ("vision_config", "image_config", "text_config", "multimodal_config", "qformer_config"):
        if getattr(configuration, part, None) is not None and not isinstance(getattr(configuration, part), dict):
            shorten(getattr(configuration, part))
    return configuration


def comparing(model):
    """The model, or its part, that compares pictures with texts."""
    return next((part for part in (model, *(getattr(model, name, None) for name in ("owlvit", "owlv2", "clip")))
                 if hasattr(part, "get_image_features") or hasattr(part, "vision_proj")), model)


def picture_features(network, x, **more):
    """What is compared with texts' features."""
    if hasattr(network, "vision_proj"):
        return network.vision_proj(network.vision_model(x).last_hidden_state[0, 0])
    features = network.get_image_features(pixel_values=x, **more)
    features = getattr(features, "pooler_output", features)[0]
    return features[0] if features.dim() == 2 else features  # FLAVA projects every token


def cosine_scale(network):
    """What cosines are multiplied with; 100 is assumed where the library knows nothing."""
    if hasattr(network, "logit_scale"):
        return network.logit_scale.exp()
    return 1 / network.temperature if hasattr(network, "temperature") else 100


def hugging_face_case(program, kind, name, folder):
    import transformers

    folder, options = Path(folder), []
    configuration = shorten(transformers.CONFIG_MAPPING[kind]())
    try:
        with without_numbers():
            model = getattr(transformers, name)(configuration)
    except (ImportError, TypeError, ValueError) as error:
        return "unbuilt", f"{type(error).__name__}"
    randomize(model)
    # Without what the library computes itself: rotary frequencies stay exact.
    model.save_pretrained(folder, state_dict={key: value.half() if value.is_floating_point() else value
                                              for key, value in model.state_dict().items()})
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 3}\n')
    done = ask(program, "inspect", folder)
    if done.returncode:
        return refusal(done)
    vision = getattr(configuration, "vision_config", getattr(configuration, "image_config", configuration))
    side = getattr(vision, "image_size", None) or int(vision.num_patches ** 0.5) * vision.patch_size
    sides = tuple(side) if isinstance(side, (list, tuple)) else (side, side)
    pixels = noise_picture(*sides, model)
    value = normalized(pixels, [0.5] * 3, [0.5] * 3, *sides)
    generator = torch.Generator().manual_seed(1)
    rows = None
    if not name.endswith("ForImageClassification"):
        part = comparing(model)
        compares = kind != "blip-2" and (hasattr(part, "get_image_features") or hasattr(part, "vision_proj"))
        width = vision.hidden_size
        if compares:
            width = part.vision_proj.out_features if hasattr(part, "vision_proj") else getattr(configuration, "projection_dim", width)
        rows = torch.randn(CLASSES, width, generator=generator) / math.sqrt(width)
        options = ["--head", folder / "rows.npy" if compares else folder / "rows.pth"]
        if compares:
            np.save(folder / "rows.npy", rows.numpy())
        else:
            torch.save({"weight": rows, "bias": torch.zeros(CLASSES)}, folder / "rows.pth")

    @torch.no_grad()
    def expected(precision):
        network, x = model.to(precision), value.to(precision)
        if kind.startswith("siglip2"):
            patch = vision.patch_size
            down, across = x.shape[-2] // patch, x.shape[-1] // patch
            x = x.reshape(1, 3, down, patch, across, patch).permute(0, 2, 4, 3, 5, 1).reshape(1, down * across, -1)
            more = {"pixel_attention_mask": torch.ones(1, down * across, dtype=torch.long),
                    "spatial_shapes": torch.tensor([[down, across]])}
        elif kind == "vit_mae":
            more = {"noise": torch.arange((sides[0] // vision.patch_size) * (sides[1] // vision.patch_size), dtype=precision)[None]}
        else:
            more = {}
        if rows is None:
            return network(x, **more).logits[0]
        if compares:
            network, unit = comparing(network), torch.nn.functional.normalize
            cosine = unit(rows.to(precision), dim=-1) @ unit(picture_features(network, x, **more), dim=-1)
            return cosine_scale(network) * cosine + getattr(network, "logit_bias", 0)
        if kind == "vit_mae":
            network = network.vit if hasattr(network, "vit") else network
        if kind == "blip-2":
            network = network.vision_model
        if kind == "vitpose_backbone":
            tokens = network.layernorm(network.encoder(network.embeddings(x)).last_hidden_state)
            return rows.to(precision) @ tokens[0].mean(0)
        out = network(x, **more)
        pooled = out.pooler_output if "vision_model" in kind or kind in ("mlcd", "pixio", "blip-2") else out.last_hidden_state[:, 0]
        return rows.to(precision) @ pooled[0]

    return compare(program, folder, pixels, expected, *options)


def hugging_face_cases():
    for kind, name in hugging_face_types():
        yield f"transformers:{kind}:{name}", lambda program, folder, kind=kind, name=name: hugging_face_case(program, kind, name, folder)


# ---- open_clip ------------------------------------------------------------------------------------------------------

def open_clip_case(program, name, folder):
    import open_clip
    from open_clip.model import _build_vision_tower

    folder = Path(folder)
    configuration = open_clip.get_model_config(name)
    vision = dict(configuration["vision_cfg"])
    if isinstance(vision.get("layers"), int):
        vision["layers"] = 2
    made, original = [], timm.create_model

    def cut(architecture, *arguments, **options):
        try:
            made.append(original(architecture, *arguments, depth=2, **options))
        except (TypeError, RuntimeError, AssertionError):
            made.append(original(architecture, *arguments, **options))
        return made[-1]

    timm.create_model = cut
    try:
        with without_numbers():
            tower = _build_vision_tower(configuration["embed_dim"], vision | {"timm_model_pretrained": False},
                                        configuration.get("quick_gelu", False))
    finally:
        timm.create_model = original
    randomize(tower)
    preprocessing = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(json.dumps(
        {"model_cfg": configuration | {"vision_cfg": vision}, "preprocess_cfg": preprocessing}))
    store({"visual." + key: value for key, value in tower.state_dict().items()} | {"logit_scale": torch.tensor(2.0)},
          folder, "open_clip_model.safetensors")
    rows = torch.randn(CLASSES, configuration["embed_dim"], generator=torch.Generator().manual_seed(1))
    np.save(folder / "rows.npy", rows.numpy())
    done = ask(program, "inspect", folder)
    if done.returncode:
        return refusal(done)
    size = vision.get("image_size", 224)
    sides = size if isinstance(size, (list, tuple)) else (size, size)
    pixels = noise_picture(*sides, tower)
    value = normalized(pixels, [0.5] * 3, [0.5] * 3, *sides)

    @torch.no_grad()
    def expected(kind):
        features = tower.to(kind)(value.to(kind))
        features = (features[0] if isinstance(features, tuple) else features)[0]  # CoCa gives tokens, too
        unit = torch.nn.functional.normalize
        return math.exp(2) * (unit(rows.to(kind), dim=-1) @ unit(features, dim=-1))

    return compare(program, folder, pixels, expected, "--head", folder / "rows.npy")


def open_clip_cases():
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Fixtures"))
    from oracle_open_clip import open_clip
    for name in open_clip.list_models():
        yield f"open_clip:{name}", lambda program, folder, name=name: open_clip_case(program, name, folder)


# ---- the table ------------------------------------------------------------------------------------------------------

LIBRARIES = [("timm", "timm {}: architectures of its transformer modules"), ("transformers", "transformers {}: kinds of vision models"),
             ("open_clip", "OpenCLIP {}: vision towers of its configurations")]


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-") if text.startswith((".", "'")) else text.replace("\\", "\\e")


def table(results):
    """Lines of the manual."""
    import open_clip
    import transformers

    versions = {"timm": timm.__version__, "transformers": transformers.__version__, "open_clip": open_clip.__version__}
    lines = []
    for library, title in LIBRARIES:
        own = {key: value for key, value in results.items() if key.startswith(library + ":") and value[0] != "unbuilt"}
        exact = [key for key, value in own.items() if value[0] == "exact"]
        lines += [f".It {title.format(versions[library])}", f"{len(exact)} of {len(own)} are read exactly."]
        reasons = defaultdict(list)
        for key, (outcome, reason) in own.items():
            if outcome == "refused":
                reasons[reason].append(key)
        if reasons:
            counts = sorted(((len(keys), reason) for reason, keys in reasons.items()), key=lambda pair: (-pair[0], pair[1]))
            lines += ["Refused by name:"] + [escaped(f"{reason} ({count}){',' if index < len(counts) - 1 else '.'}")
                                             for index, (count, reason) in enumerate(counts)]
    return lines


def write(path, results):
    text = path.read_text()
    begin, end = '.\\" registry\n', '.\\" end of registry\n'
    if begin not in text or end not in text:
        sys.exit(f"{path} lacks the lines {begin.strip()} and {end.strip()}")
    before, after = text.split(begin)[0], text.split(end)[1]
    path.write_text(before + begin + ".Bl -tag -width Ds\n" + "\n".join(table(results)) + "\n.El\n" + end + after)


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("program")
    options.add_argument("--only", default="")
    options.add_argument("--results", type=Path)
    options.add_argument("--write", type=Path)
    options = options.parse_args()
    if options.write and options.only and not options.results:
        sys.exit("--write needs all results: without --only, or with --results")
    torch.set_num_threads(1)
    results = json.loads(options.results.read_text()) if options.results and options.results.exists() else {}
    for cases in (timm_cases(), hugging_face_cases(), open_clip_cases()):
        for key, case in cases:
            if options.only not in key or key in results:
                continue
            folder = tempfile.mkdtemp()
            try:
                outcome = case(options.program, folder)
            except Exception as error:  # the library's own
                outcome = "FAILED", f"{type(error).__name__}: {str(error)[:300]}"
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                gc.collect()
            results[key] = outcome
            print(key, *outcome, flush=True)
            if options.results:
                options.results.write_text(json.dumps(results, indent=0))
    print(Counter(outcome for outcome, _ in results.values()))
    if options.write:
        write(options.write, results)
    sys.exit(any(outcome == "FAILED" for outcome, _ in results.values()))


if __name__ == "__main__":
    main()
