"""Times getam beside PyTorch and ONNX Runtime in one interleaved run, and prints the ratios as a table.

    python3 -m venv peers && peers/bin/pip install torch timm onnx onnxruntime safetensors numpy
    swift build -c release
    peers/bin/python Tests/Benchmarks/peers.py --getam .build/release/getam [--rounds 5] [--threads 2]

Models are made here with random weights: time does not depend on them. Each case runs as

    getam    `getam map --timings --repeat N` (a process of its own; medians of its passes)
    eager    PyTorch in float32, explicit attention, frozen weights, `autograd.grad` of the logit by every attention matrix
    published `.backward()` with trainable weights, as published scripts do
    onnx     ONNX Runtime, forward only

in turn, several rounds; a ratio is that of the medians over the rounds. Peak resident memory is that of a process of its own.
Not a dependency of the package and not part of its tests.
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time

CASES = [  # name, timm model, side, start layer
    ("DeiT-tiny 224", "deit_tiny_patch16_224", 224, 0),
    ("ViT-B/16 224", "vit_base_patch16_224", 224, 0),
    ("ViT-B/16 384", "vit_base_patch16_384", 384, 0),
]


def make_model(name, side, folder):
    """A random checkpoint with its config, and a picture of the input's size."""
    import numpy, timm, torch
    from PIL import Image
    from safetensors.torch import save_file
    torch.manual_seed(1)
    model = timm.create_model(name, pretrained=False).eval()
    os.makedirs(folder, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, f"{folder}/model.safetensors", {"format": "pt"})
    heads = model.blocks[0].attn.num_heads
    json.dump({"architecture": name, "num_classes": 1000, "global_pool": "token", "model_args": {"num_heads": heads},
               "pretrained_cfg": {"input_size": [3, side, side], "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3}},
              open(f"{folder}/config.json", "w"))
    pixels = numpy.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=numpy.uint8)
    Image.fromarray(pixels).save(f"{folder}/image.png")


def peer(arguments):
    """Runs one peer in this process and prints its milliseconds and peak memory as JSON."""
    import torch, timm
    from safetensors.torch import load_file
    torch.set_num_threads(arguments.threads)
    folder, classes = arguments.folder, list(range(arguments.classes))
    config = json.load(open(f"{folder}/config.json"))
    side = config["pretrained_cfg"]["input_size"][1]
    pixels = torch.randn(1, 3, side, side)
    if arguments.peer == "onnx":
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = arguments.threads
        session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
        run = lambda: session.run(None, {"x": pixels.numpy()})
    else:
        model = timm.create_model(config["architecture"], pretrained=False).eval()
        model.load_state_dict(load_file(f"{folder}/model.safetensors"))
        kept = []
        for block in model.blocks:
            block.attn.fused_attn = False  # attention must exist to be differentiated by
            block.attn.attn_drop.register_forward_hook(lambda module, inputs, output: kept.append(output))
        published = arguments.peer == "published"
        for parameter in model.parameters():
            parameter.requires_grad_(published)
        start = arguments.start

        def run():
            kept.clear()
            if not classes:
                with torch.no_grad():
                    model(pixels)
                return
            x = pixels.clone().requires_grad_(True)
            logits = model(x)[0]
            for index, c in enumerate(classes):
                last = index == len(classes) - 1
                if published:
                    for attention in kept:
                        attention.retain_grad()
                        attention.grad = None
                    model.zero_grad()
                    logits[c].backward(retain_graph=not last)
                    gradients = [attention.grad for attention in kept[start:]]
                else:
                    gradients = torch.autograd.grad(logits[c], kept[start:], retain_graph=not last)
                for attention, gradient in zip(kept[start:], gradients):
                    u = (gradient * attention).relu().mean(1)
                    v = gradient.relu().mean(1)
                    (u * v)[0, 0, 1:]

    run()
    times = []
    for _ in range(arguments.repeat):
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"ms": statistics.median(times), "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def export_onnx(folder):
    import timm, torch
    from safetensors.torch import load_file
    config = json.load(open(f"{folder}/config.json"))
    side = config["pretrained_cfg"]["input_size"][1]
    model = timm.create_model(config["architecture"], pretrained=False).eval()
    model.load_state_dict(load_file(f"{folder}/model.safetensors"))
    torch.onnx.export(model, (torch.randn(1, 3, side, side),), f"{folder}/model.onnx", input_names=["x"], dynamo=False)


def run_getam(getam, folder, classes, start, threads, repeat):
    """Milliseconds of forward and backward passes, and peak memory, of one getam process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    command = [getam, "map" if classes else "classify", f"{folder}/image.png", "--model", folder, "--threads", str(threads),
               "--timings", "--repeat", str(repeat), "--resize", "square"]
    if classes:
        for c in range(classes):
            command += ["--class", str(c)]
        depth = 12
        command += ["--layers", f"{start}-{depth - 1}", "-o", f"{folder}/maps.npy"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: {errors}")
    timings = json.loads(next(line for line in errors.splitlines() if line.startswith("{")))
    total = timings["forward"] + timings.get("backward", 0) + timings.get("map", 0)
    return total, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--getam", default=".build/release/getam")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="part of a case's name")
    parser.add_argument("--no-onnx", action="store_true")
    parser.add_argument("--folder", help="where models are kept between runs")
    parser.add_argument("--peer")
    parser.add_argument("--make")
    parser.add_argument("--side", type=int)
    parser.add_argument("--export", action="store_true")
    parser.add_argument("--classes", type=int, default=0)
    parser.add_argument("--start", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments)
    if arguments.make:
        return make_model(arguments.make, arguments.side, arguments.folder)
    if arguments.export:
        return export_onnx(arguments.folder)
    base = arguments.folder or tempfile.mkdtemp()
    print(f"{arguments.threads} threads, medians of {arguments.rounds} interleaved rounds\n")
    print("| case | peer | peer ms | getam ms | ratio | peer MB | getam MB | memory ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name, model, side, start in CASES:
        if arguments.only and arguments.only not in name:
            continue
        folder = f"{base}/{model}"
        # Made in another process: this one must stay small, since a child's peak memory begins with its parent's.
        if not os.path.exists(f"{folder}/model.safetensors"):
            subprocess.run([sys.executable, __file__, "--make", model, "--side", str(side), "--folder", folder], check=True)
        rows = [("forward", "eager", 0, 0), ("forward + 1 class", "eager", 1, 0), ("forward + 3 classes", "eager", 3, 0)]
        if side == 384:
            rows.append(("from layer 6, 1 class", "published", 1, 6))
        if not arguments.no_onnx:
            if not os.path.exists(f"{folder}/model.onnx"):
                subprocess.run([sys.executable, __file__, "--export", "--folder", folder], check=True)
            rows.append(("forward", "onnx", 0, 0))
        for what, kind, classes, first in rows:
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                ours.append(run_getam(arguments.getam, folder, classes, first, arguments.threads, arguments.repeat))
                result = subprocess.run(
                    [sys.executable, __file__, "--peer", kind, "--folder", folder, "--classes", str(classes), "--start", str(first),
                     "--threads", str(arguments.threads), "--repeat", str(arguments.repeat)], capture_output=True, text=True, check=True)
                answer = json.loads(result.stdout.splitlines()[-1])
                theirs.append((answer["ms"], answer["MB"]))
            a, b = (statistics.median(x[0] for x in ours), statistics.median(x[0] for x in theirs))
            m, n = (statistics.median(x[1] for x in ours), statistics.median(x[1] for x in theirs))
            print(f"| {name}, {what} | {kind} | {b:.1f} | {a:.1f} | {b / a:.2f} | {n:.0f} | {m:.0f} | {m / n:.2f} |", flush=True)


if __name__ == "__main__":
    main()
