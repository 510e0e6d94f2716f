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
command -v tmux >/dev/null || { echo "skipped: no tmux"; exit 77; }

folder=$(mktemp -d) || exit 1
looks=0
server="getam-explorer-$$"
run() { tmux -L "$server" -f /dev/null "$@"; }
trap 'run kill-server 2>/dev/null; rm -rf "$folder"' EXIT
failures=0

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

# has SIDE FILE PATTERN: the file must contain the pattern, ESC written as ^[.
has() {
    if sed "s/$(printf '\033')/^[/g" "$2" | grep -qF -- "$3"; then
        echo "ok: $name, $1, has $3"
    else
        echo "WRONG: $name, $1, lacks $3"
        failures=$((failures + 1))
    fi
}

# drive TERM OPTION PATTERN: starts the explorer in a new tmux, presses keys, and looks at both sides.
drive() {
    name="TERM=$1${2:+ $2}"
    : > "$folder/in"
    # A server of its own: one that is still ending would refuse the next session.
    looks=$((looks + 1))
    server="getam-explorer-$$-$looks"
    run new-session -d -x 100 -y 30 "cat" || exit 1
    run set-option -g default-terminal "$1"
    run set-option -g remain-on-exit on
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
    has in "$folder/in" "$3"
    has out "$folder/out" "$3"
}

drive tmux-256color "" "48;2;"
drive screen-256color "" "48;2;"
drive tmux-256color "--colors 256" "48;5;"
[ "$failures" -eq 0 ]
