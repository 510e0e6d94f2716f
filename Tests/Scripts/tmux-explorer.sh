#!/bin/sh
# The explorer inside tmux: the keys that are sent, the bytes that it writes (in), and what tmux shows of them (out).
#
#     tmux-explorer.sh GETAM PICTURES
#
# GETAM is the built program, PICTURES a file or folder to open. Exits 0 if all is right, 1 if not, 77 (skipped) without
# tmux.
set -u
getam=$1
pictures=$2
prefix=getam-explorer
. "$(dirname "$0")/tmux-look.sh"

# shows TEXT: waits until the pane shows it.
shows() {
    tries=0
    until run capture-pane -p -t "$pane" | grep -qF -- "$1"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ]; then
            echo "WRONG: $name does not show: $1"
            run capture-pane -p -t "$pane"
            failures=$((failures + 1))
            return 1
        fi
        sleep 0.1
    done
    echo "ok: $name shows: $1"
}

# drive TERM OPTION PATTERN: starts the explorer in a new tmux, presses keys, and looks at both sides.
drive() {
    name="TERM=$1${2:+ $2}"
    begin "$1" 100 30
    pane=$(run new-window -P -F '#{pane_id}' \
        "tmux -L $server wait-for go; '$getam' $2 '$pictures'; echo \"left with \$?\"; exec cat")
    run pipe-pane -O -t "$pane" "cat > '$folder/in'"
    run wait-for -S go
    shows "fused 6-11" && shows "e-" && {
        run send-keys -t "$pane" h
        shows "layer 11"
        run send-keys -t "$pane" ":layer 3" Enter
        shows "overlay · layer 3"
        run send-keys -t "$pane" Right
        shows "rank "
        run send-keys -t "$pane" Escape
        run resize-window -t "$pane" -x 80 -y 24
        shows "layer 3"
    }
    run capture-pane -e -p -t "$pane" > "$folder/out"
    run send-keys -t "$pane" q
    shows "left with 0"
    alternate=$(run display-message -p -t "$pane" '#{alternate_on}#{mouse_any_flag}')
    if [ "$alternate" = 00 ]; then echo "ok: $name left the screen as it was"; else
        echo "WRONG: $name left alternate screen, mouse: $alternate"
        failures=$((failures + 1))
    fi
    run kill-server
    echo "== $name: bytes in"
    head -c 300 "$folder/in" | od -An -c | head -n 8
    echo "== $name: bytes out"
    sed -n '8p' "$folder/out" | cut -c 1-300 | sed "s/$(printf '\033')/^[/g"
    check "$name, in," "$folder/in" "$3"
    check "$name, out," "$folder/out" "$3"
}

drive tmux-256color "" "48;2;"
drive screen-256color "" "48;2;"
drive tmux-256color "--colors 256" "48;5;"
[ "$failures" -eq 0 ]
