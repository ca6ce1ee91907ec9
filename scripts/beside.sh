#!/usr/bin/env bash
# Runs two commands at a time, where one of them leaves processors idle.
#
#   beside.sh LOG COMMAND [WORD...] -- COMMAND [WORD...]
#
# The second has the terminal. What the first prints is kept in LOG, and shown when both have ended. It fails where one of them does: with the
# second's code at once, which ends the first; with the first's when the second has ended.
set -euo pipefail

log=${1:?it names the file that keeps what the first command prints}
shift
first=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    first+=("$1")
    shift
done
if [ ${#first[@]} = 0 ] || [ $# -lt 2 ]; then
    echo 'beside: name two commands, with -- between them' >&2
    exit 2
fi
shift
mkdir -p "$(dirname "$log")"

# In process groups of their own: what they have started ends with them.
set -m
"${first[@]}" >"$log" 2>&1 </dev/null &
beside=$!
"$@" </dev/null &
here=$!
set +m

# Ends what is left of both, and waits for it: whoever comes next finds no file half written.
end() {
    trap '' INT TERM HUP
    kill -TERM -- "-$here" "-$beside" 2>/dev/null || true
    wait || true
}
trap 'end; exit 129' HUP
trap 'end; exit 130' INT
trap 'end; exit 143' TERM

code=0
wait "$here" || code=$?
if [ "$code" != 0 ]; then
    end
    exit "$code"
fi
wait "$beside" || code=$?
cat "$log"
exit "$code"
