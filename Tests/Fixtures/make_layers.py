"""Writes layers.safetensors: convolutions, norms, pooling and resizing of feature maps as PyTorch computes them, and
layer_gradients.safetensors: the gradients of the layers that are trained, by autograd.

    python make_layers.py

Each case is a set of tensors `name.x`, `name.y` and what else it needs; maps are [channels, height, width]. Computed in
float64 from Float32 values, then rounded.
"""
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

generator = torch.Generator().manual_seed(11)
tensors = {}


def random(*shape):
    return torch.randn(*shape, generator=generator).double()


def keep(name, **values):
    for key, value in values.items():
        if key in ("x", "y", "addend") and value.dim() == 4:
            value = value[0]
        tensors[f"{name}.{key}"] = value.float().contiguous()


def same(x, kernel, stride, value=0.0):
    """TensorFlow's "SAME" padding."""
    pads = []
    for length in (x.shape[3], x.shape[2]):
        total = max((math.ceil(length / stride) - 1) * stride + kernel - length, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


# name: input channels, output channels, height, width, kernel, stride, padding (None: SAME)
convolutions = {
    "conv1": (5, 37, 7, 9, 1, 1, 0),
    "conv1_s2": (19, 40, 7, 9, 1, 2, None),
    "conv3_p1": (6, 70, 11, 5, 3, 1, 1),
    "conv3_s2_p1": (8, 96, 9, 10, 3, 2, 1),
    "conv3_s2_same": (4, 33, 10, 12, 3, 2, None),
    "conv3_s2_same_odd": (4, 33, 11, 13, 3, 2, None),
    "conv7_s2_same": (3, 32, 22, 28, 7, 2, None),
    "conv3_narrow": (3, 4, 2, 1, 3, 1, 1),
    "conv3_large": (3, 8, 40, 45, 3, 1, 1),
}
for name, (inputs, outputs, height, width, kernel, stride, padding) in convolutions.items():
    x = random(1, inputs, height, width).float().double()
    weight = random(outputs, inputs, kernel, kernel).float().double()
    bias = random(outputs).float().double()
    if padding is None:
        y = F.conv2d(same(x, kernel, stride), weight, bias, stride)
    else:
        y = F.conv2d(x, weight, bias, stride, padding)
    addend = random(*y.shape).float().double()
    norm = {key: random(outputs).float().double() for key in ("weight", "bias", "mean")}
    norm["variance"] = random(outputs).float().double().abs() + 0.1
    keep(name, x=x, weight=weight, bias=bias, y=y, addend=addend, **{"norm_" + k: v for k, v in norm.items()})

for name, (inputs, outputs, height, width, scale) in {"up2": (6, 5, 3, 4, 2), "up4": (7, 9, 4, 3, 4)}.items():
    x, weight = random(1, inputs, height, width), random(inputs, outputs, scale, scale)
    x, weight, bias = x.float().double(), weight.float().double(), random(outputs).float().double()
    keep(name, x=x, weight=weight, bias=bias, y=F.conv_transpose2d(x, weight, bias, scale))

# A mean far from zero, so that a variance from sums of squares would cancel.
for name, offset, shape in (("group_norm", 0.3, (1, 64, 5, 7)), ("group_norm_far", 200.0, (1, 64, 19, 17))):
    x = (random(*shape) * 0.5 + offset + random(1, 64, 1, 1)).float().double()
    weight, bias = random(64).float().double(), random(64).float().double()
    keep(name, x=x, weight=weight, bias=bias, y=F.group_norm(x, 32, weight, bias, 1e-5))

for name, shape in (("pool_even", (1, 6, 8, 10)), ("pool_odd", (1, 6, 9, 7))):
    x = (random(*shape) - 3).float().double()
    keep(name, x=x, y=F.max_pool2d(same(x, 3, 2, -math.inf), 3, 2))

for name, shape, size in (
    ("resize_up", (1, 5, 3, 4), (6, 8)),
    ("resize_uneven", (1, 3, 5, 7), (13, 4)),
    ("resize_one", (1, 4, 1, 6), (3, 1)),
):
    x = random(*shape).float().double()
    keep(
        name, x=x, aligned=F.interpolate(x, size=size, mode="bilinear", align_corners=True)[0],
        centered=F.interpolate(x, size=size, mode="bilinear", align_corners=False)[0],
    )

save_file(tensors, pathlib.Path(__file__).parent / "layers.safetensors")

# Backwards. The gradients of the sum of y ⊙ dy: `name.dx`, `name.dweight`, `name.dbias`, `name.daddend`; what is not in here is in
# layers.safetensors. A convolution's dy is its `addend`.
inputs, tensors = tensors, {}
generator = torch.Generator().manual_seed(12)


def back(name, y, dy, **leaves):
    gradients = torch.autograd.grad((y * dy).sum(), list(leaves.values()))
    for key, gradient in zip(leaves, gradients):
        tensors[f"{name}.d{key}"] = (gradient[0] if gradient.dim() == 4 and key in ("x", "addend") else gradient).float().contiguous()


def leaf(name, key):
    value = inputs[f"{name}.{key}"].double()
    return (value[None] if key in ("x", "addend") else value).requires_grad_()


for name, (_, _, _, _, kernel, stride, padding) in convolutions.items():
    x, weight, bias = (leaf(name, key) for key in ("x", "weight", "bias"))
    y = F.conv2d(same(x, kernel, stride), weight, bias, stride) if padding is None else F.conv2d(x, weight, bias, stride, padding)
    back(name, y, leaf(name, "addend").detach(), x=x, weight=weight, bias=bias)

for name in ("group_norm", "group_norm_far"):
    x, weight, bias = (leaf(name, key) for key in ("x", "weight", "bias"))
    addend, dy = random(*x.shape).float().double().requires_grad_(), random(*x.shape).float().double()
    keep(name, addend=addend.detach(), dy=dy[0])
    back(name, F.relu(F.group_norm(x, 32, weight, bias, 1e-5) + addend), dy, x=x, weight=weight, bias=bias, addend=addend)

# Few values, so that many are the largest of their window.
for name, shape in (("pool_ties", (1, 20, 8, 10)), ("pool_ties_odd", (1, 37, 9, 7))):
    x = torch.randint(-3, 1, shape, generator=generator).double().requires_grad_()
    y = F.max_pool2d(same(x, 3, 2, -math.inf), 3, 2)
    dy = random(*y.shape).float().double()
    keep(name, x=x.detach(), dy=dy[0])
    back(name, y, dy, x=x)

# Weights less their mean over their population deviation + 1e-5: of a usual size, far from zero, and hardly any.
weight = random(6, 5, 3, 3) * torch.tensor([1, 0.05, 1, 1, 1e-4, 1e-6]).double()[:, None, None, None]
weight = (weight + torch.tensor([0, 0, 5, -0.5, 0, 0]).double()[:, None, None, None]).float().double().requires_grad_()
deviation, mean = torch.std_mean(weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
y, dy = (weight - mean) / (deviation + 1e-5), random(6, 5, 3, 3).float().double()
tensors |= {"standardized.weight": weight.detach().float(), "standardized.result": y.detach().float(), "standardized.dy": dy.float()}
back("standardized", y, dy, weight=weight)

for name, scale in {"up2": 2, "up4": 4}.items():
    x, weight, bias = (leaf(name, key) for key in ("x", "weight", "bias"))
    y = F.conv_transpose2d(x, weight, bias, scale)
    dy = random(*y.shape).float().double()
    keep(name, dy=dy[0])
    back(name, y, dy, x=x, weight=weight, bias=bias)

# Batch norm over three pictures, by their own statistics: of a usual mean, and far from zero.
for name, offset, shape in (("batch_norm", 0.3, (3, 21, 5, 7)), ("batch_norm_far", 200.0, (3, 5, 19, 17))):
    channels = shape[1]
    x = (random(*shape) * 0.5 + offset + random(1, channels, 1, 1)).float().double().requires_grad_()
    weight, bias = (random(channels).float().double().requires_grad_() for _ in range(2))
    mean, variance = torch.zeros(channels).double(), torch.ones(channels).double()
    y = F.batch_norm(x, mean, variance, weight, bias, True, 0.1, 1e-5)
    dy = random(*y.shape).float().double()
    gradients = torch.autograd.grad((y * dy).sum(), [x, weight, bias])
    values = {"x": x, "weight": weight, "bias": bias, "y": y, "dy": dy, "running_mean": mean, "running_variance": variance}
    values |= dict(zip(("dx", "dweight", "dbias"), gradients))
    tensors |= {f"{name}.{key}": value.detach().float().contiguous() for key, value in values.items()}

save_file(tensors, pathlib.Path(__file__).parent / "layer_gradients.safetensors")
