#!/usr/bin/env python3
"""Writes Tests/Fixtures/readers: label files and class maps as other programs pickle them, and what is in them.

    python3 -m venv oracle
    oracle/bin/pip install numpy==2.4.6 torch==2.13.0
    oracle/bin/python make_readers.py

    labels/     one dictionary in every form; labels.json says which classes each picture has
    maps/       class maps of irn, CLIP-ES and PSA, and as np.savez_compressed writes them; maps.json says what is in which file,
                maps.npy are the maps, strided.npy the quarter-size ones enlarged by PyTorch (align_corners=False)
    refused/    files that must be refused; refused.json says why
"""
import json
import pathlib
import pickle
import re
from collections import OrderedDict, defaultdict

import numpy as np
import torch

OUT = pathlib.Path(__file__).parent / "readers"
VOC = ("aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa "
       "train tvmonitor").split()
EXPECTED = {}


def folder(name):
    (OUT / name).mkdir(parents=True, exist_ok=True)
    return OUT / name


def save(path, value, protocol=None):
    """np.save's bytes; with `protocol`, pickled by that one. Addresses of tensors become numbers, for the same bytes at every run."""
    if protocol is None:
        np.save(path, value, allow_pickle=True)
        data, seen = path.read_bytes(), {}
        path.write_bytes(re.sub(rb"(?<=[\0\x0e\x0f])\d{12,16}(?=q|K|\x94)", lambda m: b"%0*d" % (
            len(m[0]), seen.setdefault(m[0], len(seen))), data))
        return
    array = np.array(value, dtype=object)
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        pickle.dump(array, file, protocol=protocol)


def one_hot(*classes, size=20):
    vector = np.zeros(size, np.float32)
    vector[list(classes)] = 1
    return vector


CLASSES = {"2007_000032": [0, 14], "2008_000001": [9], "2011_003256": []}
NUMBERS = {name: int(name.replace("_", "")) for name in CLASSES}


def labels(name, value, classes=CLASSES, names=VOC, protocol=None):
    save(folder("labels") / f"{name}.npy", value, protocol)
    EXPECTED[f"{name}.npy"] = {picture: [names[c] for c in found] for picture, found in classes.items()}


def objects(values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


def make_labels():
    vectors = {name: one_hot(*found) for name, found in CLASSES.items()}
    for protocol in (2, 3, 4, 5):
        labels(f"keys_int_{protocol}", {NUMBERS[n]: v for n, v in vectors.items()}, protocol=protocol)
        labels(f"keys_int32_{protocol}", {np.int32(NUMBERS[n]): v for n, v in vectors.items()}, protocol=protocol)
    for kind in (np.int64, np.uint32, np.uint64):
        labels(f"keys_{kind.__name__}", {kind(NUMBERS[n]): v for n, v in vectors.items()})
    labels("keys_str_", {np.str_(n): v for n, v in vectors.items()})
    labels("keys_bytes", {n.encode(): v for n, v in vectors.items()})
    labels("keys_paths", {f"JPEGImages/{n}.jpg": v for n, v in vectors.items()})
    coco = {"COCO_train2014_000000000009": [1], "000000000025": [0, 79], "31": []}
    labels("keys_coco", {int(n.split("_")[-1]): one_hot(*c, size=80) for n, c in coco.items()}, coco, [str(i) for i in range(80)])
    for kind in ("float16", "float64", "int64", "uint8", "bool", ">f4", ">i2"):
        labels(f"vectors_{kind.replace('>', 'big_')}", {n: v.astype(kind) for n, v in vectors.items()})
    labels("vectors_list", {n: v.tolist() for n, v in vectors.items()})
    labels("vectors_int_list", {n: [int(x) for x in v] for n, v in vectors.items()})
    labels("vectors_tuple", {n: tuple(v.tolist()) for n, v in vectors.items()})
    labels("vectors_scalars", {n: list(v) for n, v in vectors.items()})
    labels("vectors_row", {n: v[None] for n, v in vectors.items()})
    for kind in ("float32", "float16", "bfloat16", "int64", "bool", "uint8"):
        labels(f"tensors_{kind}", {n: torch.tensor(v).to(getattr(torch, kind)) for n, v in vectors.items()})
    table = torch.tensor(np.stack(list(vectors.values())))
    labels("tensors_views", {n: table[i] for i, n in enumerate(vectors)})
    labels("tensors_strided", {n: table.T.contiguous().T[i] for i, n in enumerate(vectors)})
    labels("names", {n: [VOC[c] for c in found] for n, found in CLASSES.items()})
    labels("ordered", OrderedDict(vectors))
    default = defaultdict(list)
    default.update(vectors)
    labels("default", default)
    labels("list_of_dictionaries", objects([{n: v} for n, v in vectors.items()]))
    labels("one_in_a_list", objects([vectors]))
    labels("list_of_pairs", objects([(n, v) for n, v in vectors.items()]))
    labels("list_of_lists", objects([[n, v] for n, v in vectors.items()]))
    pairs = np.empty((3, 2), object)
    for row, (n, v) in enumerate(vectors.items()):
        pairs[row] = [n, v]
    labels("table_of_pairs", pairs)
    (OUT / "labels.json").write_text(json.dumps(EXPECTED, indent=1) + "\n")


def make_maps():
    rng = np.random.default_rng(5)
    keys = np.array([7, 11])
    full = rng.random((2, 30, 40)).astype(np.float32)
    half = full.astype(np.float16)
    quarter = rng.random((2, 8, 10)).astype(np.float32)
    place, found = folder("maps"), {}

    def put(name, value, kind="maps"):
        save(place / name, value)
        found[name] = kind

    put("irn.npy", {"keys": torch.tensor(keys), "cam": torch.tensor(quarter), "high_res": full})
    put("irn_numpy.npy", {"keys": keys, "cam": quarter, "high_res": full})
    put("clip_es.npy", {"keys": keys, "attn_highres": half}, "half")
    put("clip_es_all.npy", {"keys": keys, "strided_cam": quarter, "highres": quarter.repeat(2, 1), "attn_highres": half}, "half")
    put("highres.npy", {"keys": keys.tolist(), "highres": full})
    put("tensors.npy", {"keys": torch.tensor(keys), "high_res": torch.tensor(full)})
    put("transposed.npy", {"keys": torch.tensor(keys), "high_res": torch.tensor(full).permute(2, 0, 1).contiguous().permute(1, 2, 0)})
    put("fortran.npy", {"keys": keys.astype(np.uint8), "high_res": np.asfortranarray(full)})
    put("big_endian.npy", {"keys": keys.astype(">i4"), "high_res": full.astype(">f8")})
    put("psa.npy", {7: full[0], 11: full[1]})
    put("psa_int64.npy", {np.int64(7): full[0], np.int64(11): full[1]})
    put("extra.npy", {"keys": keys, "high_res": full, "name": "a", "note": [1, "x"], "size": (30, 40)})
    put("strided.npy", {"keys": torch.tensor(keys), "cam": torch.tensor(quarter)}, "quarter")
    for name, arrays in (
            ("deflated.npz", {"keys": keys, "maps": full}), ("deflated_f8.npz", {"keys": keys.astype(np.int32), "maps": full.astype(np.float64)}),
            ("deflated_fortran.npz", {"keys": keys.astype(np.uint8), "high_res": np.asfortranarray(full)})):
        np.savez_compressed(place / name, **arrays)
        found[name] = "maps"
    np.savez_compressed(place / "deflated_f2.npz", keys=keys.astype(np.uint64), attn_highres=half)
    found["deflated_f2.npz"] = "half"
    np.savez(place / "stored.npz", keys=keys.astype(">i8"), maps=full.astype(">f4"))
    found["stored.npz"] = "maps"
    large = torch.nn.functional.interpolate(torch.tensor(quarter)[None], (30, 40), mode="bilinear", align_corners=False)[0]
    np.save(OUT / "maps.npy", full)
    np.save(OUT / "half.npy", half)
    np.save(OUT / "quarter.npy", quarter)
    np.save(OUT / "strided.npy", large.numpy())
    (OUT / "maps.json").write_text(json.dumps(found, indent=1) + "\n")


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def make_refused():
    place, why = folder("refused"), {}

    def put(name, value, words):
        save(place / name, value)
        why[name] = words

    put("call_in_labels.npy", {"a": Call(eval, "1+1")}, "builtins.eval, which is not loaded")
    put("call_in_maps.npy", {"keys": np.arange(1), "high_res": Call(eval, "1+1")}, "builtins.eval, which is not loaded")
    put("not_a_file.npy", {"a": Call(torch.storage._load_from_bytes, pickle.dumps({1: 2}))}, "not one of torch.save")
    put("expanded.npy", {"keys": np.arange(1), "high_res": torch.zeros(1).expand(1, 1 << 14, 1 << 14)}, "over and over")
    put("no_maps.npy", {"keys": np.arange(1), "other": np.zeros((1, 2, 2))}, "holds no class maps")
    put("two_shapes.npy", {0: np.zeros((2, 2)), 1: np.zeros((2, 3))}, "maps of different shapes")
    put("text_maps.npy", {"keys": np.arange(1), "high_res": ["a"]}, "something else than an array of numbers")
    put("float_keys.npy", {1.5: np.zeros(20)}, "neither a name nor a whole number")
    put("text_vectors.npy", {"a": "cat"}, "something else than vectors")
    put("complex.npy", {"a": np.zeros(20, complex)}, "something else than vectors")
    put("repeated_name.npy", objects([(b"x" * 10_000, one_hot())] * 4000), "over and over")
    put("number.npy", np.array([3], dtype=object), "does not hold")
    put("not_finite.npy", {"keys": np.arange(1), "high_res": np.full((1, 2, 2), np.nan)}, "not finite")
    (OUT / "refused.json").write_text(json.dumps(why, indent=1) + "\n")


if __name__ == "__main__":
    make_labels()
    make_maps()
    make_refused()
    print(sum(1 for _ in OUT.rglob("*.np[yz]")), "files")
