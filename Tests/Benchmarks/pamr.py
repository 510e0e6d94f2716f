#!/usr/bin/env python3
"""Time of PAMR as one writes it in PyTorch: shifted copies by fixed 3×3 convolutions, soft-max, ten weighted sums.

    python pamr.py [--size 384] [--classes 3] [--threads 2] [--runs 5]        prints the median in milliseconds

Compare with `getam-bench refine` of the same size, run in turn with it.
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F

DIRECTIONS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


class PAMR(torch.nn.Module):
    def __init__(self, iterations=10, dilations=(1, 2, 4, 8, 12, 24)):
        super().__init__()
        self.iterations, self.dilations = iterations, dilations
        difference, copy, window = torch.zeros(8, 1, 3, 3), torch.zeros(8, 1, 3, 3), torch.zeros(9, 1, 3, 3)
        for index, (dy, dx) in enumerate(DIRECTIONS):
            difference[index, 0, 1, 1] = 1
            difference[index, 0, 1 + dy, 1 + dx] = -1
            copy[index, 0, 1 + dy, 1 + dx] = 1
            window[index, 0, 1 + dy, 1 + dx] = 1
        window[8, 0, 1, 1] = 1
        self.register_buffer("difference", difference)
        self.register_buffer("copy", copy)
        self.register_buffer("window", window)

    def around(self, x, kernel):
        """[B, K, h, w] to [B, K, neighbours, h, w]."""
        b, k, h, w = x.shape
        flat = x.reshape(b * k, 1, h, w)
        parts = [F.conv2d(F.pad(flat, [d] * 4, mode="replicate"), kernel, dilation=d) for d in self.dilations]
        return torch.cat(parts, 1).reshape(b, k, -1, h, w)

    @torch.no_grad()
    def forward(self, image, maps):
        deviation = self.around(image, self.window).std(2, keepdim=True)
        affinity = -self.around(image, self.difference).abs() / (1e-8 + 0.1 * deviation)
        weights = affinity.mean(1, keepdim=True).softmax(2)
        for _ in range(self.iterations):
            maps = (self.around(maps, self.copy) * weights).sum(2)
        return maps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    image = torch.randint(0, 256, (1, 3, options.size, options.size)).float()
    maps = torch.rand(1, options.classes, options.size, options.size)
    model = PAMR()
    model(image, maps)
    times = []
    for _ in range(options.runs):
        start = time.perf_counter()
        model(image, maps)
        times.append((time.perf_counter() - start) * 1000)
    print(f"pamr pytorch {torch.__version__} {options.size}x{options.size} {options.classes} classes "
          f"{options.threads} threads: {statistics.median(times):.1f} ms")


if __name__ == "__main__":
    main()
