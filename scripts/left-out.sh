#!/usr/bin/env bash
# Keeps count of what `make test` leaves out because this machine cannot do it.
#
#   left-out.sh begin          nothing is left out yet
#   left-out.sh note WHAT WHY  leaves something out; with REQUIRE_ALL=1 that is a failure
#   left-out.sh total          the last line of `make test`
#
# LEFT_OUT names the file that has a line for each.
set -euo pipefail

file=${LEFT_OUT:?it names the file that keeps the count}

case ${REQUIRE_ALL:-} in
'' | 0 | 1) ;;
*)
    printf 'left-out: REQUIRE_ALL is %s, and may be 1 or 0\n' "$REQUIRE_ALL" >&2
    exit 2
    ;;
esac

mkdir -p "$(dirname "$file")"
case ${1:-} in
begin)
    : >"$file"
    ;;
note)
    if [ "${REQUIRE_ALL:-}" = 1 ]; then
        printf 'left-out: %s: %s. REQUIRE_ALL=1 asks for everything\n' "$2" "$3" >&2
        exit 1
    fi
    printf '==> Leaving out %s: %s\n' "$2" "$3"
    printf '%s (%s)\n' "$2" "${3//$'\n'/ }" >>"$file"
    ;;
total)
    count=$(grep -c . "$file" || true)
    if [ "$count" = 0 ]; then
        echo "==> All checks have passed; none was left out"
    else
        # The names have no semicolon.
        echo "==> All checks that ran have passed; left out: $count. $(paste -s -d ';' "$file" | sed 's/;/; /g')"
    fi
    ;;
*)
    printf 'left-out: "%s" is not among begin, note and total\n' "${1:-}" >&2
    exit 2
    ;;
esac
