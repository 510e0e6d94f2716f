#!/bin/bash
# Training over the ranks of Open MPI: what two processes leave, against one of twice the batch; the same bytes every time; a rank
# that is killed; other numbers of ranks; and how many more pictures two take in than one.
#
#     mpi.sh [GETAM]
#
# GETAM is a program built with the trait MPI; without it one is built: swift build -c release --traits MPI, in a folder of its own.
# Needs Open MPI (libopenmpi-dev, openmpi-bin), Python 3 and two cores that have nothing else to do, or the last figure says nothing.
# ROUNDS=0 leaves that figure out. Exits 0 if all is right and it is 1.8 at least, 1 if not, 77 (skipped) without mpirun.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v mpirun >/dev/null || { echo "skipped: no mpirun"; exit 77; }
getam=${1-}
if [ -z "$getam" ]; then
    swift build -c release --package-path "$root" --traits MPI --scratch-path "$root/.build/mpi" --product getam || exit 1
    getam=$root/.build/mpi/release/getam
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
failures=0
wrong() { echo "WRONG: $*"; failures=$((failures + 1)); }
ok() { echo "ok: $*"; }

# Twelve small pictures of noise, and eighty of photographs under names of their own.
python3 - "$folder" "$root" <<'EOF' || exit 1
import os, random, struct, sys, zlib
folder, root = sys.argv[1:]
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for name in ("noise", "photos"): os.mkdir(f"{folder}/{name}")
for index in range(12):
    noise = random.Random(index)
    rows = b"".join(b"\0" + bytes(noise.randrange(256) for _ in range(3 * 48)) for _ in range(40))
    with open(f"{folder}/noise/{index}.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 48, 40, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
open(f"{folder}/noise.txt", "w").write("".join(f"{i} {'abc'[i % 3]}\n" for i in range(12)))
open(f"{folder}/classes.txt", "w").write("a\nb\nc\n")
pictures = sorted(name for name in os.listdir(f"{root}/assets/pictures") if name.endswith(".jpg"))
with open(f"{folder}/photos.txt", "w") as labels:
    for turn in range(8):
        for name in pictures:
            os.symlink(f"{root}/assets/pictures/{name}", f"{folder}/photos/{turn}-{name}")
            labels.write(f"{turn}-{name[:-4]} {('cat', 'dog')[turn % 2]}\n")
EOF

# The largest difference of two checkpoints, as a share of the largest number of its tensor.
deviation() { python3 - "$1" "$2" <<'EOF'
import array, json, struct, sys
def tensors(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, array.array("f", data[8 + length + begin:8 + length + end])
one, two = (dict(tensors(path)) for path in sys.argv[1:])
assert one.keys() == two.keys()
print("%.1e" % max(max(abs(a - b) for a, b in zip(one[n], two[n])) / (max(map(abs, one[n])) or 1) for n in one))
EOF
}

# train RANKS RUN BATCH [WORD...]: on the pictures of noise, by a tiny model.
train() {
    ranks=$1 run=$2 batch=$3
    shift 3
    mpirun --oversubscribe -n "$ranks" "$getam" train -m "$root/Tests/Fixtures/models/hf_deit_distilled" --threads 1 \
        --images "$folder/noise" --labels "$folder/noise.txt" --class-list "$folder/classes.txt" --recipe plain \
        --set "batch=$batch" --set augment=standard --set dropPath=0.2 --set ema=0.5 --set clip=1 -o "$folder/$run" "$@" \
        >"$folder/$run.out" 2>&1
}
sgd=(--set steps=40 --set learningRate=0.05 --set momentum=0.9 --set saveEvery=10)
decoder=("${sgd[@]}" --set segmentationStart=10 --set labels.preset=acr --set labels.every=15 --set decoder.channels=16 --set decoder.taps=2)

for kind in classes decoder; do
    settings=("${sgd[@]}")
    [ $kind = decoder ] && settings=("${decoder[@]}")
    train 1 one-$kind 8 "${settings[@]}" || wrong "one rank, $kind: $(cat "$folder/one-$kind.out")"
    train 2 two-$kind 4 "${settings[@]}" || wrong "two ranks, $kind: $(cat "$folder/two-$kind.out")"
    difference=$(deviation "$folder/one-$kind/model.safetensors" "$folder/two-$kind/model.safetensors")
    if python3 -c "import sys; sys.exit(not $difference < 2e-5)"; then
        ok "$kind: two ranks of 4 pictures against one of 8, 40 steps: $difference of a tensor's largest"
    else
        wrong "$kind: two ranks differ from one of twice the batch by $difference"
    fi
done
train 2 again 4 "${decoder[@]}" || wrong "again: $(cat "$folder/again.out")"
diff -rq "$folder/two-decoder" "$folder/again" && ok "two ranks again: the same bytes" || wrong "two ranks differ from themselves"

# One of the ranks is killed on the way.
long=(--set steps=1500 --set optimizer=adamw --set learningRate=1e-3 --set saveEvery=50 --set keepEvery=300)
train 2 whole 4 "${long[@]}" || wrong "whole: $(cat "$folder/whole.out")"
train 2 cut 4 "${long[@]}" &
while [ "$(cat "$folder/cut/log.csv" 2>/dev/null | wc -l)" -lt 400 ]; do sleep 0.02; done
for process in /proc/[0-9]*; do
    tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qx OMPI_COMM_WORLD_RANK=1 \
        && tr '\0' '\n' <"$process/cmdline" | grep -qxF "$folder/cut" && kill -KILL "${process#/proc/}" && break
done
wait $! && wrong "a run whose rank was killed ended well"
steps=$(($(wc -l <"$folder/cut/log.csv") - 1))
[ "$steps" -lt 1500 ] || wrong "the run went on without a rank"
"$getam" inspect -m "$folder/cut" >/dev/null || wrong "the checkpoint of the killed run does not read"
train 1 cut 8 "${long[@]}" --resume
grep -q "holds a run of another recipe\|holds a run of 2 processes" "$folder/cut.out" || wrong "another batch: $(cat "$folder/cut.out")"
train 1 cut 4 "${long[@]}" --resume && wrong "one rank went on with a run of two"
grep "holds a run of 2 processes (mpirun -n 2)" "$folder/cut.out" || wrong "one rank: $(cat "$folder/cut.out")"
train 2 cut 4 "${long[@]}" --resume || wrong "resumed: $(cat "$folder/cut.out")"
diff -rq "$folder/whole" "$folder/cut" && ok "a rank killed after step $steps, gone on with: the same bytes" || wrong "a resumed run differs"

# What is refused is refused by one line of getam's.
refused() { # refused TEXT RUN BATCH WORD...
    text=$1
    shift
    train 2 "$@" && wrong "not refused: $text"
    [ "$(grep -c '^getam: ' "$folder/$1.out")" -eq 1 ] && grep "^getam: .*$text" "$folder/$1.out" || wrong "$text: $(cat "$folder/$1.out")"
}
refused "labels.source" step 4 --set segmentationStart=5 --set labels.source=step
refused "on each of 2 ranks" large 7
refused "holds a run" whole 4 "${long[@]}"

# Pictures a second by one rank and by two, one thread each, in turn.
rate() { # rate RANKS
    mpirun --bind-to core -n "$1" "$getam" train --threads 1 --images "$folder/photos" --labels "$folder/photos.txt" --recipe plain \
        --set batch=16 --set size=224 --set augment=standard --set optimizer=adamw --set learningRate=1e-5 --set steps="${STEPS:-12}" \
        --set saveEvery=100000 --set keepEvery=100000 -o "$folder/rate-$1-$RANDOM$RANDOM" 2>&1 | sed -n 's/.* \([0-9.]*\) pictures a second.*/\1/p' | tail -1
}
: >"$folder/rates"
for ((round = 0; round < ${ROUNDS:-3}; round++)); do
    echo "$(rate 1) $(rate 2)" | tee -a "$folder/rates"
done
if [ -s "$folder/rates" ]; then
    python3 - "$folder/rates" <<'EOF' || wrong "two ranks are less than 1.8 times one"
import statistics, sys
one, two = zip(*(map(float, line.split()) for line in open(sys.argv[1])))
ratio = statistics.median(two) / statistics.median(one)
print("pictures a second: one rank %.1f, two ranks %.1f: %.2f times" % (statistics.median(one), statistics.median(two), ratio))
sys.exit(ratio < 1.8)
EOF
fi
[ "$failures" -eq 0 ]
