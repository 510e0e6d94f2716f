#!/usr/bin/env python3
"""Writes what follows from an architecture's name in timm's registry: `Sources/Checkpoints/ArchitectureTable.swift`, and
`architectures.json` beside this script, with which a test compares the table. Both come from the models themselves, built
without memory; nothing is known here by name. Needs timm 1.0.31 and torch 2.13.0.

    python make_architectures.py                  writes both files
    python make_architectures.py --check GETAM    builds each plain architecture small, with random weights and a config.json
                                                  that only names it, and compares the program's logits with timm's
"""
import json
import math
import re
import subprocess
import sys
import tempfile
import textwrap
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors.torch import save_file
from timm.models import _registry
from timm.models import eva
from timm.models import vision_transformer as vit
from torch import nn

HERE = Path(__file__).resolve().parent
SWIFT = HERE.parent.parent / "Sources" / "Checkpoints" / "ArchitectureTable.swift"
CROP = (0.9, "center")  # timm's own, where weights say nothing
# Modules whose models have the names of tensors that getam reads, or nearly.
ELSEWHERE = {"vision_transformer_relpos": "relative positions", "vision_transformer_sam": "relative positions", "beit": "relative positions"}
# What models of other modules have that plain ViTs have not: of those that call themselves transformers or have an attention, and of
# OpenCLIP's towers.
KINDS = {
    "attention in windows": "davit efficientvit_msra gcvit hiera hieradet_sam2 nest swin_transformer swin_transformer_v2 "
                            "swin_transformer_v2_cr tiny_vit twins",
    "convolutions between its blocks": "byoanet byobnet coat cpubone csatv2 edgenext efficientformer efficientformer_v2 fastvit "
                                       "iformer lowformer maxxvit metaformer mobilevit mvitv2 nextvit pit pvt_v2 shvit swiftformer "
                                       "visformer vitamin volo",
    "relative positions": "convit levit",
    "no attention among patches": "convnext mlp_mixer resnetv2",
    "attention among channels, not patches": "xcit",
    "blocks of class attention, and heads that are mixed": "cait",
    "two branches of patches that attend to each other": "crossvit",
    "a transformer within each patch": "tnt",
}
STATISTICS = {"imageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), "half": ((0.5,) * 3, (0.5,) * 3),
              "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
              "satellite": ((0.43, 0.411, 0.296), (0.213, 0.156, 0.143)),
              "none": ((0.0,) * 3, (1.0,) * 3)}
NORMED_BEHIND = (vit.ResPostBlock, eva.EvaBlockPostNorm)
BESIDE = (vit.ParallelScalingBlock, vit.DiffParallelScalingBlock, vit.ParallelThingsBlock)
DIFFERENTIAL = (vit.DiffParallelScalingBlock, vit.DiffAttention)
NORMS = (nn.LayerNorm, timm.layers.RmsNorm, timm.layers.RmsNormFp32)
ACTIVATIONS = {vit.nn.GELU: "gelu", timm.layers.GELUTanh: "geluTanh", timm.layers.QuickGELU: "quickGELU", nn.SiLU: "silu"}


def activation(layer):
    return "geluTanh" if getattr(layer, "approximate", "none") == "tanh" else ACTIVATIONS[type(layer)]


def trunk(model):
    """What has the blocks: the model itself, but for classifiers of DeepSeek's, Gemma's and Qwen's."""
    return model if hasattr(model, "blocks") else model.encoder


def obstacle(model, module):
    """What makes the model other than plain; None for a plain one."""
    if module in ELSEWHERE:
        return ELSEWHERE[module]
    if module == "deepseek_vit":
        core = trunk(model)
        assert model.global_pool == ("align" if core is model else "avg")
        assert core is model or isinstance(model.norm, timm.layers.RmsNormFp32) and model.norm.weight is None
        assert core.aligner is None or type(core.aligner.act) is nn.GELU and core.aligner.act.approximate == "none"
        return None
    if module == "gemma4_vit":
        core = trunk(model)
        assert model.global_pool == ("soft" if core is model else "avg") and core.pooling_kernel_size == 3
        assert core is model or isinstance(model.norm, timm.layers.RmsNorm) and model.norm.weight is None and model.encoder_pool == ""
        assert core.rotary_emb.rope_theta == 100 and all(b.attn.v_norm.weight is None for b in core.blocks)
        return None
    if module == "qwen3_vit":
        core = trunk(model)
        assert model.global_pool == ("merge" if core is model else "avg") and core.merge_size == 2
        assert core is model or isinstance(model.norm, nn.LayerNorm) and model.norm.weight is None
        assert core.merger is None or type(core.merger.act) is nn.GELU and core.merger.act.approximate == "none"
        return None
    block = model.blocks[0]
    assert isinstance(block, (vit.Block, eva.EvaBlock, *NORMED_BEHIND, *BESIDE)) and len({type(b) for b in model.blocks}) == 1
    assert isinstance(attention(block), (vit.Attention, eva.EvaAttention, timm.layers.attention.AttentionRope, *DIFFERENTIAL,
                                         vit.ParallelScalingBlock))
    if isinstance(attention(block), DIFFERENTIAL):
        # What the loader knows without being told.
        assert all(attention(b).lambda_init == 0.8 - 0.6 * math.exp(-0.3 * i) for i, b in enumerate(model.blocks))
        assert attention(block).sub_norm.eps == 1e-5 and isinstance(attention(block).q_norm, nn.Identity)
    norms = norms_of(model)
    assert len({is_rms(norm) for norm in norms}) == 1 and all(isinstance(norm, NORMS) for norm in norms)
    if model.attn_pool is not None and type(model.attn_pool) is not timm.layers.AttentionPoolLatent:
        return "a pool of attention among patches"
    if module == "eva":
        assert all(b.attn.gate is None for b in model.blocks)
        assert type(model.patch_embed) is timm.layers.PatchEmbed and model.global_pool in ("token", "avg", "map")
        assert rotary(model) or model.pos_embed is not None
        return None
    if module == "naflexvit":
        e = model.embeds
        assert e.is_linear and e.channels_last and e.norm_input is None and isinstance(e.norm, nn.Identity) and model.rope is None
        assert not e.pos_embed_use_grid_sample and (e.pos_embed_type == "learned" or e.pos_embed_ar_preserving)
        assert model.global_pool == ("token" if model.has_class_token else model.global_pool) and not model.pool_include_prefix
        assert model.global_pool in ("token", "avg", "map")
        return None
    assert not model.pool_include_prefix or model.attn_pool is not None
    assert model.global_pool in ("token", "avg", "map") and model.pos_embed is not None
    if module == "vision_transformer_hybrid":
        assert type(model.patch_embed) is timm.layers.HybridEmbed
    else:
        assert type(model.patch_embed) is timm.layers.PatchEmbed and isinstance(model.patch_embed.norm, (nn.Identity, *NORMS))
    # What the loader finds in the tensors alone.
    pools = not isinstance(model.fc_norm, nn.Identity) or not model.has_class_token
    assert pools == (model.global_pool == "avg") or model.attn_pool is not None, model.default_cfg["architecture"]
    return None


def attention(block):
    """What has a block's heads."""
    return block.attns[0].attn if hasattr(block, "attns") else getattr(block, "attn", block)


def between(block):
    """The activation between the layers of a block's MLP."""
    return block.mlp_act if hasattr(block, "mlp_act") else (block.ffns[0] if hasattr(block, "ffns") else block).mlp.act


def norms_of(model):
    """All norms but those of heads' outputs, whose kind and epsilon are always the same, and those of convolutions before the blocks."""
    core = trunk(model)
    left = {attention(block).sub_norm for block in core.blocks if isinstance(attention(block), DIFFERENTIAL)}
    left |= set(getattr(getattr(model, "patch_embed", None), "backbone", nn.Identity()).modules())
    return [m for m in model.modules() if "Norm" in type(m).__name__ and not isinstance(m, NORMED_BEHIND) and m not in left]


def is_rms(norm):
    return not isinstance(norm, nn.LayerNorm)


def looks_pooled(model):
    """Whether the loader takes the head for one that reads the patches' mean, by the tensors alone."""
    return not isinstance(getattr(model, "fc_norm", nn.Identity()), nn.Identity) or getattr(
        getattr(model, "embeds", model), "cls_token", None) is None


def resampling(embeds):
    """How positions of a NaFlexViT are resampled, in Swift; None for the usual way, and where the tensors tell it."""
    way = embeds.pos_embed_interp_mode, embeds.pos_embed_antialias, embeds.pos_embed_align_corners
    return None if embeds.pos_embed_type == "factorized" else {
        ("bicubic", True, False): None, ("bilinear", True, False): "bilinearAntialiased", ("bilinear", False, False): "bilinear",
        ("bilinear", False, True): "bilinearAligned"}[way]


def rotary(model):
    """The rotary position embedding in Swift; None without one."""
    if hasattr(trunk(model), "rotary_emb"):
        return ".gemma"
    rope = getattr(trunk(model), "rope", None)
    if rope is None:
        return None
    columns = ", columnsFirst: true" if rope.grid_indexing == "xy" else ""
    if isinstance(rope, timm.layers.RotaryEmbeddingDinoV3):
        assert rope.rotate_half and rope.normalize_coords == "separate" and not rope.grid_offset and not columns
        assert rope.temperature == 100 and rope.min_period is None
        return ".dinov3()"
    if isinstance(rope, timm.layers.RotaryEmbeddingMixed):
        return f".mixed(columnsFirst: {'true' if columns else 'false'})"
    assert type(rope) is timm.layers.RotaryEmbeddingCat and rope.grid_type == "index"
    reference = rope.ref_feat_shape
    assert reference is None or reference[0] == reference[1]
    base = "" if rope.temperature == 10000 else f"base: {rope.temperature:g}, "
    offset = f", offset: {rope.grid_offset:g}" if rope.grid_offset else ""
    halves = ", pairsHalves: true" if rope.rotate_half else ""
    return f".axial({base}reference: {reference[0] if reference else 'nil'}{offset}{columns}{halves})"


def kind(configuration):
    """The name in STATISTICS of a pretrained_cfg's mean and standard deviation."""
    return next(k for k, v in STATISTICS.items() if v == (tuple(configuration.mean), tuple(configuration.std)))


def survey():
    """name → its settings, or the obstacle as text."""
    found = {}
    for module in ["vision_transformer", "vision_transformer_hybrid", "deit", "eva", "naflexvit", "deepseek_vit", "qwen3_vit",
                   "gemma4_vit", *ELSEWHERE]:
        for name in timm.list_models(module=module):
            model = None
            if module not in ELSEWHERE:
                with torch.device("meta"):  # EVA's blocks may have a setting each, so all are made
                    model = timm.create_model(name, **({} if module == "eva" else {"depth": 2}))
            reason = obstacle(model, module)
            if reason:
                found[name] = reason
                continue
            core = trunk(model)
            epsilon, = {norm.eps for norm in norms_of(model)}
            # What the loader takes norms of the patches, and before the blocks, for; and layers side by side.
            if isinstance(core.blocks[0], BESIDE):
                assert epsilon == 1e-6 and activation(between(core.blocks[0])) == "gelu"
            elif isinstance(getattr(model, "norm_pre", None), NORMS) or isinstance(getattr(
                    getattr(model, "patch_embed", None), "norm", None), NORMS):
                assert epsilon == 1e-5
            tags = [full.split(".", 1)[1] for full in timm.list_models(name + ".*", include_tags=True)]
            weights = {tag: timm.get_pretrained_cfg(f"{name}.{tag}") for tag in tags}
            first = timm.get_pretrained_cfg(name)
            assert {w.interpolation for w in weights.values()} == {first.interpolation}
            sizes = {w.input_size for w in weights.values()}
            flexible = module == "naflexvit"
            # Of a grid that was made for far larger inputs the usual one is told, too.
            placed = (model.embeds.pos_embed_grid_size[0] * model.embeds.patch_size[0] <= first.input_size[1] if flexible
                      else getattr(core, "pos_embed", None) is not None)
            assert len(sizes) == 1 or not placed
            assert first.input_size[1] == first.input_size[2] or not placed
            assert flexible or module in ("vision_transformer_hybrid", "gemma4_vit") or core.patch_embed.grid_size == tuple(
                side // core.patch_embed.patch_size[0] for side in first.input_size[1:])
            pools, pool = model.global_pool == "avg", getattr(model, "attn_pool", None)
            assert pools or not looks_pooled(model) or pool is not None or core is model and module in (
                "qwen3_vit", "deepseek_vit", "gemma4_vit")
            if pool is not None:
                assert isinstance(model.fc_norm, nn.Identity) and isinstance(model.norm, NORMS)
                assert pool.latent_len == 1 and pool.pool == "token"
                # The loader knows by the rotary positions whether the class token is read.
                assert (rotary(model) is not None) == (module == "eva")
                assert type(pool.mlp.act) is type(between(core.blocks[0]))
            found[name] = {
                "width": core.embed_dim, "heads": attention(core.blocks[0]).num_heads, "epsilon": epsilon,
                "activation": activation(between(core.blocks[0])),
                "finalNorm": isinstance(getattr(core, "norm", None), NORMS) or isinstance(getattr(model, "fc_norm", None), NORMS),
                "normBefore": isinstance(getattr(model, "norm_pre", None), NORMS), "interpolation": first.interpolation,
                **({"rms": True} if is_rms(norms_of(model)[0]) else {}),
                **({"normsOutputs": True} if isinstance(core.blocks[0], NORMED_BEHIND) else {}),
                **({"patchNorm": True} if isinstance(getattr(getattr(model, "patch_embed", None), "norm", None), NORMS) else {}),
                **({"plainPooledNorm": True} if core is not model else {}),
                **({"rotary": rotary(model)} if rotary(model) else {}),
                **({"poolsPatches": True} if pools and not looks_pooled(model) else {}),
                **({"poolHeads": pool.num_heads} if pool is not None
                   and pool.num_heads != attention(core.blocks[0]).num_heads else {}),
                **({"poolReadsPrefix": True} if getattr(model, "pool_include_prefix", False) else {}),
                "input": first.input_size[1], "placed": placed,
                **({"inputWidth": first.input_size[2]} if first.input_size[2] != first.input_size[1] else {}),
                **({"resampling": resampling(model.embeds)} if flexible and resampling(model.embeds) else {}),
                # Corners on corners, as `resample_pos_embed_grid` has it.
                **({"resampling": "bilinearAligned"} if module == "qwen3_vit" else {}),
                **({"positionsKeepShape": True} if flexible and model.embeds.pos_embed_ar_preserving else {}),
                 "statistics": kind(first),
                "weights": {tag: kind(w) for tag, w in weights.items()}, "crop": list(crop(first)),
                **({"crops": {tag: list(crop(w)) for tag, w in weights.items()}}
                   if {crop(w) for w in weights.values()} != {crop(first)} else {})}
    return found


def crop(configuration):
    """How much of a picture timm's evaluation takes, and how."""
    return configuration.crop_pct, configuration.crop_mode


def kinds():
    """Reason → beginnings of names, in whole words, that no model has for which another reason holds."""
    reasons = {module: reason for reason, modules in KINDS.items() for module in modules.split()}
    every = {name: reasons.get(_registry._model_to_module[name]) for name in timm.list_models()}
    found = defaultdict(set)
    for name, reason in every.items():
        if reason is None:
            continue
        words = name.split("_")
        beginnings = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
        found[reason].add(next((b for b in beginnings if all(
            r == reason for n, r in every.items() if n == b or n.startswith(b + "_"))), name))
    return found


def old_names(found):
    """Names that timm still knows under another, with their weights."""
    renamed = {}
    for old, new in _registry.get_deprecated_models().items():
        if new and new.split(".")[0] in found:
            renamed[old] = new
    return renamed


# ---- the table ------------------------------------------------------------------------------------------------------

def listed(names, indent, after=""):
    lines = textwrap.wrap(" ".join(names), 124, initial_indent=" " * indent + after, subsequent_indent=" " * indent,
                          break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def quoted(text, indent):
    return f'"""\n{text}\n{" " * indent}"""'


def swift(found, renamed):
    groups, refused, weights = defaultdict(lambda: defaultdict(list)), defaultdict(list), defaultdict(list)
    crops = defaultdict(list)
    for name, settings in found.items():
        if isinstance(settings, str):
            refused[settings].append(name)
            continue
        s = settings
        groups[s["epsilon"], s["activation"], s["statistics"], s["interpolation"], s["finalNorm"],
               s.get("rotary") or "", s.get("poolsPatches", False), s.get("poolHeads", 0), s.get("poolReadsPrefix", False),
               s.get("resampling") or "", s.get("positionsKeepShape", False), s.get("rms", False), s.get("normsOutputs", False),
               s.get("plainPooledNorm", False),
               (0, 0) if s["placed"] else (s["input"], s.get("inputWidth", s["input"]))][
            s["width"], s["heads"]].append(name)
        if tuple(s["crop"]) != CROP:
            crops[tuple(s["crop"])].append(name)
        for tag, value in s.get("crops", {}).items():
            crops[tuple(value)].append(f"{name}.{tag}")
        if len(set(s["weights"].values())) > 1:
            for tag, statistics in s["weights"].items():
                weights[statistics].append(f"{name}.{tag}")
    text = f"""// Made by Tests/Fixtures/make_architectures.py from timm {timm.__version__}: change the script, not this file.

extension Architecture {{
    /// The version of timm that the names were read from.
    static let timmVersion = "{timm.__version__}"

    /// Every plain ViT of timm's registry, by what the tensors do not tell. Before the names: their width/heads.
    static let groups: [Group] = [
"""
    for key, sizes in sorted(groups.items()):
        (epsilon, activation, statistics, interpolation, final, turned, pooled, pool, prefix, resampled, kept, rms, behind, plain,
         side) = key
        rest = "" if interpolation == "bicubic" else f", interpolation: .{interpolation}"
        rest += ", normKind: .rootMeanSquare" if rms else ""
        rest += ", normsOutputs: true" if behind else ""
        rest += "" if final else ", hasFinalNorm: false"
        rest += ", hasPlainPooledNorm: true" if plain else ""
        rest += f", rotary: {turned}" if turned else ""
        rest += ", poolsPatches: true" if pooled else ""
        names = "\n".join(listed(names, 16, f"{width}/{heads}: ") for (width, heads), names in sorted(sizes.items()))
        rest += f", poolHeads: {pool}" if pool else ""
        rest += ", poolReadsPrefix: true" if prefix else ""
        rest += f", resampling: .{resampled}" if resampled else ""
        rest += ", positionsKeepShape: true" if kept else ""
        rest += ", input: .init(height: {}, width: {})".format(*side) if side[0] else ""
        settings = f"normEpsilon: {epsilon:g}, activation: .{activation}, statistics: .{statistics}{rest},"
        if len(settings) > 128:
            settings = re.sub(r", (rotary|resampling): ", r",\n            \1: ", settings, count=1)
        if len(settings.split("\n")[0]) > 128:
            settings = settings.replace(", hasFinalNorm: ", ",\n            hasFinalNorm: ", 1)
        text += f"        Group(\n            {settings}\n            names: {quoted(names, 16)}),\n"
    text += """    ]

    /// Weights of those architectures that were not all trained with one mean and standard deviation.
    static let weights: [(statistics: Statistics, names: String)] = [
"""
    for statistics, names in sorted(weights.items()):
        text += f"        (\n            .{statistics},\n            {quoted(listed(names, 12), 12)}\n        ),\n"
    text += """    ]

    /// What timm's evaluation takes of a picture, of architectures for which that is not the usual one and of weights that differ.
    static let crops: [(crop: ModelConfiguration.Crop, names: String)] = [
"""
    for (share, mode), names in sorted(crops.items()):
        squash = ", squashes: true" if mode == "squash" else ""
        text += f"        (\n            .init(share: {share:g}{squash}),\n            {quoted(listed(names, 12), 12)}\n        ),\n"
    text += """    ]

    /// ViTs of timm's registry that are not plain, by what they have.
    static let others: [(feature: String, names: String)] = [
"""
    for feature, names in sorted(refused.items()):
        text += f'        (\n            "{feature}",\n            {quoted(listed(names, 12), 12)}\n        ),\n'
    text += """    ]

    /// What other models of timm's registry have, by the words that their names begin with.
    static let kinds: [(feature: String, beginnings: String)] = [
"""
    for feature, beginnings in sorted(kinds().items()):
        text += f'        (\n            "{feature}",\n            {quoted(listed(sorted(beginnings), 12), 12)}\n        ),\n'
    pairs = listed([f"{old}={new}" for old, new in sorted(renamed.items())], 8)
    return text + f"""    ]

    /// Former names, and what they are called now.
    static let renamed = {quoted(pairs, 8)}
}}
"""


def write():
    found = survey()
    renamed = old_names(found)
    SWIFT.write_text(swift(found, renamed))
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(found.items())]
    (HERE / "architectures.json").write_text(
        "{\n \"architectures\": {\n" + ",\n".join(lines) + "\n },\n \"renamed\": "
        + json.dumps(renamed, sort_keys=True) + "\n}\n")
    plain = [s for s in found.values() if not isinstance(s, str)]
    print(f"{len(plain)} plain, {len(found) - len(plain)} others:",
          Counter(s for s in found.values() if isinstance(s, str)))


# ---- the check ------------------------------------------------------------------------------------------------------

def check(program):
    import make_models
    worst = 0.0
    for name, settings in survey().items():
        if isinstance(settings, str):
            continue
        heads = 2
        arguments = {"img_size": 32, "patch_size": 8, "embed_dim": 32, "depth": 2, "num_heads": heads}
        if name.startswith("naflexvit"):
            arguments["pos_embed_grid_size"] = (4, 4)
        if name.startswith("qwen3_vit"):
            arguments["pos_embed_grid_size"] = 4
        if name.startswith("gemma4"):
            arguments |= {"head_dim": 16, "intermediate_size": 64}
        if name in timm.list_models(module="vision_transformer_hybrid"):
            # Their stems have one width.
            heads, arguments = settings["heads"], {"img_size": 64, "depth": 2}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                model = timm.create_model(name, num_classes=5, **arguments)
            except AssertionError:  # keys and values are shared as one number a block says
                model = timm.create_model(name, num_classes=5, num_kv_heads=(heads, 1), **arguments)
        if not model.num_classes:  # an encoder, which takes no head
            continue
        side = arguments["img_size"]
        # Small embeddings, so that the epsilon counts; 8-bit pixels by timm's own mean and standard deviation.
        make_models.enliven(model, 1, embedding_scale=0.01)
        for key, value in model.named_parameters():
            if re.search(r"backbone\..*(norm|bn)3\.weight", key):
                value.data *= 0.3  # or single precision of fifty layers, PyTorch's too, differs by more
        picture = make_models.make_picture(2, side, side)
        configuration = timm.get_pretrained_cfg(name)
        pixels = (np.asarray(picture) / 255 - configuration.mean) / configuration.std
        with torch.no_grad():
            expected = model.double()(torch.from_numpy(pixels.transpose(2, 0, 1))[None])[0].numpy()
        with tempfile.TemporaryDirectory() as folder:
            save_file({k: v.float().contiguous() for k, v in model.state_dict().items()}, f"{folder}/model.safetensors")
            Path(folder, "config.json").write_text(json.dumps(
                {"architecture": name, "num_classes": 5, "model_args": {"num_heads": heads, "img_size": side}}))
            picture.save(f"{folder}/picture.png")
            out = subprocess.run([program, "classify", "--json", "--top", "0", "-m", folder, f"{folder}/picture.png"],
                                 capture_output=True, text=True)
        if out.returncode:
            sys.exit(f"{name}: {out.stderr}")
        logits = {c["index"]: c["logit"] for c in json.loads(out.stdout)["classes"]}
        off = max(abs(logits[i] - v) for i, v in enumerate(expected)) / abs(expected).max()
        worst = max(worst, off)
        if off > 1e-5:
            print(f"{name}: off by {off:.1e} of the largest logit")
    print(f"largest difference {worst:.1e} of the largest logit")
    sys.exit(1 if worst > 1e-5 else 0)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        check(sys.argv[2])
    elif len(sys.argv) == 1:
        write()
    else:
        sys.exit(__doc__)
