#!/usr/bin/env python3
"""Makes `labels/levels.json`: levels that are found in activations, by scikit-learn and scikit-image. Deterministic.

    python make_levels.py [OUTPUT_FILE]        default: `labels/levels.json` beside this script

On top of README.md's versions it needs scikit-learn and scikit-image. Samples are activations in 256 steps, given as their counts. The
mixture begins with the two groups that Otsu's level makes; its level is where both are equally likely between their means.
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from skimage.filters import threshold_otsu
from sklearn.mixture import GaussianMixture

HERE = Path(__file__).resolve().parent


def samples():
    random = np.random.default_rng(3)
    yield "apart", np.concatenate([random.normal(0.2, 0.05, 4000), random.normal(0.8, 0.07, 1500)])
    yield "near", np.concatenate([random.normal(0.3, 0.1, 5000), random.normal(0.55, 0.12, 3000)])
    yield "few", np.concatenate([random.beta(1.2, 12, 9000), random.normal(0.85, 0.05, 200)])
    yield "one", random.beta(1, 6, 6000)
    yield "two values", np.repeat([0.1, 0.9], [300, 100])


def make(values):
    values = np.clip(np.rint(np.clip(values, 0, 1) * 255), 0, 255).astype(np.uint8)
    split = threshold_otsu(values)
    groups = [values[values <= split] / 255, values[values > split] / 255]
    mixture = GaussianMixture(
        2, tol=1e-9, reg_covar=1e-6, max_iter=500, weights_init=[len(g) / len(values) for g in groups],
        means_init=[[g.mean()] for g in groups], precisions_init=[[[1 / (g.var() + 1e-6)]] for g in groups])
    mixture.fit((values / 255).reshape(-1, 1))
    order = np.argsort(mixture.means_[:, 0])
    share, mean = mixture.weights_[order], mixture.means_[order, 0]
    deviation = np.sqrt(mixture.covariances_[order, 0, 0])

    def lead(x):
        one, other = [np.log(share[i]) + norm.logpdf(x, mean[i], deviation[i]) for i in (0, 1)]
        return other - one

    level = brentq(lead, mean[0], mean[1]) if lead(mean[0]) < 0 < lead(mean[1]) else mean[0] if lead(mean[0]) >= 0 else mean[1]
    return {
        "counts": np.bincount(values, minlength=256).tolist(), "otsu": int(split), "shares": share.tolist(), "means": mean.tolist(),
        "variances": (deviation ** 2).tolist(), "level": float(level)}


if __name__ == "__main__":
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "labels" / "levels.json"
    rounded = json.loads(json.dumps({name: make(values) for name, values in samples()}), parse_float=lambda text: float(f"{float(text):.9g}"))
    output.write_text(json.dumps(rounded, separators=(",", ":")).replace('},"', '},\n"') + "\n")
