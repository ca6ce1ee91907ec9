#!/usr/bin/env bash
# Deploys in three steps, for a pipeline, which shows the changes between the first and the last.
#
#   change-set.sh create [OPTION…]   has sam upload what is built and create a change set for the environment ENV. Its ARN is all that goes to
#                                    standard output; nothing where there is nothing to change. Options go on to `sam deploy`.
#   change-set.sh show ARN           prints the changes; FORMAT=markdown for the summary of a workflow's step
#   change-set.sh execute ARN        makes the changes and waits for the end, deployments of CodeDeploy included. 0 only when all went well.
#
#   WAIT_MINUTES=170   how long `execute` waits; the update goes on when it gives up
#   POLL_SECONDS=15    how often it looks
set -euo pipefail
source "$(dirname "$0")/stack.sh"

[ $# -ge 1 ] || refuse "say what to do: create, show ARN or execute ARN"
verb=$1
shift

check_arn() {
    [[ ${1:-} =~ ^arn:[a-z-]+:cloudformation:[a-z0-9-]+:[0-9]{12}:changeSet/[A-Za-z0-9/-]+$ ]] ||
        refuse "\"${1:-}\" is no change set's ARN"
}

create() {
    local name command output arn
    name=$(stack_name)
    command=(sam deploy --config-env "$env_name" --no-execute-changeset)
    [ -z "${STACK:-}" ] || command+=(--stack-name "$name" --s3-prefix "$name")
    command+=("$@")
    cd "$root"
    if dry_run; then
        run "${command[@]}"
        return
    fi
    check_architecture "$name" "$@"
    output=$(mktemp "${TMPDIR:-/tmp}/change-set.XXXXXX")
    # For people, while it goes on; the status of the pipe is sam's, by pipefail.
    if ! "${command[@]}" 2>&1 | tee "$output" >&2; then
        rm -f "$output"
        fail "sam created no change set; its reason is above"
    fi
    arn=$(sed -n 's/.*\(arn:[a-z-]*:cloudformation:[a-z0-9-]*:[0-9]*:changeSet\/[A-Za-z0-9\/-]*\).*/\1/p' "$output" | tail -n 1)
    if [ -z "$arn" ] && ! grep -q 'No changes to deploy' "$output"; then
        rm -f "$output"
        fail "sam named no change set, and did not say that there is nothing to deploy"
    fi
    rm -f "$output"
    [ -z "$arn" ] || printf '%s\n' "$arn"
}

show() {
    local format=${FORMAT:-text} name answer
    name=$(stack_name)
    case $format in
    text | markdown) ;;
    *) refuse "FORMAT is $format, and may be text or markdown" ;;
    esac
    if dry_run; then
        run aws cloudformation describe-change-set --stack-name "$name" --change-set-name "$1"
        return
    fi
    answer=$(ask cloudformation describe-change-set --stack-name "$name" --change-set-name "$1" --output json)
    printf '%s\n' "$answer" | python3 "$root/scripts/change_set.py" "$format"
}

# The newest event of the stack itself that belongs to this execution: its status, tab, its reason. Nothing before the first.
#
# By the token, for neither the stack's status nor its last event says whose they are: just after the call they may be of the update before.
stack_event() {
    aws cloudformation describe-stack-events --stack-name "$1" --no-paginate --output text \
        --query "StackEvents[?ClientRequestToken=='$2' && PhysicalResourceId=='$1'] | [:1].[ResourceStatus,ResourceStatusReason]"
}

execute() {
    local minutes=${WAIT_MINUTES:-170} poll=${POLL_SECONDS:-15} stack='<stack>' token deadline event status last='' misses=0 name
    name=$(stack_name)
    [[ $minutes =~ ^[0-9]+$ && $poll =~ ^[0-9]+$ ]] || refuse "WAIT_MINUTES and POLL_SECONDS are whole numbers"
    token="change-set-$(date +%s)-$$"
    if dry_run; then
        run aws cloudformation execute-change-set --stack-name "$name" --change-set-name "$1" --client-request-token "$token"
        echo "# Then, every $poll seconds, at most for $minutes minutes:"
        run aws cloudformation describe-stack-events --stack-name "$stack" --no-paginate
        return
    fi
    # With the stack's name, although the ARN is enough: a permission for the stack is one for the call then.
    stack=$(ask cloudformation describe-change-set --stack-name "$name" --change-set-name "$1" --query StackId --output text)
    ask cloudformation execute-change-set --stack-name "$name" --change-set-name "$1" --client-request-token "$token" >/dev/null

    # Not by a waiter of the AWS CLI: CloudFormation's gives up after an hour, CodeDeploy's after 30 minutes, and a linear shift alone takes
    # up to 90. CloudFormation's own end is enough, for it waits for CodeDeploy.
    deadline=$((SECONDS + minutes * 60))
    while :; do
        if event=$(stack_event "$stack" "$token"); then
            misses=0
            # The first page has the newest events alone: those of many resources push the stack's own out of it for a while.
            event=${event:-$last}
        else
            misses=$((misses + 1))
            [ "$misses" -lt 5 ] || fail "AWS has not answered five times in a row. The update goes on: look at the stack's events"
            event=$last
        fi
        if [ "$event" != "$last" ]; then
            last=$event
            printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$(printf '%s' "$event" | tr '\t' ' ' | sed 's/ None$//')"
        fi
        status=${event%%[[:space:]]*}
        case $status in
        CREATE_COMPLETE | UPDATE_COMPLETE) return ;;
        '' | *_IN_PROGRESS) ;;
        *)
            # Over pages, for the way back of many resources pushes the cause off the first. Not over all of them: events are kept for 90 days.
            # As JSON, for of text the CLI filters each page by itself, and adds a line for where it stopped.
            event=$(ask cloudformation describe-stack-events --stack-name "$stack" --max-items 1000 --output json \
                --query "StackEvents[?ClientRequestToken=='$token' && ends_with(ResourceStatus, '_FAILED')].[LogicalResourceId,ResourceStatus,ResourceStatusReason]")
            printf '%s\n' "$event" | python3 "$root/scripts/change_set.py" failures
            fail "the stack is $status, and not as it should be"
            ;;
        esac
        [ "$SECONDS" -lt "$deadline" ] || fail "the stack is still ${status:-unchanged} after $minutes minutes. The update goes on"
        sleep "$poll"
    done
}

case $verb in
create) create "$@" ;;
show | execute)
    [ $# = 1 ] || refuse "$verb takes the change set's ARN"
    check_arn "$1"
    "$verb" "$1"
    ;;
*) refuse "\"$verb\" is not among create, show and execute" ;;
esac
