#!/usr/bin/env bash
# Runs one command, and another beside it with the processor time that the first leaves over.
#
#   beside.sh LOG COMMAND -- OTHER…      COMMAND is one word for `bash -c`; what it prints goes to LOG
#
# Ends as OTHER does. Where that fails, or is ended by a signal, COMMAND is ended too, with all that it has started; where it succeeds, it waits
# for COMMAND. How COMMAND ended is not told: whoever needs what it makes runs it once more, and finds it made or sees why not.
set -euo pipefail

[ $# -ge 4 ] && [ "$3" = -- ] || {
    echo "beside: it takes LOG COMMAND -- OTHER…" >&2
    exit 2
}
log=$1 command=$2
shift 3

mkdir -p "$(dirname "$log")"
# A process group of its own, for it starts others.
set -m
nice -n 19 bash -c "$command" </dev/null >"$log" 2>&1 &
beside=$!
set +m

finish() {
    kill -- "-$beside" 2>/dev/null || true
    wait "$beside" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

"$@"
# Ended by itself, it has no group any more.
wait "$beside" || true
