#!/usr/bin/env python3
"""Opens what `getam label --export` writes with the programs it is for, and compares their masks with the label maps, pixel by pixel.

    python3 -m venv tools && tools/bin/pip install datumaro label-studio-sdk pycocotools datasets fiftyone numpy pillow
    tools/bin/python Tests/Scripts/export-reads.py GETAM

Labels of the bundled pictures with unknown pixels in them. Programs that are not installed are said to be left out. Exit status 1
where a mask differs; polygons may, and their overlap with the masks is printed.
"""
import csv
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

GETAM = Path(sys.argv[1]).resolve()
FORMATS = {
    "coco": "coco.json", "coco-stuff": "stuff/annotations/stuff_default.json", "coco-panoptic": "panoptic", "polygons": "polygons.json",
    "cvat": "cvat.zip", "label-studio": "label-studio", "datumaro": "datumaro", "roboflow": "roboflow", "fiftyone": "fiftyone",
    "imagefolder": "imagefolder",
}
UNKNOWN = 255
failed = False
place = tempfile.TemporaryDirectory()
os.chdir(place.name)
Path("stuff/annotations").mkdir(parents=True)
# Classes above a high level, background below a low one, unknown between.
Path("preset.json").write_text(json.dumps({"version": 1, "completion": {"band": [0.2, 0.4], "cut": None, "opening": 0}}))
pictures = sorted(GETAM.parent.glob("*_Assets.resources/pictures/*.jpg"))[:6]
export = [word for name, path in FORMATS.items() for word in ("--export", f"{name}={path}")]
subprocess.run([GETAM, "label", *pictures, "--predict", "0.1", "--preset", "preset.json", "-o", "labels", *export], check=True)
truth = {path.stem: np.array(Image.open(path)) for path in sorted(Path("labels").glob("*.png"))}
names = ["background"] + [entry["name"] for entry in json.loads(Path("coco.json").read_text())["categories"]]
assert any((label == UNKNOWN).any() for label in truth.values()), "no picture has unknown pixels"


def report(tool, found, known=lambda label: label):
    """Compares label maps by name; `known` is what the format keeps of one."""
    global failed
    same = found.keys() == truth.keys() and all(np.array_equal(found[name], known(label)) for name, label in truth.items())
    failed = failed or not same
    print(f"{tool}: {len(found)} pictures, {'every pixel the same' if same else 'DIFFERENT'}")


def without_unknown(label):
    return np.where(label == UNKNOWN, 0, label)


def has(module):
    if importlib.util.find_spec(module):
        return True
    print(f"{module}: not installed, left out")
    return False


if has("pycocotools"):
    from pycocotools.coco import COCO

    def coco(path, background):
        data, found, masks = COCO(path), {}, {}
        for image in data.loadImgs(data.getImgIds()):
            label = np.full((image["height"], image["width"]), background, np.uint8)
            for annotation in data.loadAnns(data.getAnnIds(image["id"])):
                mask = data.annToMask(annotation) > 0
                label[mask] = annotation["category_id"] % 255
                masks[Path(image["file_name"]).stem, annotation["category_id"]] = mask
            found[Path(image["file_name"]).stem] = label
        return found, masks

    report("pycocotools, coco", coco("coco.json", 0)[0], without_unknown)
    report("pycocotools, coco-stuff", coco("stuff/annotations/stuff_default.json", UNKNOWN)[0])
    overlaps = []
    for (name, number), mask in coco("polygons.json", 0)[1].items():
        wanted = truth[name] == number
        overlaps.append((mask & wanted).sum() / (mask | wanted).sum())
    print(f"pycocotools, polygons: {len(overlaps)} masks, IoU with the label's at least {min(overlaps):.4f}, mean {np.mean(overlaps):.4f}")
    failed = failed or min(overlaps) < 0.9

if has("datumaro"):
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    def datumaro(path, form, numbers=None):
        """Label maps of the masks; names of categories give the numbers."""
        data = Dataset.import_from(path, form)
        categories = [entry.name for entry in data.categories()[AnnotationType.label].items]
        found = {}
        for item in data:
            label = np.full_like(truth[item.id], UNKNOWN if form.startswith("coco") else 0)
            for annotation in item.annotations:
                if annotation.type == AnnotationType.mask:
                    name = categories[annotation.label]
                    label[annotation.image.astype(bool)] = UNKNOWN if name == "unknown" else names.index(name)
            found[item.id] = label
        return found

    with zipfile.ZipFile("cvat.zip") as archive:
        archive.extractall("cvat")
    report("Datumaro, cvat", datumaro("cvat", "voc_segmentation"))
    report("Datumaro, datumaro", datumaro("datumaro", "common_semantic_segmentation"))
    # It wants a folder of the pictures beside the annotations, as COCO's own sets have it.
    for place_of in ("panoptic", "stuff"):
        Path(place_of, "images").mkdir()
    report("Datumaro, coco-panoptic", datumaro("panoptic", "coco_panoptic"))
    report("Datumaro, coco-stuff", datumaro("stuff", "coco_stuff"))

if has("label_studio_sdk"):
    from label_studio_sdk.converter.brush import decode_rle
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(Path("label-studio/config.xml").read_text())
    interface.validate()
    found = {}
    for task in json.loads(Path("label-studio/tasks.json").read_text()):
        for prediction in task["predictions"]:
            if not interface.validate_prediction(prediction):
                sys.exit("Label Studio: the prediction does not fit the configuration")
            name = Path(task["data"]["image"].split("?d=")[1]).stem
            label = np.zeros_like(truth[name])
            for result in prediction["result"]:
                mask = decode_rle(result["value"]["rle"]).reshape(result["original_height"], result["original_width"], 4)[:, :, 3] > 0
                word = result["value"]["brushlabels"][0]
                label[mask] = UNKNOWN if word == "unknown" else names.index(word)
            found[name] = label
    report("label-studio-sdk, label-studio", found)

if has("datasets"):
    from datasets import load_dataset

    rows = load_dataset("imagefolder", data_dir="imagefolder", split="train", cache_dir="cache")
    found = {}
    for row in rows:
        # The picture tells which it is.
        name = next(n for n, p in zip(truth, pictures) if np.array_equal(np.array(Image.open(p)), np.array(row["image"])))
        mask = row.get("mask", row.get("mask_file_name"))
        found[name] = np.array(mask if isinstance(mask, Image.Image) else Image.open(Path("imagefolder") / mask))
    report("datasets, imagefolder", found)

if has("fiftyone"):
    # Its importer alone: a data set of its own would need its data base.
    from fiftyone.utils.data import ImageSegmentationDirectoryImporter

    found = {}
    with ImageSegmentationDirectoryImporter("fiftyone") as importer:
        for path, _, label in importer:
            found[Path(path).stem] = label.mask if label.mask is not None else np.array(Image.open(label.mask_path))
    report("FiftyOne, fiftyone", found)

# Roboflow's reader is its web page; by its rules, a pixel's value is the class of that row.
with open("roboflow/train/_classes.csv") as file:
    rows = {int(row["Pixel Value"]): row["Class"] for row in csv.DictReader(file, skipinitialspace=True)}
found = {}
for path in sorted(Path("roboflow/train").glob("*_mask.png")):
    values = np.array(Image.open(path))
    label = np.zeros_like(values)
    for value in np.unique(values):
        label[values == value] = UNKNOWN if rows[value] == "unknown" else names.index(rows[value])
    found[path.name.removesuffix("_mask.png")] = label
report("Roboflow's rules, roboflow", found)
sys.exit(failed)
