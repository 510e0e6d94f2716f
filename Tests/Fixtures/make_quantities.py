#!/usr/bin/env python3
"""Makes `quantities/`: what every quantity says of models of `models/`, `families/` and `published/`, by float64 PyTorch's hooks and autograd on the
libraries' own models and the fixtures' `pixels`, restated here from the definitions; maps of tokens by pytorch-grad-cam. Needs what
make_models.py needs, grad-cam and captum.

`queries` [Q] I64 are the query tokens, −1 for the picture; TARGETS the targets, T of them. Of a quantity with heads the first is the mean.
Maps are [T, L, Q, 1 + heads, patches], without the axes a quantity lacks; `rollout` [2, L, Q, patches] from the layers 0 and 1, `gae` and
`gradient-rollout` [2, T, L, Q, patches]; NAME.term [T, L] is the largest of the terms whose sum a map is. `pca` [L, patches, 3] from 0 to 255, not rounded; `entropy`, `distance` and `prefix-mass` [L, heads];
`lens-curve` [T, L]; `lens-class` [L, patches].

    python make_quantities.py [OUTPUT_FOLDER [FIXTURE…]]        default: all, in the folder `quantities` beside this script
"""
import json
import math
import sys
from pathlib import Path
from unittest import mock

import captum.attr as captum
import numpy as np
import pytorch_grad_cam
import scipy.cluster
import timm
import torch
import transformers
from safetensors.torch import load_file, save_file

import make_published
from make_models import capture_hugging_face, capture_timm

HERE = Path(__file__).resolve().parent
torch.set_num_threads(1)
# As ClassTarget says them: logits, a difference, a contrast.
TARGETS = [("logit", 4), ("logit", 1), ("difference", 4, 1), ("contrast", 4), ("contrast", 2)]


def scalar(target, logits):
    """y of a target; FinerCAM's as pytorch-grad-cam's FinerWeightedTarget has it, alpha 1."""
    kind, index = target[:2]
    if kind == "logit":
        return logits[index]
    if kind == "difference":
        return logits[index] - logits[target[2]]
    others = [k for k in (logits - logits[index]).abs().argsort().tolist() if k != index][:3]
    weights = torch.softmax(logits, 0)[others]
    return (weights * (logits[index] - logits[others])).sum() / (weights.sum() + 1e-9)


def linear_part(target, values, logits):
    """y with the weights of the pass `logits` and the logits `values`, [..., K]."""
    kind, index = target[:2]
    if kind == "logit":
        return values[..., index]
    if kind == "difference":
        return values[..., index] - values[..., target[2]]
    others = [k for k in (logits - logits[index]).abs().argsort().tolist() if k != index][:3]
    weights = torch.softmax(logits, 0)[others]
    return (weights * (values[..., [index]] - values[..., others])).sum(-1) / (weights.sum() + 1e-9)


# ---- the models: what runs, where the hooks go, and what the head makes of tokens ---------------------------------------

def unbatched(values, axes):
    """Of one picture, where there is an axis of several."""
    return values[0] if values.dim() > axes else values


class Subject:
    """`run` maps [1, 3, h, w] to logits; `norms`, `blocks` and `keys` are modules, one a layer; `lens` maps what the last block gives
    of all tokens to logits a patch and logits of the picture."""

    def __init__(self, folder, model, prefix, pooled, run, found, norms, blocks, keys, lens, patch=8):
        self.pixels = load_file(folder / "expected.safetensors")["pixels"]
        self.expected = load_file(folder / "expected.safetensors").get("logits")
        self.model, self.prefix, self.pooled, self.run, self.found, self.lens = model, prefix, pooled, run, found, lens
        self.patch = patch
        self.inputs, self.streams, self.keys, self.scores = [], [], [], []
        first = lambda value: value[0] if isinstance(value, tuple) else value
        self.has_lens, self.has_sigmoid = lens is not None, False
        for module in norms:
            module.register_forward_hook(lambda m, i, out: self.inputs.append(out))
        for module in blocks:
            module.register_forward_hook(lambda m, i, out: self.streams.append(unbatched(first(out), 2)))
        for module in keys:
            module.register_forward_hook(lambda m, i, out: self.keys.append(unbatched(out, 2)))

    def forward(self):
        for kept in (self.inputs, self.streams, self.keys, self.found, self.scores):
            kept.clear()

        def recorded(softmax):
            def record(values, *arguments, **settings):
                if values.dim() > 2:
                    self.scores.append(unbatched(values, 3).detach())
                return softmax(values, *arguments, **settings)
            return record

        # The scores are what soft-max is given, by timm's models and by capture_hugging_face.
        with mock.patch.object(torch, "softmax", recorded(torch.softmax)), \
                mock.patch.object(torch.Tensor, "softmax", recorded(torch.Tensor.softmax)):
            return self.run(self.pixels.double()[None])

    def forward_of(self, picture):
        """Another picture's logits; what was kept of the last one is lost."""
        return self.run(picture[None])


def timm_subject(folder, model, head=True):
    """A timm model in float64."""
    model.double().eval()
    prefix, pooled = model.num_prefix_tokens, model.global_pool == "avg"

    def lens(tokens):
        normed = model.norm(tokens)
        classify = lambda rows: model.head(model.fc_norm(rows))
        read = normed[prefix:].mean(0) if pooled else normed[0]
        return classify(normed[prefix:]), classify(read)

    attention = [block.attn for block in model.blocks]
    has_norm = not isinstance(attention[0].k_norm, torch.nn.Identity)
    subject = Subject(
        folder, model, prefix, pooled or not model.has_class_token, lambda x: model(x)[0], capture_timm(model),
        [block.norm1 for block in model.blocks], model.blocks, [a.k_norm if has_norm else a.qkv for a in attention],
        lens if head else None)
    width = model.embed_dim
    # Of a norm by head [H, N, d]; of the one product of queries, keys and values [N, 3D].
    subject.key_rows = lambda kept: kept.transpose(0, 1).reshape(-1, width) if has_norm else kept[:, width:2 * width]
    subject.heads = attention[0].num_heads
    return subject


def models_timm(name, head=True):
    folder = HERE / "models" / name
    configuration = json.loads((folder / "config.json").read_text())
    model = timm.create_model("vit_tiny_patch16_224", num_classes=configuration["num_classes"],
                              global_pool=configuration["global_pool"], **configuration["model_args"])
    model.load_state_dict({key: value.float() for key, value in load_file(folder / "model.safetensors").items()})
    return timm_subject(folder, model, head)


def timm_extras():
    folder = HERE / "families" / "timm_extras"
    model = timm.create_model("vit_tiny_patch16_224", img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=2, num_classes=5,
                              qk_norm=True, pre_norm=True, qkv_bias=False, mlp_layer=timm.layers.SwiGLU, act_layer="silu", mlp_ratio=2)
    state = torch.load(folder / "checkpoint.pth", weights_only=False)["model"]
    model.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
    return timm_subject(folder, model)


def hugging_face(folder, model, layers, norm_name, prefix, run, lens):
    found = capture_hugging_face(model.double().eval())
    keys = [next(module for name, module in layer.named_modules() if name.split(".")[-1] in ("key", "k_proj")) for layer in layers]
    subject = Subject(folder, model, prefix, False, run, found, [getattr(layer, norm_name) for layer in layers], layers, keys, lens)
    subject.key_rows = lambda kept: kept
    subject.heads = getattr(model.config, "vision_config", model.config).num_attention_heads
    return subject


def hf_deit_distilled():
    folder = HERE / "models" / "hf_deit_distilled"
    model = transformers.DeiTForImageClassificationWithTeacher.from_pretrained(folder)
    heads = lambda first, second: (model.cls_classifier(first) + model.distillation_classifier(second)) / 2

    def lens(tokens):
        normed = model.deit.layernorm(tokens)
        return heads(normed[2:], normed[2:]), heads(normed[0], normed[1])

    return hugging_face(folder, model, model.deit.layers, "layernorm_before", 2, lambda x: model(x).logits[0], lens)


def hf_dinov2_registers():
    folder = HERE / "families" / "hf_dinov2_registers"
    model = transformers.Dinov2WithRegistersForImageClassification.from_pretrained(folder)
    base = model.dinov2_with_registers

    def lens(tokens):
        normed = base.layernorm(tokens)
        classify = lambda patches: model.classifier(torch.cat([normed[:1].expand(len(patches), -1), patches], -1))
        return classify(normed[5:]), classify(normed[5:].mean(0, keepdim=True))[0]

    layers = base.encoder.layer if hasattr(base, "encoder") else base.layers
    return hugging_face(folder, model, layers, "norm1", 5, lambda x: model(x).logits[0], lens)


def hf_clip():
    folder = HERE / "families" / "hf_clip"
    model = transformers.CLIPModel.from_pretrained(folder)
    text = torch.from_numpy(np.load(folder / "embeddings.npy")).double()
    text = text / text.norm(dim=-1, keepdim=True)
    vision = model.vision_model

    def classify(rows):
        features = model.visual_projection(rows)
        return model.logit_scale.exp() * features / features.norm(dim=-1, keepdim=True) @ text.T

    def lens(tokens):
        normed = vision.post_layernorm(tokens)
        return classify(normed[1:]), classify(normed[0])

    return hugging_face(folder, model, vision.encoder.layers, "layer_norm1", 1,
                        lambda x: classify(vision(x).pooler_output)[0], lens)


def published(name):
    folder, size = HERE / "published" / name, make_published.SIZES[name]
    model = make_published.GETAM(size).double().eval()
    state = load_file(folder / "model.safetensors")
    model.load_state_dict({key: value for key, value in state.items() if "bkg_token" not in key})
    blocks, prefix, found = model.pretrained.model.blocks, model.pretrained.model.prefix, []

    def run(pixels):
        logits, _ = model(pixels, segments=False)
        found.extend(block.attn.kept for block in blocks)
        return logits

    def lens(tokens):
        if size.acr:
            return model.cls_head(tokens[prefix:]), model.cls_head(tokens[0])
        last = model.pretrained.level(4, tokens, grid)
        return None, model.cls_head(last.mean((2, 3))[0])

    subject = Subject(folder, model, prefix, False, run, found, [block.norm1 for block in blocks], blocks,
                      [block.attn.qkv for block in blocks], lens, patch=16)
    grid = tuple(side // 16 for side in subject.pixels.shape[1:])
    subject.key_rows = lambda kept: kept[:, size.width:2 * size.width]
    subject.heads, subject.has_lens, subject.has_sigmoid = size.heads, size.acr, True
    return subject


SUBJECTS = {
    "registers_layerscale": lambda: models_timm("registers_layerscale"),
    "pooled_class_token": lambda: models_timm("pooled_class_token"),
    "pooled_no_class_token": lambda: models_timm("pooled_no_class_token"),
    "nonsquare_native": lambda: models_timm("nonsquare_native"),
    "dino_keys": lambda: models_timm("dino_keys", head=False),
    "hf_deit_distilled": hf_deit_distilled,
    "timm_extras": timm_extras,
    "hf_dinov2_registers": hf_dinov2_registers,
    "hf_clip": hf_clip,
    "vitb": lambda: published("vitb"),
    "hybrid": lambda: published("hybrid"),
    "acr": lambda: published("acr"),
}


# Those of which the picture is changed, too: a head that pools, two class tokens, a norm before the blocks, cosines.
PICTURES = ["registers_layerscale", "pooled_no_class_token", "hf_deit_distilled", "timm_extras", "hf_clip", "vitb"]


# ---- the quantities -----------------------------------------------------------------------------------------------------

def by_head(values):
    """[..., H, P] to [..., 1 + H, P]: the mean, then every head."""
    return torch.cat([values.mean(-2, keepdim=True), values], -2)


def cosines(query, rows):
    return rows @ query / (rows.norm(dim=-1) * query.norm())


def colors(tokens):
    """[P, 3] from 0 to 255."""
    u, s, v = torch.linalg.svd(tokens - tokens.mean(0), full_matrices=False)
    assert ((s[:3] ** 2 - s[1:4] ** 2) / s[0] ** 2).min() > 1e-3
    u = u[:, :3] * torch.sign(u[u[:, :3].abs().argmax(0), [0, 1, 2]])
    return (u - u.amin(0)) / (u.amax(0) - u.amin(0)) * 255


class Library:
    """pytorch-grad-cam's maps of one layer's tokens, as they are before they are scaled."""

    METHODS = {"token-gradcam": "GradCAM", "hirescam": "HiResCAM", "layercam": "LayerCAM", "gradcam++": "GradCAMPlusPlus",
               "xgradcam": "XGradCAM", "eigencam": "EigenCAM"}

    @classmethod
    def map(cls, name, x, g, rows, columns):
        """x and g are [P, D]; the map is [P]."""
        image = cls.image(name, *(v.T.reshape(1, -1, rows, columns).numpy() for v in (x, g)))
        return np.maximum(image, 0).reshape(-1)

    @classmethod
    def image(cls, name, activations, gradients=None):
        """Without a model, which only finds what is given here."""
        method = object.__new__(getattr(pytorch_grad_cam, cls.METHODS[name]))
        method.activations_and_grads = mock.Mock()
        return method.get_cam_image(None, None, None, activations, gradients, False)

    @classmethod
    def term(cls, name, x, g):
        """The largest of the terms that a patch's sum is made of, |w x|. Where a weight is divided by a sum of terms of both signs,
        w is what those terms make of it at most: |w| times the largest term's share in the divisor."""
        x, g = x.numpy(), g.numpy()
        if name in ("hirescam", "layercam"):
            return np.abs(x * (g if name == "hirescam" else np.maximum(g, 0))).max()
        sums, largest = x.sum(0), np.abs(x).max(0)
        if name == "token-gradcam":
            weights = np.abs(g.mean(0))
        elif name == "gradcam++":
            divisor = 2 * g ** 2 + sums * g ** 3 + 1e-6
            shares = 1 + (2 * g ** 2 + largest * np.abs(g ** 3)) / np.abs(divisor)
            weights = np.where(g > 0, g ** 3 / np.abs(divisor) * shares, 0).sum(0)
        else:
            weights = np.abs(g * x).sum(0) / np.abs(sums + 1e-7) * (1 + largest / np.abs(sums + 1e-7))
        return (weights * np.abs(x)).max()


def eigencam(x, rows, columns):
    """The library's projection, whose sign is none's, with the sign that makes the mean over what is not centered 0 or more."""
    image = Library.image("eigencam", x.T.reshape(1, -1, rows, columns).numpy()).reshape(-1)
    spread = torch.linalg.svdvals(x - x.mean(0))
    assert spread[1] < 0.98 * spread[0]
    direction = (x - x.mean(0)).numpy().T @ image
    return np.maximum(image if direction @ x.mean(0).numpy() >= 0 else -image, 0)


class RandomStream:
    """Sources/Tensors/RandomStream.swift, stated again."""

    NOISE, MASKS, STEP, WORD = 8, 9, 0x9E3779B97F4A7C15, (1 << 64) - 1

    def __init__(self, picture, purpose):
        self.state = 0
        for part in (0, 0, picture, purpose):
            self.state = self.mixed((self.state ^ part) + self.STEP & self.WORD)

    @classmethod
    def mixed(cls, z):
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & cls.WORD
        z = (z ^ z >> 27) * 0x94D049BB133111EB & cls.WORD
        return z ^ z >> 31

    def uniform(self):
        self.state = self.state + self.STEP & self.WORD
        return (self.mixed(self.state) >> 11) * 2.0 ** -53

    def normal(self):
        size = math.sqrt(-2 * math.log(1 - self.uniform()))
        return size * math.cos(2 * math.pi * self.uniform())


def enlarged(cells, height, width):
    """[rows, columns] to [height, width]: bilinear between the cells' middles."""
    return torch.nn.functional.interpolate(cells[None, None], size=(height, width), mode="bilinear", align_corners=False)[0, 0]


def pictures(subject, targets, last_inputs):
    """The maps of methods that change the picture, or follow gradients to it, [T, patches] by name; those of gradients and occlusion
    by Captum."""
    x, size = subject.pixels.double(), subject.patch
    channels, height, width = x.shape
    rows, columns = height // size, width // size
    sums = lambda values: values.reshape(-1, rows, size, columns, size).sum((0, 2, 4)).reshape(-1)
    run = lambda picture: subject.forward_of(picture)

    def answer(target, logits):
        if target[0] != "logit":
            return scalar(target, logits)
        return (torch.sigmoid(logits) if subject.has_sigmoid else torch.softmax(logits, 0))[target[1]]

    found = {}
    functions = [lambda batch, target=target: torch.stack([scalar(target, run(picture)) for picture in batch]) for target in targets]
    found["input-gradient"] = [sums(captum.InputXGradient(f).attribute(x[None].clone().requires_grad_())[0]) for f in functions]
    found["input-gradient.term"] = []
    for f in functions:
        picture = x.clone().requires_grad_()
        found["input-gradient.term"].append((torch.autograd.grad(f(picture[None])[0], picture)[0] * x).abs().max())
    found["integrated-gradients"] = [
        sums(captum.IntegratedGradients(f).attribute(x[None], n_steps=50, method="riemann_middle", internal_batch_size=1)[0])
        for f in functions]
    window = (channels, size, size)
    found["occlusion"] = [
        captum.Occlusion(f).attribute(x[None], sliding_window_shapes=window, strides=window, baselines=0.0)[0, 0, ::size, ::size].reshape(-1)
        for f in functions]
    deviation = 0.15 * (x.max() - x.min())
    mean = [0] * len(targets)
    for draw in range(25):
        random = RandomStream(draw, RandomStream.NOISE)
        noise = torch.tensor([random.normal() for _ in range(x.numel())], dtype=torch.float64).reshape(x.shape)
        picture = (x + deviation * noise).requires_grad_()
        logits = run(picture)
        for place, target in enumerate(targets):
            mean[place] = mean[place] + torch.autograd.grad(scalar(target, logits), picture, retain_graph=True)[0] / 25
    found["smoothgrad"] = [sums(gradient.abs()) for gradient in mean]

    with torch.no_grad():
        count, cells = 500, 7
        totals = torch.zeros(len(targets), rows * columns, dtype=torch.float64)
        for number in range(count):
            random = RandomStream(number, RandomStream.MASKS)
            lit = torch.tensor([float(random.uniform() < 0.5) for _ in range(cells ** 2)], dtype=torch.float64).reshape(cells, cells)
            cell = [-(-side // cells) for side in (height, width)]
            top, left = (int(random.uniform() * side) for side in cell)
            mask = enlarged(lit, (cells + 1) * cell[0], (cells + 1) * cell[1])[top:top + height, left:left + width]
            logits = run(x * mask)
            shown = sums(mask[None]) / size ** 2
            totals += torch.stack([answer(target, logits) for target in targets])[:, None] * shown
        found["rise"] = list(totals / (count * 0.5))

        stretch = lambda values: (values - values.amin(-1, keepdim=True)) / (values.amax(-1, keepdim=True) - values.amin(-1, keepdim=True))
        single = stretch(last_inputs.T)
        links = scipy.cluster.hierarchy.linkage(single.numpy(), "complete", metric="cosine")
        assert np.abs(links[:, 2] - 0.1).min() > 1e-5
        groups = scipy.cluster.hierarchy.fcluster(links, 0.1, "distance")
        masks = stretch(torch.stack([single[torch.from_numpy(groups == group)].sum(0) for group in np.unique(groups)]))
        random = RandomStream(0, RandomStream.NOISE)
        noise = 0.1 * torch.tensor([random.normal() for _ in range(x.numel())], dtype=torch.float64).reshape(x.shape)
        whole = [answer(target, run(x)) for target in targets]
        cover, weighted = torch.zeros(height, width, dtype=torch.float64), torch.zeros(len(targets), height, width, dtype=torch.float64)
        for mask in masks:
            mask = enlarged(mask.reshape(rows, columns), height, width)
            with_mask, without = run(x * mask + noise * (1 - mask)), run(x + noise * (1 - mask))
            cover += mask
            for place, target in enumerate(targets):
                weighted[place] += (answer(target, with_mask) - answer(target, without) + whole[place]) * mask
        found["vit-cx"] = [
            sums(torch.where(cover > 0, each / cover, 0)[None]) / (len(masks) * size ** 2) for each in weighted]
    return {key: torch.stack(value).detach() for key, value in found.items()}


def make(name, output):
    subject = SUBJECTS[name]()
    logits = subject.forward()
    prefix, pooled = subject.prefix, subject.pooled
    rows, columns = (side // subject.patch for side in subject.pixels.shape[1:])
    attention = torch.stack([unbatched(a, 3) for a in subject.found])  # [L, H, N, N]
    scores = torch.stack(subject.scores)
    assert torch.equal(torch.softmax(scores, -1), attention)
    depth, heads, tokens = attention.shape[:3]
    patches = tokens - prefix
    has_head = subject.lens is not None
    if has_head:
        assert (logits - subject.expected).abs().max() < 1e-5 * logits.abs().max(), name
    # Queries: the picture, every token before the patches, two patches; as [Q, N] weights.
    picture = torch.zeros(tokens, dtype=torch.float64)
    picture[prefix if pooled else 0:tokens if pooled else 1] = 1 / patches if pooled else 1
    single = [*range(prefix), prefix + 3, tokens - 1]
    queries = torch.stack([picture] + [torch.eye(tokens, dtype=torch.float64)[q] for q in single])

    tensors = {
        "queries": torch.tensor([-1] + single),
        "attention": by_head(torch.einsum("qn,lhnm->lqhm", queries, attention)[..., prefix:]),
        "attention-received": by_head(torch.einsum("qm,lhnm->lqhn", queries, attention)[..., prefix:]),
    }
    mixed = (attention.mean(1) + torch.eye(tokens)) / 2

    def rollout(start, last):
        product = torch.eye(tokens, dtype=torch.float64)
        for layer in range(min(start, last), last + 1):
            product = mixed[layer] @ product
        return (queries @ product)[:, prefix:]

    tensors["rollout"] = torch.stack([torch.stack([rollout(start, last) for last in range(depth)]) for start in range(2)])

    keys = [subject.key_rows(kept) for kept in subject.keys]
    streams = torch.stack(subject.streams)
    width = streams.shape[-1] // heads
    parts = [slice(None)] + [slice(head * width, (head + 1) * width) for head in range(heads)]
    tensors["key-similarity"] = torch.stack([torch.stack([torch.stack([
        cosines(query @ k[:, part], k[prefix:, part]) for part in parts]) for query in queries]) for k in keys])
    tensors["token-similarity"] = torch.stack([torch.stack([cosines(query @ z, z[prefix:]) for query in queries]) for z in streams])
    tensors["token-norm"] = streams[:, prefix:].norm(dim=-1)
    tensors["pca"] = torch.stack([colors(z[prefix:]) for z in streams])
    tensors["entropy"] = -(attention * attention.log()).nan_to_num().sum(-1).mean(-1)
    tensors["prefix-mass"] = attention[..., :prefix].sum(-1).mean(-1)
    places = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), -1).reshape(-1, 2).double()
    distance = torch.cdist(places, places) * subject.patch
    block = attention[..., prefix:, prefix:]
    tensors["distance"] = (block / block.sum(-1, keepdim=True) * distance).sum(-1).mean(-1)

    normed = [unbatched(x, 2)[prefix:].detach() for x in subject.inputs]
    tensors["eigencam"] = torch.stack([torch.from_numpy(eigencam(x, rows, columns)) for x in normed])

    if has_head:
        library = [key for key in Library.METHODS if key != "eigencam"]
        per_target = {key: [] for key in ("getam", "grad-attention", "grad", "grad-squared", "cdam", "cdam.term",
                                          "gae", "gradient-rollout", "attention-gradcam", "attention-gradcam.term", "agcam", "head-weighted", "legrad",
                                          *library, *(f"{key}.term" for key in library))}
        for target in TARGETS:
            y = scalar(target, logits)
            gradients = torch.autograd.grad(y, subject.found + subject.inputs, retain_graph=True)
            g = torch.stack([unbatched(g, 3) for g in gradients[:depth]])  # [L, H, N, N]
            u, v = torch.relu(g * attention), torch.relu(g)
            # The mean over heads of each factor, then of each head; combined, then the queries' rows.
            u, v = torch.cat([u.mean(1, keepdim=True), u], 1), torch.cat([v.mean(1, keepdim=True), v], 1)
            for key, value in (("getam", u * v), ("grad-attention", u), ("grad", v), ("grad-squared", v * v)):
                per_target[key].append(torch.einsum("qn,lhnm->lqhm", queries, value)[..., prefix:])
            relevance = torch.relu(g * attention).mean(1)
            identity = torch.eye(tokens, dtype=torch.float64)
            for key in ("gae", "gradient-rollout"):
                def flow(start, last):
                    result = identity
                    for layer in range(min(start, last), last + 1):
                        if key == "gae":
                            result = result + relevance[layer] @ result
                        else:
                            step = relevance[layer] + identity
                            result = step / step.sum(-1, keepdim=True) @ result
                    return (queries @ result)[:, prefix:]

                per_target[key].append(torch.stack([torch.stack([flow(start, last) for last in range(depth)]) for start in range(2)]))
            weighted = g[..., prefix:].mean(-1, keepdim=True) * attention[..., prefix:]  # [L, H, N, P]
            both = torch.cat([weighted.mean(1, keepdim=True), weighted], 1)
            per_target["attention-gradcam"].append(torch.einsum("qn,lhnm->lqhm", queries, torch.relu(both)))
            terms = g[..., prefix:].abs().amax(-1, keepdim=True) * attention[..., prefix:]
            per_target["attention-gradcam.term"].append(torch.einsum("n,lhnm->lhm", picture, terms).amax((-2, -1)))
            guided = torch.relu(g) * torch.sigmoid(scores)
            guided = torch.cat([guided.sum(1, keepdim=True), guided], 1)
            per_target["agcam"].append(torch.einsum("qn,lhnm->lqhm", queries, guided)[..., prefix:])
            importance = torch.relu(g * attention)[..., prefix:].mean(-1, keepdim=True)  # [L, H, N, 1]
            important = importance * attention[..., prefix:]
            important = torch.cat([important.sum(1, keepdim=True), important], 1)
            per_target["head-weighted"].append(torch.einsum("qn,lhnm->lqhm", queries, important))
            # The head on every block's tokens, and the gradient by that block's attention.
            own = []
            for layer, z in enumerate(subject.streams):
                scalar_l = scalar(target, subject.lens(z)[1])
                own.append(torch.relu(unbatched(torch.autograd.grad(scalar_l, subject.found[layer], retain_graph=True)[0], 3)))
            own = torch.stack(own).mean(-2)[..., prefix:]  # [L, H, P]
            per_target["legrad"].append(by_head(own))
            for key in library:
                found = [(x, unbatched(dx, 2)[prefix:]) for x, dx in zip(normed, gradients[depth:])]
                per_target[key].append(torch.stack([torch.from_numpy(Library.map(key, x, dx, rows, columns)) for x, dx in found]))
                per_target[f"{key}.term"].append(torch.tensor([Library.term(key, x, dx) for x, dx in found]))
            per_target["cdam"].append(torch.stack([
                unbatched(x * dx, 2).sum(-1)[prefix:] for x, dx in zip(subject.inputs, gradients[depth:])]))
            per_target["cdam.term"].append(torch.stack([
                unbatched(x * dx, 2)[prefix:].abs().max() for x, dx in zip(subject.inputs, gradients[depth:])]))
        tensors |= {key: torch.stack(value, 1 if key in ("gae", "gradient-rollout") else 0) for key, value in per_target.items()}
        if name != "registers_layerscale":
            for key in ("grad-attention", "grad", "grad-squared"):
                del tensors[key]
        read = [subject.lens(z) for z in streams]
        assert (read[-1][1] - logits).abs().max() < 1e-9
    if has_head and subject.has_lens:
        tensors["lens"] = torch.stack([torch.stack([linear_part(t, each, logits) for each, _ in read]) for t in TARGETS])
        tensors["patch-cam"] = torch.relu(tensors["lens"])
        looking = by_head(torch.einsum("qn,lhnm->lqhm", queries, attention)[..., prefix:])
        tensors["ts-cam"] = looking[None] * tensors["patch-cam"][:, :, None, None]
        tensors["lens-curve"] = torch.stack([torch.stack([linear_part(t, own, logits) for _, own in read]) for t in TARGETS])
        order = torch.stack([each for each, _ in read]).sort(-1).values
        assert (order[..., -1] - order[..., -2]).min() > 1e-4
        tensors["lens-class"] = torch.stack([each.argmax(-1) for each, _ in read]).double()
    if name in PICTURES:
        tensors |= pictures(subject, TARGETS, normed[-1])
    tensors = {key: value.detach() for key, value in tensors.items()}
    save_file({key: (value if value.dtype == torch.int64 else value.float()).contiguous() for key, value in tensors.items()},
              output / f"{name}.safetensors")
    print(f"{name}: {depth} layers, {heads} heads, {tokens} tokens, {len(queries)} queries; "
          f"{sum(v.numel() for v in tensors.values()) * 4 // 1024} KiB")


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "quantities"
    output.mkdir(exist_ok=True)
    for name in sys.argv[2:] or SUBJECTS:
        make(name, output)
