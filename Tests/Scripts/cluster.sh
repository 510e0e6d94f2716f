#!/bin/sh
# One data set labeled by several processes that a cluster's tools start: the union must be the files of one run.
#
#     cluster.sh GETAM
#
# GETAM is the built program. Tries mpirun (Open MPI) and GNU parallel, whichever is installed; exits 0 if all files agree,
# 1 if not, 77 (skipped) without both. On a cluster: srun getam label ... --shard auto
set -u
getam=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0
tried=0

label() { # label OUTPUT OPTION...
    output=$1
    shift
    "$getam" label --images "$root/assets/pictures" --predict 0.5 -o "$folder/$output" --cams "$folder/$output-cams" "$@"
}

compare() { # compare NAME
    tried=$((tried + 1))
    if diff -r "$folder/whole" "$folder/$1" && diff -r "$folder/whole-cams" "$folder/$1-cams"; then
        echo "ok: $1, $(ls "$folder/$1" | wc -l) labels"
    else
        echo "WRONG: $1 differs from the whole run"
        failures=$((failures + 1))
    fi
}

label whole || exit 1
[ "$(ls "$folder/whole" | wc -l)" -eq 10 ] || { echo "WRONG: not all pictures are labeled"; exit 1; }

if command -v mpirun >/dev/null; then
    echo "mpirun:"
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun --oversubscribe -n 3 \
        "$getam" label --images "$root/assets/pictures" --predict 0.5 -o "$folder/mpirun" --cams "$folder/mpirun-cams" \
        --shard auto --jobs 1 2>"$folder/mpirun.log" || { cat "$folder/mpirun.log"; failures=$((failures + 1)); }
    for rank in 0 1 2; do
        grep -q "shard $rank of 3 (Open MPI)" "$folder/mpirun.log" || { echo "WRONG: no shard $rank"; failures=$((failures + 1)); }
    done
    compare mpirun
else
    echo "skipped: no mpirun"
fi

if command -v parallel >/dev/null; then
    echo "GNU parallel:"
    seq 0 3 | parallel -j 2 "$getam" label --images "$root/assets/pictures" --predict 0.5 -o "$folder/parallel" \
        --cams "$folder/parallel-cams" --jobs 1 --shard '{}/4' 2>"$folder/parallel.log" \
        || { cat "$folder/parallel.log"; failures=$((failures + 1)); }
    compare parallel
else
    echo "skipped: no parallel"
fi

[ "$tried" -gt 0 ] || exit 77
[ "$failures" -eq 0 ]
