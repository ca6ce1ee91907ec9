#!/usr/bin/env bash
# Prints the stack's logs, those of the API's function, of both hooks and of their guard, and the API's access logs where there are any, in
# the order of time.
#
#   SINCE=30m      from when on: a number with s, m, h or d, or what `sam logs --start-time` takes; 10m unless set
#   FILTER=text    only events with this in them, or CloudWatch's filter pattern: FILTER='{ $.level = "ERROR" }'
#   FOLLOW=1       goes on until Ctrl-C
set -euo pipefail
source "$(dirname "$0")/stack.sh"

since=${SINCE:-10m}
if [[ $since =~ ^([0-9]+)([smhd])$ ]]; then
    case ${BASH_REMATCH[2]} in
    s) unit=seconds ;;
    m) unit=minutes ;;
    h) unit=hours ;;
    d) unit=days ;;
    esac
    since="${BASH_REMATCH[1]} $unit ago"
fi
case ${FOLLOW:-} in
'' | 0) follow=0 ;;
1) follow=1 ;;
*) refuse "FOLLOW is $FOLLOW, and may be 1 or 0" ;;
esac

locate
# Not `aws logs tail`, which takes one group: sam merges many.
command=(sam logs)
if dry_run; then
    for output in FunctionLogs PreTrafficHookLogs PostTrafficHookLogs HookGuardLogs ApiLogs; do
        command+=(--cw-log-group "$(stack_output "$output")")
    done
    echo "# ApiLogs only where the stack has access logs."
else
    STACK_OUTPUTS=$(stack_outputs)
    for output in FunctionLogs PreTrafficHookLogs PostTrafficHookLogs HookGuardLogs; do
        group=$(stack_output "$output")
        command+=(--cw-log-group "$group")
    done
    if has_output ApiLogs; then
        group=$(stack_output ApiLogs)
        command+=(--cw-log-group "$group")
    fi
fi
command+=(--start-time "$since")
[ -z "${FILTER:-}" ] || command+=(--filter "$FILTER")
[ "$follow" = 0 ] || command+=(--tail)

run "${command[@]}"
