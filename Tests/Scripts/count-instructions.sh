#!/bin/sh
# Counts the instructions of a forward pass, and of a forward and a backward pass with all layers' maps, of a tiny model (4 blocks
# of width 48, 197 tokens), and compares them with the committed figures: a slow-down is seen without a clock.
#
#     count-instructions.sh GETAM [--record]
#
# GETAM is the built program (release). Runs it under valgrind's callgrind with the AVX2 loops, the built-in product and one
# thread; a count is the difference between runs with four passes and with two. Exits 0 when both are within 3 % of
# instructions.txt beside this script, 1 when not, 77 (skipped) without valgrind or AVX2. --record writes that file anew.
set -u
here=$(cd "$(dirname "$0")" && pwd)
figures=$here/instructions.txt
picture=$here/../../assets/pictures/01-cat.jpg
model=$here/../Fixtures/models/bf16
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
command -v valgrind >/dev/null && command -v strip >/dev/null || { echo "skipped: no valgrind or no strip"; exit 77; }
# Valgrind of Debian 12 gives up at this compiler's debugging information.
getam=$folder/getam
strip -g -o "$getam" "$1" || exit 1
export GETAM_FEATURES=avx2 GETAM_BLAS=builtin

total() { # total REPEATS COMMAND OPTION...
    repeats=$1
    shift
    timeout 300 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$getam" "$@" --model "$model" --threads 1 --timings --repeat "$repeats" \
        >/dev/null 2>"$folder/log" || { cat "$folder/log" >&2; exit 1; }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$folder/log"
}

count() { # count COMMAND OPTION...
    four=$(total 4 "$@") || exit 1
    two=$(total 2 "$@") || exit 1
    echo $(((four - two) / 2))
}

grep -q ' avx2 ' /proc/cpuinfo || { echo "skipped: no AVX2"; exit 77; }
forward=$(count classify "$picture" --resize square --size 112) || exit 1
both=$(count map "$picture" --class 1 --layers 0-3 --resize square --size 112 -o "$folder/map.npy") || exit 1
echo "forward           $forward"
echo "forward+backward  $both"
if [ "${2-}" = --record ]; then
    printf 'forward %s\nforward+backward %s\n' "$forward" "$both" >"$figures"
    exit 0
fi
failed=0
compare() { # compare NAME COUNT
    committed=$(sed -n "s/^$1 //p" "$figures")
    change=$((($2 - committed) * 1000 / committed))
    if [ "$change" -gt 30 ] || [ "$change" -lt -30 ]; then
        echo "$1: $2 instructions, committed $committed ($change per mille); --record if that is meant" >&2
        failed=1
    fi
}
compare forward "$forward"
compare forward+backward "$both"
exit $failed
