#!/usr/bin/env python3
"""Makes `interventions/`: what float64 autograd, with PyTorch's hooks, says of some of the models in `models/` and `published/`
where heads are ablated or patches dropped, and of what every part of a model adds to a logit. Deterministic.

    python make_interventions.py [OUTPUT_FOLDER]        default: the folder `interventions` beside this script

Those of `published/` are read and restated; the others are made anew by `make_models.py` in a temporary folder (see README.md
for versions), so that they are the stored ones number for number; `pixels` are those of their `expected.safetensors`. L layers,
H heads, N tokens, C = 2 classes, 4 and 1.

| tensor | shape | what |
|---|---|---|
| `heads_zero`, `heads_mean` | [n, 2] I64 | layer and head of those ablated by zeros and by their mean over tokens |
| `logits_zero`, `logits_mean`, `logits_both` | [K] | of passes with the first, the second, and both ablated |
| `gradient_row_zero` | [L, H, N] | row 0 of ∂ logit 4 / ∂ attention with the first ablated; absent without a class token |
| `gradient_both` | [L, H, N, N] | ∂ logit 4 / ∂ attention with both ablated |
| `getam_both` | [L, patches] | the map of getam of logit 4 with both ablated |
| `projection.l`, `query_key_value.l` | as the weights | ∂ logit 4 / ∂ weights of block l with both ablated |
| `patches` | [n] I64 | a region of the picture |
| `logits_removed`, `logits_kept` | [K] | with its tokens dropped before the first block, and with all others' |
| `logits_kept_both` | [K] | the same with both kinds of ablation too |
| `logits_prefix` | [K] | with no patch at all, where the head reads none |
| `estimate` | [C, L, H] | Σ G ⊙ A |
| `estimate_mean` | [C, L, H] | −∂ logit / ∂ t at t = 0, the head's output o + t (mean(o) − o) |
| `effect`, `effect_mean` | [C, L, H] | the logit less that of a pass with this head ablated, by zeros and by the mean |
| `heads`, `attention_bias`, `feed_forward` | [C, L, H], [C, L], [C, L] | what each part of a block adds to the logit, the final norm's scale held |
| `embedding`, `bias` | [C] | the same of the first block's input, and of what comes after the last block |

A head that reads a map of patches has no row from `patches` on but the estimates and the effects; `published_acr` lacks the last two
rows, which no final norm is there for.
"""
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import make_models
import make_published
from make_models import CLASSES

HERE = Path(__file__).resolve().parent
MODELS = ["bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled"]
PUBLISHED = ["acr", "hybrid"]


class Subject:
    """A model by its parts, timm's or Hugging Face's, with hooks on what goes into every block's projection."""

    def __init__(self, model):
        self.model, self.ablated, self.patches, self.shares = model, {}, None, None
        self.is_timm, self.is_published = hasattr(model, "blocks"), hasattr(model, "pretrained")
        if self.is_published:
            self.attention, self.blocks = [], list(model.pretrained.model.blocks)
            self.projections = [block.attn.proj for block in self.blocks]
            self.heads, self.prefix = self.blocks[0].attn.heads, model.pretrained.model.prefix
            for block in self.blocks:
                block.attn.register_forward_hook(lambda module, given, output: self.attention.append(module.kept))
        elif self.is_timm:
            self.attention = make_models.capture_timm(model)
            self.blocks = list(model.blocks)
            self.projections = [block.attn.proj for block in self.blocks]
            self.heads, self.prefix = self.blocks[0].attn.num_heads, model.num_prefix_tokens
        else:
            self.attention = make_models.capture_hugging_face(model)
            self.blocks = list(model.deit.layers)
            self.projections = [block.attention.o_proj for block in self.blocks]
            self.heads, self.prefix = model.config.num_attention_heads, 2
        self.inputs, self.outputs, self.streams = {}, {}, {}
        for layer, (block, projection) in enumerate(zip(self.blocks, self.projections)):
            projection.register_forward_pre_hook(lambda module, given, layer=layer: self.replace(layer, given[0]))
            block.mlp.fc2.register_forward_hook(lambda module, given, output, layer=layer: self.outputs.__setitem__(layer, output[0]))
            block.register_forward_pre_hook(
                lambda module, given, layer=layer: self.streams.__setitem__(layer, given[0][0]))
        # Position embeddings are in what the first block reads: tokens may go from there.
        self.blocks[0].register_forward_pre_hook(lambda module, given: self.drop(given))
        # Its own hook comes after, so that the stream is that of the tokens that are left.
        self.blocks[0].register_forward_pre_hook(lambda module, given: self.streams.__setitem__(0, given[0][0]))
        if self.is_published:
            return
        self.final = model.norm if self.is_timm else model.deit.layernorm
        self.final.register_forward_pre_hook(lambda module, given: self.streams.__setitem__("last", given[0][0]))

    def replace(self, layer, mixed):
        parts = list(mixed.split(mixed.shape[-1] // self.heads, dim=-1))
        for head, part in enumerate(parts):
            kind = self.ablated.get((layer, head))
            if kind == "zero":
                parts[head] = torch.zeros_like(part)
            elif kind == "mean":
                parts[head] = part.mean(-2, keepdim=True).expand_as(part)
            if self.shares is not None:
                parts[head] = part + self.shares[layer, head] * (part.mean(-2, keepdim=True) - part)
        mixed = torch.cat(parts, -1)
        self.inputs[layer] = mixed[0]
        return (mixed,)

    def drop(self, given):
        if self.patches is None:
            return None
        places = list(range(self.prefix)) + [self.prefix + patch for patch in self.patches]
        return (given[0][..., places, :], *given[1:])

    def logits(self, pixels, ablated={}, patches=None):
        self.ablated, self.patches = ablated, patches
        self.attention.clear()
        result = self.model(pixels.double()[None])
        result = result[0] if self.is_timm or self.is_published else result.logits[0]
        assert result.dtype == torch.float64
        return result

    def scale_of_layer(self, layer, which):
        """LayerScale's factors, [D]; ones without."""
        part = getattr(self.blocks[layer], which, None) if self.is_timm else None
        return part.gamma if hasattr(part, "gamma") else torch.ones(self.projections[layer].weight.shape[0], dtype=torch.float64)

    def contributions(self, pixels, index):
        """By the definition: every part's output through the final norm whose mean is linear and whose deviation is held, then
        through the head."""
        logits = self.logits(pixels)
        model, D = self.model, self.projections[0].weight.shape[0]
        pooled = self.is_timm and model.global_pool == "avg"
        last = self.streams["last"]

        def centered(x):
            return x - x.mean(-1, keepdim=True)

        def deviation(x, eps):
            return torch.sqrt(centered(x).pow(2).mean(-1, keepdim=True) + eps)

        if pooled:
            norm = model.fc_norm
            assert isinstance(model.norm, torch.nn.Identity)
            held = deviation(last[self.prefix:].mean(0), norm.eps)

            def share(x):  # [N, D] of what was put into the stream
                return (centered(x[self.prefix:].mean(0)) / held * norm.weight) @ model.head.weight[index]

            bias = norm.bias @ model.head.weight[index] + model.head.bias[index]
        else:
            norm = self.final
            held = deviation(last, norm.eps)
            heads = [model.head] if self.is_timm else [model.cls_classifier, model.distillation_classifier]

            def share(x):
                through = centered(x) / held * norm.weight
                return sum(through[place] @ head.weight[index] for place, head in enumerate(heads)) / len(heads)

            bias = sum(norm.bias @ head.weight[index] + head.bias[index] for head in heads) / len(heads)
        result = {"heads": [], "attention_bias": [], "feed_forward": []}
        for layer, projection in enumerate(self.projections):
            scale1, scale2 = self.scale_of_layer(layer, "ls1"), self.scale_of_layer(layer, "ls2")
            mixed, width = self.inputs[layer], D // self.heads
            result["heads"].append(torch.stack([
                share(mixed[:, h * width:(h + 1) * width] @ projection.weight[:, h * width:(h + 1) * width].T * scale1)
                for h in range(self.heads)]))
            result["attention_bias"].append(share((projection.bias * scale1).expand(len(mixed), D)))
            result["feed_forward"].append(share(self.outputs[layer] * scale2))
        result = {key: torch.stack(value) for key, value in result.items()}
        result |= {"embedding": share(self.streams[0]), "bias": bias}
        total = sum(value.sum() for value in result.values())
        assert abs(total - logits[index]) < 1e-10 * max(value.abs().max() for value in result.values()), (total, logits[index])
        return result


def matrices(attention):
    """[H, N, N], of a batch of one or none."""
    return attention.reshape(attention.shape[-3:])


def make(name, folder, model, output):
    subject = Subject(model)
    stored = load_file(HERE / folder / "expected.safetensors")
    pixels = stored["pixels"]
    random = np.random.default_rng(sum(map(ord, name)))
    whole = subject.logits(pixels)
    assert (whole - stored["logits"]).abs().max() < 1e-5
    depth, heads, tokens = len(subject.blocks), subject.heads, subject.attention[0].shape[-1]
    count = tokens - subject.prefix
    attention = list(subject.attention)
    gradients = [torch.autograd.grad(whole[c], attention, retain_graph=True) for c in CLASSES]
    tensors = {"estimate": torch.stack([
        torch.stack([(g * a).sum((-2, -1)).flatten() for g, a in zip(row, attention)]) for row in gradients])}

    subject.shares = torch.zeros(depth, heads, dtype=torch.float64, requires_grad=True)
    moved = subject.logits(pixels)
    tensors["estimate_mean"] = -torch.stack([torch.autograd.grad(moved[c], subject.shares, retain_graph=True)[0] for c in CLASSES])
    subject.shares = None

    # One of the first and of the last block each, so that passes narrowed to a token meet both.
    zero = {(0, 1): "zero", (depth - 1, 0): "zero"}
    mean = {(0, 0): "mean", (1, heads - 1): "mean", (depth - 1, 1): "mean"}
    tensors |= {f"heads_{key}": torch.tensor(sorted(value)) for key, value in [("zero", zero), ("mean", mean)]}
    logits = subject.logits(pixels, zero)
    tensors["logits_zero"] = logits
    if subject.prefix:
        tensors["gradient_row_zero"] = torch.stack(
            [matrices(g)[:, 0] for g in torch.autograd.grad(logits[CLASSES[0]], list(subject.attention), allow_unused=True)])
    tensors["logits_mean"] = subject.logits(pixels, mean)
    logits = subject.logits(pixels, zero | mean)
    tensors["logits_both"] = logits
    layers = [(block.attn.qkv if hasattr(block, "attn") else None, projection) for block, projection in zip(subject.blocks, subject.projections)]
    weights = {f"projection.{l}": projection.weight for l, (_, projection) in enumerate(layers)}
    weights |= {f"query_key_value.{l}": qkv.weight for l, (qkv, _) in enumerate(layers) if qkv is not None}
    found = list(subject.attention)
    grown = torch.autograd.grad(logits[CLASSES[0]], found + list(weights.values()))
    tensors["gradient_both"] = torch.stack([matrices(g) for g in grown[:depth]])
    tensors |= dict(zip(weights, grown[depth:]))
    coupled = torch.stack([torch.relu(matrices(g) * matrices(a)).mean(0) * torch.relu(matrices(g)).mean(0)
                           for g, a in zip(grown, found)])
    reads_patches = subject.is_timm and model.global_pool == "avg"
    first = subject.prefix
    tensors["getam_both"] = coupled[:, first:, first:].mean(1) if reads_patches else coupled[:, 0, first:]

    for key, kind in [("effect", "zero"), ("effect_mean", "mean")]:
        tensors[key] = torch.stack([torch.stack([
            (whole - subject.logits(pixels, {(layer, head): kind}))[CLASSES] for head in range(heads)])
            for layer in range(depth)]).permute(2, 0, 1)
    if not (subject.is_published and model.size.stem):
        region = sorted(random.choice(count, count // 3, replace=False).tolist())
        others = [patch for patch in range(count) if patch not in region]
        tensors["patches"] = torch.tensor(region)
        tensors["logits_removed"] = subject.logits(pixels, patches=others)
        tensors["logits_kept"] = subject.logits(pixels, patches=region)
        tensors["logits_kept_both"] = subject.logits(pixels, zero | mean, region)
        if not reads_patches:
            tensors["logits_prefix"] = subject.logits(pixels, patches=[])
    if not subject.is_published:
        parts = [subject.contributions(pixels, index) for index in CLASSES]
        tensors |= {key: torch.stack([part[key] for part in parts]) for key in parts[0]}

    size = ", ".join(f"{key} {tensors[key].abs().max():.2f}" for key in sorted(tensors) if "." not in key and "pa" not in key)
    print(f"{name}: N {tokens}; logits {whole.abs().max():.2f}; largest of {size}")
    save_file({key: (value if value.dtype == torch.int64 else value.detach().float()).contiguous() for key, value in tensors.items()},
              output / f"{name}.safetensors")




def model_of(name):
    """The float64 model that `make_models.py` makes for a name."""
    found = []

    def caught(model, *arguments, **options):
        found.append(model)
        return original(model, *arguments, **options)

    original = make_models.enliven
    make_models.enliven = caught
    with tempfile.TemporaryDirectory() as place:
        make_models.OUTPUT = Path(place)
        getattr(make_models, name)()
    make_models.enliven = original
    return found[-1].double()


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "interventions"
    output.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    for name in MODELS:
        make(name, f"models/{name}", model_of(name), output)
    for name in PUBLISHED:
        model = make_published.GETAM(make_published.SIZES[name]).double().eval()
        model.load_state_dict({key: value.double() if value.is_floating_point() else value
                               for key, value in load_file(HERE / "published" / name / "model.safetensors").items()
                               if not key.endswith("bkg_token")})
        make(f"published_{name}", f"published/{name}", model, output)
