#!/usr/bin/env python3
"""Pseudo labels a minute: `getam label` with the preset `getam` beside a PyTorch script that makes the same labels.

    python3 -m venv peers && peers/bin/pip install torch timm safetensors numpy pillow setuptools 'cython<3'
    peers/bin/pip install --no-build-isolation pydensecrf    # its sources, less eigen.cpp and densecrf.cpp, which Cython then makes anew
    swift build -c release --product getam
    peers/bin/python Tests/Benchmarks/labels.py --images DIR --labels FILE [--list FILE] [--count 24] [--rounds 2]

The peers run in turn, several rounds over the same pictures:

    getam          `getam label --jobs 2`, by the clock from its start to its end, loading included
    2 threads      PyTorch, one process, picture after picture
    2 processes    PyTorch, two processes of one thread; each takes the next picture as it is done

The PyTorch processes have loaded everything and labeled one picture before their clock starts. Their script does as little as PyTorch
lets it without code written for the purpose: weights frozen, the graph begun at the first fused layer, `autograd.grad` of each class's
logit by the attention matrices, attention explicit in the fused layers only.

Where other work shares the machine, compare processor seconds. The last columns say how far the label maps are those of getam: the
share of equal pixels of a picture, mean and least, and the mean over the classes of intersection over union of all pictures' pixels.
`--kernels` leaves kernels of the CRF out on both sides, which shows where differences come from: with `none` the labels are the same;
the appearance kernel makes most of them (getam's lattice keeps the neighbours of touched vertices, pydensecrf's does not), the
smoothness kernel a few (getam sums it without a lattice).
Not a dependency of the package and not part of its tests.
"""
import argparse, concurrent.futures, glob, json, os, queue, statistics, subprocess, sys, tempfile, time

BACKGROUND = 0.55  # activation of the background in the CRF
SHARPNESS = 10
SMOOTHNESS = {"sxy": 3, "compat": 3}
APPEARANCE = {"sxy": 60, "srgb": 5, "compat": 6}
ITERATIONS = 5
SIDE = 448


# The PyTorch script.

class Labeler:
    """What a researcher would write: a picture and its classes to a label map."""

    def __init__(self, folder, kernels):
        import timm, torch
        from safetensors.torch import load_file
        self.kernels = kernels
        with open(f"{folder}/config.json") as file:
            config = json.load(file)
        self.names = config["label_names"]
        settings = config["pretrained_cfg"]
        self.mean, self.deviation = (torch.tensor(settings[key]).view(3, 1, 1) for key in ("mean", "std"))
        # Position embeddings are interpolated to the input's grid.
        self.model = timm.create_model(config["architecture"], num_classes=config["num_classes"], img_size=settings["input_size"][1:],
                                       dynamic_img_size=True).eval()
        tensors = load_file(f"{folder}/model.safetensors")
        self.model.load_state_dict({name: tensor for name, tensor in tensors.items() if not name.startswith("decoder.")})
        self.model.requires_grad_(False)
        self.start = len(self.model.blocks) // 2
        self.attention = []
        for block in self.model.blocks[self.start:]:
            block.attn.fused_attn = False  # attention must exist to be differentiated by
            block.attn.attn_drop.register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        if not output.requires_grad:
            output.requires_grad_(True)  # the first fused layer's: no layer before it needs a graph
        self.attention.append(output)

    def maps(self, picture, classes):
        """The classes' maps, refined over patches, at the picture's size, 0…1."""
        import numpy, torch
        import torch.nn.functional as F
        from PIL import Image
        patch = self.model.patch_embed.patch_size[0]
        scale = (SIDE * SIDE / (picture.width * picture.height)) ** 0.5
        width, height = (int(side * scale / patch + 0.5) * patch for side in picture.size)
        pixels = torch.from_numpy(numpy.array(picture.resize((width, height), Image.BICUBIC))).permute(2, 0, 1)
        self.attention.clear()
        logits = self.model(((pixels.float() / 255 - self.mean) / self.deviation)[None])[0]
        maps = []
        for place, index in enumerate(classes):
            gradients = torch.autograd.grad(logits[index], self.attention, retain_graph=place + 1 < len(classes))
            total = 0
            for attention, gradient in zip(self.attention, gradients):
                a, g = attention[0, :, 0, 1:].detach(), gradient[0, :, 0, 1:]
                total = total + (a * g).relu().mean(0) * g.relu().mean(0)
            maps.append(total)
        maps = torch.stack(maps)
        if len(classes) > 1:  # every patch is shared among the classes
            share = maps / maps.amax(1, keepdim=True)
            maps = maps * share / share.sum(0).clamp_min(1e-30)
        affinity = sum(attention.detach()[0, :, 1:, 1:].mean(0) for attention in self.attention)
        for _ in range(3):  # Sinkhorn
            affinity = affinity / affinity.sum(0, keepdim=True)
            affinity = affinity / affinity.sum(1, keepdim=True)
        affinity = (affinity + affinity.T) / 2
        maps = (affinity @ (affinity @ maps.T)).T
        maps = maps.reshape(1, len(classes), height // patch, width // patch)
        maps = F.interpolate(maps, (picture.height, picture.width), mode="bilinear", align_corners=False)[0]
        low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
        return (maps - low) / (high - low)

    def labels(self, picture, classes):
        """The label map: 0 background, else the class's index plus one."""
        import numpy, torch
        if not classes:
            return numpy.zeros((picture.height, picture.width), numpy.uint8)
        maps = self.maps(picture, classes)
        scores = torch.cat([torch.full_like(maps[:1], BACKGROUND), maps])
        if self.kernels != "none":
            import pydensecrf.densecrf as crf
            from pydensecrf.utils import unary_from_softmax
            probabilities = (SHARPNESS * scores).softmax(0).numpy()
            field = crf.DenseCRF2D(picture.width, picture.height, len(scores))
            field.setUnaryEnergy(unary_from_softmax(probabilities))
            if self.kernels in ("both", "smoothness"):
                field.addPairwiseGaussian(**SMOOTHNESS)
            if self.kernels in ("both", "appearance"):
                field.addPairwiseBilateral(**APPEARANCE, rgbim=numpy.array(picture))
            scores = torch.from_numpy(numpy.array(field.inference(ITERATIONS)).reshape(scores.shape))
        return numpy.array([0] + [index + 1 for index in classes], numpy.uint8)[scores.argmax(0).numpy()]

    def write(self, source, names, target):
        from PIL import Image
        picture = Image.open(source).convert("RGB")
        classes = [self.names.index(name) for name in names if name in self.names]
        image = Image.fromarray(self.labels(picture, sorted(classes)))
        image.putpalette(palette())
        image.save(target)


def palette():
    """VOC's colors: the index's bits, three at a time, from the highest bit of each channel down."""
    colors = []
    for index in range(256):
        for channel in range(3):
            colors.append(sum((index >> (3 * bit + channel) & 1) << (7 - bit) for bit in range(3)))
    return colors


def peer(arguments):
    """Labels the pictures named on standard input, a line each, and answers each with the processor time used so far."""
    import torch
    torch.set_num_threads(arguments.threads)
    labeler = Labeler(arguments.model, arguments.kernels)
    wanted = read_labels(arguments.labels)
    for line in sys.stdin:
        name = line.strip()
        labeler.write(picture_path(arguments.images, name), wanted.get(name, []), f"{arguments.output}/{name}.png")
        print(f"{name}\t{time.process_time()}", flush=True)


# The comparison.

def picture_path(folder, name):
    return next(path for path in (f"{folder}/{name}{end}" for end in (".jpg", ".jpeg", ".png")) if os.path.exists(path))


def read_labels(path):
    """Classes by picture, of lines `name class,class`."""
    with open(path) as file:
        parts = (line.split(None, 1) for line in file if line.strip())
        return {part[0]: [name.strip() for name in part[1].split(",")] if len(part) > 1 else [] for part in parts}


def chosen(arguments):
    """So many of the pictures, evenly spaced."""
    if arguments.list:
        with open(arguments.list) as file:
            names = [line.strip() for line in file if line.strip()]
    else:
        names = sorted(os.path.splitext(os.path.basename(path))[0] for path in glob.glob(f"{arguments.images}/*.jpg"))
    count = min(arguments.count, len(names))
    return [names[place * len(names) // count] for place in range(count)]


def preset(kernels):
    """The preset `getam` without some kernels."""
    refiners = [{"kind": "patch-affinity", "layers": "fused", "normalization": "sinkhorn", "steps": 2}]
    if kernels != "none":
        refiners.append({
            "kind": "dense-crf", "iterations": ITERATIONS, "backgroundLevel": BACKGROUND, "sharpness": SHARPNESS,
            "smoothnessWidth": SMOOTHNESS["sxy"], "smoothnessWeight": SMOOTHNESS["compat"] if kernels == "smoothness" else 0,
            "appearanceWidth": APPEARANCE["sxy"], "appearanceColor": APPEARANCE["srgb"],
            "appearanceWeight": APPEARANCE["compat"] if kernels == "appearance" else 0})
    level = BACKGROUND if kernels == "none" else 0.5
    return {"version": 1, "name": kernels, "size": SIDE, "share": True, "refiners": refiners, "upsampling": "centers",
            "normalization": "minimumMaximum", "completion": {"level": level, "cut": None, "opening": 0}}


def run_getam(arguments, listed, names, output):
    """Seconds of one getam process, and of processor time."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    command = [arguments.getam, "label", "--images", arguments.images, "--list", listed, "--labels", arguments.labels,
               "--model", arguments.model, "--preset", "getam", "--jobs", str(arguments.jobs), "-o", output]
    if arguments.kernels != "both":
        path = f"{os.path.dirname(listed)}/preset.json"
        with open(path, "w") as file:
            json.dump(preset(arguments.kernels), file)
        command[command.index("--preset") + 1] = path
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: {errors}")
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime


def run_torch(arguments, names, output, processes, threads):
    """Seconds that PyTorch takes for the pictures, once it is ready, and of processor time."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
    command = [sys.executable, __file__, "--peer", "--images", arguments.images, "--labels", arguments.labels, "--model", arguments.model,
               "--kernels", arguments.kernels, "--threads", str(threads), "--output", output]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
               for _ in range(processes)]

    def label(worker, name):
        worker.stdin.write(name + "\n")
        worker.stdin.flush()
        answer, _, used = worker.stdout.readline().strip().partition("\t")
        if answer != name:
            raise RuntimeError(f"PyTorch failed at {name}")
        return float(used)

    waiting = queue.SimpleQueue()

    def work(worker, before):
        used = before
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return used - before
            used = label(worker, name)

    try:
        with concurrent.futures.ThreadPoolExecutor(processes) as pool:
            before = list(pool.map(lambda worker: label(worker, names[0]), workers))
            for name in names:
                waiting.put(name)
            begin = time.perf_counter()
            used = sum(pool.map(work, workers, before))
            return time.perf_counter() - begin, used
    finally:
        for worker in workers:
            worker.stdin.close()
            worker.wait()


def agreement(names, ours, theirs):
    """Mean and least share of equal pixels, and mean intersection over union, of two folders of label maps."""
    import numpy
    from PIL import Image
    shares, confusion = [], numpy.zeros((256, 256), numpy.int64)
    for name in names:
        a, b = (numpy.asarray(Image.open(f"{folder}/{name}.png")) for folder in (ours, theirs))
        if a.shape != b.shape:
            sys.exit(f"{name}: label maps of {a.shape} and {b.shape}")
        shares.append((a == b).mean())
        confusion += numpy.bincount(a.ravel().astype(int) * 256 + b.ravel(), minlength=65536).reshape(256, 256)
    union = confusion.sum(0) + confusion.sum(1) - confusion.diagonal()
    return numpy.mean(shares), min(shares), numpy.mean((confusion.diagonal() / union.clip(1))[union > 0]), shares


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--getam", default=".build/release/getam")
    parser.add_argument("--model", default="assets/models/animals", help="a timm folder: config.json and model.safetensors")
    parser.add_argument("--images", required=True)
    parser.add_argument("--labels", required=True, help="lines `name class,class`")
    parser.add_argument("--list", help="names, one a line; all .jpg of the folder where not given")
    parser.add_argument("--count", type=int, default=24, help="pictures, evenly spaced in the list")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2, help="getam's jobs, PyTorch's threads or processes")
    parser.add_argument("--kernels", choices=["both", "smoothness", "appearance", "none"], default="both", help="of the CRF")
    parser.add_argument("--only", default="", help="part of a peer's name: threads or processes")
    parser.add_argument("--each", action="store_true", help="print every picture's agreement too")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--output", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments)
    names = chosen(arguments)
    jobs = arguments.jobs
    with tempfile.TemporaryDirectory() as base:
        listed = f"{base}/list.txt"
        with open(listed, "w") as file:
            file.write("\n".join(names) + "\n")
        peers = {
            "getam": lambda output: run_getam(arguments, listed, names, output),
            f"PyTorch, {jobs} threads": lambda output: run_torch(arguments, names, output, 1, jobs),
            f"PyTorch, {jobs} processes": lambda output: run_torch(arguments, names, output, jobs, 1),
        }
        peers = {title: run for title, run in peers.items() if title == "getam" or arguments.only in title}
        rates, costs = {title: [] for title in peers}, {title: [] for title in peers}
        for turn in range(arguments.rounds):
            for place, (title, run) in enumerate(peers.items()):
                output = f"{base}/{turn}-{place}"
                os.mkdir(output)
                seconds, used = run(output)
                rates[title].append(60 * len(names) / seconds)
                costs[title].append(used / len(names))
                print(f"round {turn + 1}: {title} {rates[title][-1]:.1f} a minute, {costs[title][-1]:.3f} s of processor time each",
                      file=sys.stderr, flush=True)
        own = statistics.median(rates["getam"])
        print(f"{len(names)} pictures, medians of {arguments.rounds} interleaved rounds; kernels of the CRF: {arguments.kernels}\n")
        print("| peer | pictures a minute | getam's, times | processor s a picture | equal pixels, mean | least | mIoU with getam's |")
        print("|---|---|---|---|---|---|---|")
        for place, title in enumerate(peers):
            rate = statistics.median(rates[title])
            mean, least, overlap, shares = agreement(names, f"{base}/0-0", f"{base}/{arguments.rounds - 1}-{place}")
            print(f"| {title} | {rate:.1f} | {own / rate:.2f} | {statistics.median(costs[title]):.3f} "
                  f"| {100 * mean:.2f} % | {100 * least:.2f} % | {100 * overlap:.2f} % |")
        if arguments.each:
            for name, share in sorted(zip(names, shares), key=lambda pair: pair[1]):
                print(f"{name} {100 * share:.2f} %")


if __name__ == "__main__":
    main()
