"""Imports open_clip where PyPI's torchvision, which is built for CUDA, stands beside a torch for CPUs: its operators cannot be loaded,
and nothing of it is used here, so that any name stands for them."""
import re
import sys

import torch

_library = None
for _ in range(40):
    try:
        import open_clip
        break
    except RuntimeError as error:
        missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
        if not missing:
            raise
        for name in [name for name in sys.modules if name.startswith(("torchvision", "open_clip"))]:
            del sys.modules[name]
        _library = _library or torch.library.Library("torchvision", "DEF")
        _library.define(missing[1] + "(Tensor x) -> Tensor")
