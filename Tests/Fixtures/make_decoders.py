#!/usr/bin/env python3
"""Makes `decoders/light.safetensors`: the light decoder on the tokens of `models/registers_layerscale`, restated in PyTorch, with
float64 autograd's answer.

    python make_decoders.py [OUTPUT_FOLDER]        default: the folder `decoders` beside this script

`decoder.*` are the parameters, of 8 channels and 4 labels, on blocks 0 and 2; `pixels` [3, 40, 40] the input; `logits` [20, 20, 4];
`cotangent` [20, 20, 4], with which the scalar is the sum of the logits' products, and `gradient.NAME` its gradient by every parameter
of the decoder and of the model (under timm's names).
"""
import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

HERE = Path(__file__).resolve().parent
OUTPUT = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "decoders"
OUTPUT.mkdir(exist_ok=True)
torch.set_num_threads(1)
folder = HERE / "models/registers_layerscale"
config = json.loads((folder / "config.json").read_text())
model = timm.create_model(config["architecture"], num_classes=5, **config["model_args"])
model.load_state_dict(load_file(folder / "model.safetensors"))
model.double().eval()
random = np.random.default_rng(12)
channels, labels, width, blocks = 8, 4, 32, (0, 2)


def normal(*shape, gain=1.0, about=0.0):
    values = torch.from_numpy((about + gain * random.standard_normal(shape)).astype(np.float32)).double()
    return values.requires_grad_()


decoder = {}
for block in blocks:
    name = f"decoder.taps.{block}."
    decoder |= {name + "norm.weight": normal(width, gain=0.3, about=1), name + "norm.bias": normal(width, gain=0.3),
                name + "reduction.weight": normal(channels, width, gain=0.2), name + "reduction.bias": normal(channels)}
for index in range(3):
    name = f"decoder.refinements.{index}."
    decoder |= {name + "norm.weight": normal(channels, gain=0.3, about=1), name + "norm.bias": normal(channels, gain=0.3),
                name + "conv.weight": normal(channels, channels, 3, 3, gain=0.15), name + "conv.bias": normal(channels, gain=0.3)}
decoder |= {"decoder.norm.weight": normal(channels, gain=0.3, about=1), "decoder.norm.bias": normal(channels, gain=0.3),
            "decoder.classifier.weight": normal(labels, channels), "decoder.classifier.bias": normal(labels)}


def layer_norm(x, name):
    return F.layer_norm(x, x.shape[-1:], decoder[name + ".weight"], decoder[name + ".bias"], 1e-6)


pixels = torch.from_numpy(random.standard_normal((3, 40, 40)).astype(np.float32))
streams = {}
for block in blocks:
    model.blocks[block].register_forward_hook(lambda _, __, out, block=block: streams.__setitem__(block, out))
model(pixels.double()[None])
x = sum(F.linear(layer_norm(streams[block][0, 5:], f"decoder.taps.{block}.norm"), decoder[f"decoder.taps.{block}.reduction.weight"],
                 decoder[f"decoder.taps.{block}.reduction.bias"]) for block in blocks).view(5, 5, channels)
for index in range(3):
    if index:
        x = F.interpolate(x.permute(2, 0, 1)[None], scale_factor=2, mode="bilinear", align_corners=False)[0].permute(1, 2, 0)
    name = f"decoder.refinements.{index}."
    inner = F.gelu(layer_norm(x, name + "norm")).permute(2, 0, 1)[None]
    x = x + F.conv2d(inner, decoder[name + "conv.weight"], decoder[name + "conv.bias"], padding=1)[0].permute(1, 2, 0)
logits = F.linear(F.gelu(layer_norm(x, "decoder.norm")), decoder["decoder.classifier.weight"], decoder["decoder.classifier.bias"])
cotangent = torch.from_numpy(random.standard_normal(tuple(logits.shape)).astype(np.float32))
parameters = decoder | {name: value for name, value in model.named_parameters() if not name.startswith(("head.", "norm.", "fc_norm."))}
gradients = torch.autograd.grad((logits * cotangent).sum(), list(parameters.values()))
tensors = {name: value.detach().float() for name, value in decoder.items()}
tensors |= {"pixels": pixels, "logits": logits.detach().float(), "cotangent": cotangent}
tensors |= {"gradient." + name: gradient.float().contiguous() for name, gradient in zip(parameters, gradients)}
save_file(tensors, OUTPUT / "light.safetensors")
print(f"written: {len(parameters)} parameters")
