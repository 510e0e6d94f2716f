"""Means of the IoU of a few label maps, by the programs that others use: labels/averages.json.

Of the data set: mmseg's IoUMetric and torchmetrics' JaccardIndex. Of single pictures: torchmetrics' functional mean_iou, averaged. Of
pictures' classes: its segmentation.MeanIoU (1.9), a picture an update. A predicted 255 stands in no class: mmseg drops it by itself, torchmetrics gets one class more for it, which is not averaged, and
no pixels whose truth is 255.

    pip install torch torchmetrics mmengine-lite; pip install --no-deps mmsegmentation
    python3 make_averages.py
"""
import importlib.util
import json
import pathlib
import sys
import types

import numpy as np
import torch
from torchmetrics.classification import MulticlassJaccardIndex
from torchmetrics.functional.segmentation import mean_iou
from torchmetrics.segmentation import MeanIoU


def iou_metric():
    """mmseg's class; its package's own start asks for mmcv, which the metric does not need."""
    registry = types.ModuleType("mmseg.registry")
    registry.METRICS = types.SimpleNamespace(register_module=lambda: lambda cls: cls)
    sys.modules["mmseg"] = types.ModuleType("mmseg")
    sys.modules["mmseg.registry"] = registry
    folder = next(pathlib.Path(p) for p in sys.path if (pathlib.Path(p) / "mmseg" / "evaluation").is_dir())
    spec = importlib.util.spec_from_file_location("iou_metric", folder / "mmseg/evaluation/metrics/iou_metric.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.IoUMetric


OUT = pathlib.Path(__file__).parent / "labels"
CLASSES = 7


def picture(random, classes):
    """Truth and prediction of a few of the classes, with unknown pixels in both."""
    shape = (int(random.integers(4, 9)), int(random.integers(4, 9)))
    truth = random.choice(classes, shape)
    prediction = np.where(random.random(shape) < 0.6, truth, random.choice(classes[:-1], shape))
    truth[random.random(shape) < 0.1] = 255
    prediction[random.random(shape) < 0.1] = 255
    return tuple(torch.from_numpy(labels.astype(np.int64)) for labels in (truth, prediction))


random = np.random.default_rng(7)
# No picture shows class 5, and the number of classes differs.
pairs = [picture(random, classes) for classes in ([0, 1], [0, 2, 3, 4, 6], [0, 6], [1, 3], [0, 1, 2, 3, 4, 6])]

Metric = iou_metric()
areas = [Metric.intersect_and_union(prediction, truth, CLASSES, 255) for truth, prediction in pairs]
mmseg = Metric.total_area_to_metrics(*[sum(area[k] for area in areas).double() for k in range(4)], ["mIoU"])

# One class more takes the predicted 255; its IoU is 0 and is not averaged.
counted = [(truth[truth != 255], prediction[truth != 255]) for truth, prediction in pairs]
filled = [(truth, torch.where(prediction < CLASSES, prediction, CLASSES)) for truth, prediction in counted]
jaccard = MulticlassJaccardIndex(CLASSES + 1, average="none").set_dtype(torch.float64)
for truth, prediction in filled:
    jaccard.update(prediction, truth)
jaccard = jaccard.compute()[:CLASSES]
seen = torch.tensor([any(((t == c) | (p == c)).any() for t, p in filled) for c in range(CLASSES)])


def hot(labels):
    """The classes' planes; one of none for a predicted 255."""
    return torch.nn.functional.one_hot(labels, CLASSES + 1)[:, :CLASSES].T[None].bool()


pictures = [float(mean_iou(hot(prediction), hot(truth))) for truth, prediction in filled]
mean, each = MeanIoU().set_dtype(torch.float64), MeanIoU(per_class=True).set_dtype(torch.float64)
for truth, prediction in filled:
    for metric in (mean, each):
        metric.update(hot(prediction), hot(truth))

result = {
    "classes": CLASSES,
    "pictures": [{"truth": truth.tolist(), "prediction": prediction.tolist()} for truth, prediction in pairs],
    "mmseg": {"iou": [None if np.isnan(v) else float(v) for v in mmseg["IoU"]], "mIoU": float(np.nanmean(mmseg["IoU"]))},
    "jaccard": {"mIoU": float(jaccard[seen].mean())},
    "functional": {"mIoU": float(np.mean(pictures))},
    "meanIoU": {"mIoU": float(mean.compute()), "iou": [float(v) for v in each.compute()]},
}
(OUT / "averages.json").write_text(json.dumps(result) + "\n")
