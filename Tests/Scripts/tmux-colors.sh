#!/bin/sh
# What a program's colors become inside tmux: the bytes it writes (in), and what tmux shows of them (out).
#
#     tmux-colors.sh PROBE DESCRIPTIONS
#
# PROBE is the built terminal-probe, DESCRIPTIONS the folder assets/terminfo. Prints both sides at 24 bits, at 256 colors,
# and without an option; exits 0 if the colors are right, 1 if not, 77 (skipped) without tmux.
set -u
probe=$1
descriptions=$2
prefix=getam-colors
. "$(dirname "$0")/tmux-look.sh"

# look TERM DEPTH IN OUT: starts the probe in a new tmux, and looks for a color in what goes in and what comes out.
look() {
    name="TERM=$1 depth=${2:-detected}"
    begin "$1" 60 12
    # The pane is piped before the probe starts in it.
    run new-window "tmux -L $server wait-for go; exec '$probe' colors '$descriptions' $2"
    run pipe-pane -O "cat > '$folder/in'"
    run wait-for -S go
    tries=0
    until run capture-pane -p | grep -q done; do
        tries=$((tries + 1))
        [ "$tries" -gt 100 ] && { echo "WRONG: $name shows nothing"; failures=$((failures + 1)); break; }
        sleep 0.1
    done
    run capture-pane -e -p > "$folder/out"
    run kill-server
    echo "== $name: bytes in"
    head -c 400 "$folder/in" | od -An -c | head -n 12
    echo "== $name: bytes out"
    head -n 5 "$folder/out" | sed "s/$(printf '\033')/^[/g"
    check "$name, in," "$folder/in" "$3"
    check "$name, out," "$folder/out" "$4"
}

look tmux-256color trueColor '48;2;8;8;255' '48;2;8;8;255'
look tmux-256color palette256 '48;5;21' '48;5;21'
look screen-256color '' '48;2;8;8;255' '48;2;8;8;255'
[ "$failures" -eq 0 ]
