#!/usr/bin/env python3
"""Which steps of related systems, and which methods, make better labels: mean IoU of class maps over photographs with masks.

    python3 Tests/Benchmarks/steps.py GETAM --images DIR --truth DIR --labels FILE --list FILE -o TABLE [--rows WORD]

Each row is the preset `getam` of one view at 448 pixels without its refiners, with one step put in: alone (raw), and beside the preset's
affinity along attention, before or behind it as the step works on patches or on pixels. `getam label --cams` writes the maps of every
picture, its classes known; `getam evaluate --cams --sweep` finds the background level on the even lines of the list, and the figure of
the odd lines is at that level: chosen by nothing. TABLE is Markdown, a line as soon as it is known; rows that it holds are not run again.
"""
import argparse, json, os, subprocess, sys, tempfile

AFFINITY = {"kind": "patch-affinity", "layers": "fused", "normalization": "sinkhorn", "steps": 2}
FIELD = {"kind": "dense-crf", "iterations": 5, "smoothnessWidth": 3, "smoothnessWeight": 3, "appearanceWidth": 60, "appearanceColor": 5,
         "appearanceWeight": 6, "backgroundLevel": 0.55, "sharpness": 10}


def patches(**refiner): return {"refiners": [refiner]}
def pixels(**refiner): return {"pixels": [refiner]}


STEPS = [
    ("nothing", {}),
    ("fusion `normalizedSum`", {"fusion": "normalizedSum"}),
    ("fusion `certainty` (UM-CAM)", {"fusion": "certainty"}),
    ("fusion `maximum` (Zoom-CAM)", {"fusion": "maximum"}),
    ("fusion `product` (RefineCAM)", {"fusion": "product"}),
    ("all layers", {"layers": {"from": 0}}),
    ("the last two layers (ACR)", {"layers": {"last": 2}}),
    ("the last layer (CLIP-ES)", {"layers": {"last": 1}}),
    ("mirrored, too (ACR)", {"flip": True}),
    ("three scales and mirrored (AFA, ToCo)", {"scales": [1, 0.5, 1.5], "flip": True}),
    ("tiles, `mean` (Puzzle-CAM)", {"tiles": "mean"}),
    ("tiles, `maximum`", {"tiles": "maximum"}),
    ("heads weighted (WeakTr)", {"method": "head-weighted"}),
    ("affinity of all layers, raw (ACR, MCTformer)", patches(kind="patch-affinity", layers="all", normalization="none", steps=1)),
    ("affinity from boxes (CLIP-ES)", patches(kind="class-affinity", last=8, level=0.4)),
    ("walk on symmetric attention (AFA)", patches(kind="affinity-walk", last=2, radius=8)),
    ("coupled diffusion, forward (after AD-CAM)", patches(kind="coupled-diffusion", direction="forward")),
    ("coupled diffusion, backward (after AD-CAM)", patches(kind="coupled-diffusion", direction="backward")),
    ("the picture's own prototypes (SIPE)", patches(kind="image-prototypes")),
    ("geodesic expansion (UM-CAM)", pixels(kind="geodesic")),
    ("PAMR", pixels(kind="pamr")),
    ("PAR (AFA)", pixels(kind="par")),
    ("dense CRF", pixels(**FIELD)),
]


def preset(step, with_affinity):
    step = dict(step)
    before, behind = step.pop("refiners", []), step.pop("pixels", [])
    refiners = before + ([AFFINITY] if with_affinity else []) + behind
    return {"version": 1, "method": "getam", "size": 448, "share": True, "upsampling": "centers", "normalization": "minimumMaximum",
            "refiners": refiners, "completion": {"level": 0.5, "cut": None, "opening": 0}, **step}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("getam")
    for option in ("images", "truth", "labels", "list"): parser.add_argument("--" + option, required=True)
    parser.add_argument("-o", dest="table", required=True)
    parser.add_argument("--only", default="cat,cow,dog,horse,person,sheep", help="the classes that count beside background")
    parser.add_argument("--rows", default="", help="the rows whose name holds this")
    words = parser.parse_args()
    lines = [line.split()[0] for line in open(words.list) if line.strip()]
    if not os.path.exists(words.table):
        with open(words.table, "w") as table: table.write("| step | raw | with affinity |\n|---|---|---|\n")
    known = {line.split("|")[1].strip() for line in open(words.table)}
    with tempfile.TemporaryDirectory() as folder:
        for part in (0, 1):
            with open(f"{folder}/{part}.txt", "w") as file: file.write("".join(name + "\n" for name in lines[1 - part::2]))

        def run(*arguments):
            done = subprocess.run([words.getam, *arguments], capture_output=True, text=True)
            if done.returncode: sys.exit(f"{' '.join(arguments)}: {done.stderr.strip()}")
            return done.stdout

        def figure(step, with_affinity):
            with open(f"{folder}/step.json", "w") as file: json.dump(preset(step, with_affinity), file)
            maps = f"{folder}/maps"
            run("label", "--images", words.images, "--list", words.list, "--labels", words.labels, "--preset", f"{folder}/step.json",
                "--class-list", "voc", "-o", f"{folder}/out", "--cams", maps)
            common = ("evaluate", "--cams", maps, "--truth", words.truth, "--class-list", "voc", "--only", words.only, "--json")
            best = json.loads(run(*common, "--list", f"{folder}/0.txt", "--sweep"))["best"]
            odd = json.loads(run(*common, "--list", f"{folder}/1.txt", "--level", str(best["level"])))["mIoU"]
            subprocess.run(["rm", "-rf", maps, f"{folder}/out"])
            return f"{100 * best['mIoU']:.1f} / {100 * odd:.1f} ({best['level']:.2f})"

        for name, step in STEPS:
            if name in known or words.rows not in name: continue
            row = f"| {name} | {figure(step, False)} | {figure(step, True)} |\n"
            with open(words.table, "a") as table: table.write(row)
            print(row, end="", flush=True)


if __name__ == "__main__":
    main()
