#!/usr/bin/env python3
"""Makes `soft_max.safetensors`: a class's probability by soft-max over some classes and words of a background, as CLIP-ES explains it, of
`families/hf_clip`, by float64 PyTorch's autograd on transformers' own model; and the layers that WeCLIP's refinement module keeps.

`background` [B, D] are the words' embeddings. Of each target of TARGETS, with the background and without: `value` [T, 2]; `derivatives`
[T, K + B] by the logits, the background's last; `derivatives.plain` [T, K]; `getam`, `token-gradcam` [T, L, patches], with the background.
`affinity` [patches, patches] is the mean attention from patch to patch of the layers `chosen`.

    python make_soft_max.py [OUTPUT_FOLDER]        needs torch, transformers, safetensors, numpy
"""
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
torch.set_num_threads(1)
# A class, and the classes among which it is one; none for all.
TARGETS = [(4, []), (2, [1, 2, 4]), (1, [1]), (0, [3])]


def probability(target, logits, background):
    index, among = target
    classes = sorted(set(among) | {index}) if among else list(range(len(logits)))
    return torch.softmax(torch.cat([logits[classes], background]), 0)[classes.index(index)]


def derivatives(target, logits, background):
    logits, background = logits.detach().requires_grad_(), background.detach().requires_grad_()
    probability(target, logits, background).backward()
    return torch.cat([logits.grad, background.grad])


def main(output):
    folder = HERE / "families" / "hf_clip"
    model = transformers.CLIPModel.from_pretrained(folder, attn_implementation="eager").double().eval()
    inputs, vision = [], model.vision_model
    for layer in vision.encoder.layers:
        layer.layer_norm1.register_forward_hook(lambda m, i, out: inputs.append(out))
    expected = load_file(folder / "expected.safetensors")
    pixels = expected["pixels"].double()[None]
    found = vision(pixels, output_attentions=True)
    features = model.visual_projection(found.pooler_output)[0]
    features = features / features.norm()
    text = torch.from_numpy(np.load(folder / "embeddings.npy")).double()
    text = text / text.norm(dim=-1, keepdim=True)
    # Half of the words near the picture's own features, so that they count.
    words = torch.from_numpy(np.random.default_rng(5).standard_normal((5, text.shape[1])))
    words[:3] += 0.8 * features.detach()
    words = (words / words.norm(dim=-1, keepdim=True)).float()
    logits, background = (model.logit_scale.exp() * rows.double() @ features for rows in (text, words))
    assert (logits - expected["logits"]).abs().max() < 1e-5 * logits.abs().max()
    nothing = background[:0]

    tensors = {"background": words, "value": [], "derivatives": [], "derivatives.plain": [], "getam": [], "token-gradcam": []}
    for target in TARGETS:
        y = probability(target, logits, background)
        assert 1e-3 < y < 1 - 1e-3, (y, logits, background)
        tensors["value"].append(torch.stack([y, probability(target, logits, nothing)]))
        tensors["derivatives"].append(derivatives(target, logits, background))
        tensors["derivatives.plain"].append(derivatives(target, logits, nothing))
        gradients = torch.autograd.grad(y, list(found.attentions) + inputs, retain_graph=True)
        depth = len(inputs)
        getam, gradcam = [], []
        for a, g in zip(found.attentions, gradients[:depth]):
            g = torch.relu(g[0])
            getam.append((torch.relu(g * a[0]).mean(0) * g.mean(0))[0, 1:])
        for x, g in zip(inputs, gradients[depth:]):
            gradcam.append(torch.relu(x[0, 1:] @ g[0, 1:].mean(0)))
        tensors["getam"].append(torch.stack(getam))
        tensors["token-gradcam"].append(torch.stack(gradcam))

    # The signed difference to an affinity of the decoder's, whatever it is, and the layers at most at its mean.
    between = torch.stack([a[0].mean(0)[1:, 1:] for a in found.attentions]).detach()
    picks = []
    for seed in range(2):
        decoders = torch.from_numpy(np.random.default_rng(seed).random(between.shape[1:]))
        differences = (decoders - between).sum((1, 2))
        picks.append(differences <= differences.mean())
    assert torch.equal(*picks) and 0 < picks[0].sum() < len(between)
    tensors["chosen"] = picks[0].nonzero()[:, 0]
    tensors["affinity"] = between[picks[0]].mean(0)

    tensors = {key: torch.stack(value) if isinstance(value, list) else value for key, value in tensors.items()}
    tensors = {key: (value if value.dtype == torch.int64 else value.detach().float()).contiguous() for key, value in tensors.items()}
    save_file(tensors, output / "soft_max.safetensors")
    print({key: tuple(value.shape) for key, value in tensors.items()}, tensors["value"], tensors["chosen"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
