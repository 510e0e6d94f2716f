#!/usr/bin/env python3
"""Writes Tests/Fixtures/images/interpolation.txt: lines of numbers resampled by PyTorch in float64. Needs PyTorch and numpy.

Each line of the file: filter antialias outputs scale | inputs | outputs; scale is 0 when it follows from the sizes.
"""
import os
import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(7)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'images', 'interpolation.txt'), 'w') as out:
    for mode in ('bilinear', 'bicubic'):
        for antialias in (False, True):
            for n, m in ((14, 16), (14, 37), (24, 14), (14, 5), (7, 7), (3, 1), (1, 4), (2, 9)):
                line = rng.normal(size=n)
                result = F.interpolate(torch.tensor(line).reshape(1, 1, 1, n), size=(1, m), mode=mode,
                                       antialias=antialias, align_corners=False).flatten().numpy()
                out.write(f'{mode} {int(antialias)} {m} 0 | {" ".join(map(repr, map(float, line)))}'
                          f' | {" ".join(map(repr, map(float, result)))}\n')
    # A given scale factor, not recomputed from the sizes: the first models with interpolated position embeddings do so.
    for n, factor in ((14, (20 + 0.1) / 14), (14, (9 + 0.1) / 14)):
        line = rng.normal(size=n)
        result = F.interpolate(torch.tensor(line).reshape(1, 1, 1, n), scale_factor=(1.0, factor), mode='bicubic',
                               align_corners=False, recompute_scale_factor=False).flatten().numpy()
        out.write(f'bicubic 0 {len(result)} {1 / factor!r} | {" ".join(map(repr, map(float, line)))}'
                  f' | {" ".join(map(repr, map(float, result)))}\n')
