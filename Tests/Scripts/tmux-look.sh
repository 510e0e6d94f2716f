# What the scripts beside this one share, read by them with `.`: a tmux server of their own for each look, and what is counted.
# They set: prefix, the server's name without the number of the look.
command -v tmux >/dev/null || { echo "skipped: no tmux"; exit 77; }
folder=$(mktemp -d) || exit 1
looks=0
server=$prefix-$$
trap 'run kill-server 2>/dev/null; rm -rf "$folder"' EXIT
failures=0

run() { tmux -L "$server" -f /dev/null "$@"; }

# begin TERM COLUMNS ROWS: a server of its own, since one that is still ending would refuse the next session.
begin() {
    : > "$folder/in"
    looks=$((looks + 1))
    server="$prefix-$$-$looks"
    run new-session -d -x "$2" -y "$3" "cat" || exit 1
    run set-option -g default-terminal "$1"
    run set-option -g remain-on-exit on
}

# check NAME FILE PATTERN: the file must contain the pattern, ESC written as ^[.
check() {
    if sed "s/$(printf '\033')/^[/g" "$2" | grep -qF -- "$3"; then
        echo "ok: $1 has $3"
    else
        echo "WRONG: $1 lacks $3"
        failures=$((failures + 1))
    fi
}
