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
WIDTH, BLOCKS, CHANNELS = 32, (0, 2), 8


def transformer():
    """`models/registers_layerscale` in float64."""
    folder = HERE / "models/registers_layerscale"
    config = json.loads((folder / "config.json").read_text())
    model = timm.create_model(config["architecture"], num_classes=5, **config["model_args"])
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.double().eval()


def decoder_parameters(random, labels):
    def normal(*shape, gain=1.0, about=0.0):
        values = torch.from_numpy((about + gain * random.standard_normal(shape)).astype(np.float32)).double()
        return values.requires_grad_()

    decoder = {}
    for block in BLOCKS:
        name = f"decoder.taps.{block}."
        decoder |= {name + "norm.weight": normal(WIDTH, gain=0.3, about=1), name + "norm.bias": normal(WIDTH, gain=0.3),
                    name + "reduction.weight": normal(CHANNELS, WIDTH, gain=0.2), name + "reduction.bias": normal(CHANNELS)}
    for index in range(3):
        name = f"decoder.refinements.{index}."
        decoder |= {name + "norm.weight": normal(CHANNELS, gain=0.3, about=1), name + "norm.bias": normal(CHANNELS, gain=0.3),
                    name + "conv.weight": normal(CHANNELS, CHANNELS, 3, 3, gain=0.15), name + "conv.bias": normal(CHANNELS, gain=0.3)}
    return decoder | {
        "decoder.norm.weight": normal(CHANNELS, gain=0.3, about=1), "decoder.norm.bias": normal(CHANNELS, gain=0.3),
        "decoder.classifier.weight": normal(labels, CHANNELS), "decoder.classifier.bias": normal(labels)}


def decode(decoder, streams):
    """Logits [20, 20, labels] from the patch tokens [25, WIDTH] after every block of BLOCKS."""
    def layer_norm(x, name):
        return F.layer_norm(x, x.shape[-1:], decoder[name + ".weight"], decoder[name + ".bias"], 1e-6)

    x = sum(F.linear(layer_norm(streams[block], f"decoder.taps.{block}.norm"), decoder[f"decoder.taps.{block}.reduction.weight"],
                     decoder[f"decoder.taps.{block}.reduction.bias"]) for block in BLOCKS).view(5, 5, CHANNELS)
    for index in range(3):
        if index:
            x = F.interpolate(x.permute(2, 0, 1)[None], scale_factor=2, mode="bilinear", align_corners=False)[0].permute(1, 2, 0)
        name = f"decoder.refinements.{index}."
        inner = F.gelu(layer_norm(x, name + "norm")).permute(2, 0, 1)[None]
        x = x + F.conv2d(inner, decoder[name + "conv.weight"], decoder[name + "conv.bias"], padding=1)[0].permute(1, 2, 0)
    return F.linear(F.gelu(layer_norm(x, "decoder.norm")), decoder["decoder.classifier.weight"], decoder["decoder.classifier.bias"])


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "decoders"
    output.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    model = transformer()
    random = np.random.default_rng(12)
    decoder = decoder_parameters(random, labels=4)
    pixels = torch.from_numpy(random.standard_normal((3, 40, 40)).astype(np.float32))
    streams = {}
    for block in BLOCKS:
        model.blocks[block].register_forward_hook(lambda _, __, out, block=block: streams.__setitem__(block, out[0, 5:]))
    model(pixels.double()[None])
    logits = decode(decoder, streams)
    cotangent = torch.from_numpy(random.standard_normal(tuple(logits.shape)).astype(np.float32))
    parameters = decoder | {name: value for name, value in model.named_parameters() if not name.startswith(("head.", "norm.", "fc_norm."))}
    gradients = torch.autograd.grad((logits * cotangent).sum(), list(parameters.values()))
    tensors = {name: value.detach().float() for name, value in decoder.items()}
    tensors |= {"pixels": pixels, "logits": logits.detach().float(), "cotangent": cotangent}
    tensors |= {"gradient." + name: gradient.float().contiguous() for name, gradient in zip(parameters, gradients)}
    save_file(tensors, output / "light.safetensors")
    print(f"written: {len(parameters)} parameters")


if __name__ == "__main__":
    main()
