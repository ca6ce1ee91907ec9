#!/usr/bin/env bash
# Deploys in three steps, for a pipeline, which shows the changes between the first and the last, and for deploy.sh, which asks there.
#
#   change-set.sh create [OPTION…]   has sam upload what is built and create a change set for the environment ENV. Its ARN is all that goes to
#                                    standard output; nothing where there is nothing to change. Options go on to `sam deploy`.
#   change-set.sh show ARN           prints the changes; FORMAT=markdown for the summary of a workflow's step
#   change-set.sh execute ARN        makes the changes and waits for the end, deployments of CodeDeploy included. 0 only when all went well.
#                                    If it rolls back, what the update created is deleted, whatever its DeletionPolicy.
#
#   WAIT_MINUTES=170   how long `execute` waits; the update goes on when it gives up
#   POLL_SECONDS=15    how often it looks
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/stack.sh"

# What `create` has found: the change set's ARN, or nothing; and what sam was told, by option, by samconfig.toml or in its guide: "True",
# "False", or nothing where that is not known.
change_set=''
confirms=''
keeps_what_failed=''

check_arn() {
    [[ ${1:-} =~ ^arn:[a-z-]+:cloudformation:[a-z0-9-]+:[0-9]{12}:changeSet/[A-Za-z0-9/-]+$ ]] ||
        refuse "\"${1:-}\" is no change set's ARN"
}

# What sam says that it deploys with: a line "name : value".
sam_says() {
    sed -n "s/^[[:space:]]*$1[[:space:]]*: //p" "$2" | tail -n 1
}

check_waiting() {
    [[ ${WAIT_MINUTES:-170} =~ ^[0-9]+$ && ${POLL_SECONDS:-15} =~ ^[0-9]+$ ]] || refuse "WAIT_MINUTES and POLL_SECONDS are whole numbers"
}

# Whether sam was told to, "True" or "False", by its own words; by the options or samconfig.toml where it says nothing (`--output json`).
# Nothing where none of them does.
switch_told() {
    local said word key=${1#--}
    said=$(sam_says "$2" "$3")
    shift 3
    if [ -z "$said" ]; then
        for word in "$@"; do
            case $word in
            "--$key") said=True ;;
            "--no-$key") said=False ;;
            esac
        done
    fi
    if [ -z "$said" ]; then
        case $(config_value "${key//-/_}") in
        true) said=True ;;
        false) said=False ;;
        esac
    fi
    printf '%s\n' "$said"
}

# Whether sam is told to upload to another place than the one that samconfig.toml names: to a bucket, or under another prefix.
uploads_elsewhere() {
    local word before='' prefix=''
    for word in "$@"; do
        case $word in
        --s3-bucket | --s3-bucket=*) return 0 ;;
        --s3-prefix=*) prefix=${word#*=} ;;
        esac
        [ "$before" != --s3-prefix ] || prefix=$word
        before=$word
    done
    [ -n "$prefix" ] && [ "$prefix" != "$(config_value s3_prefix)" ]
}

create() {
    local name command output
    name=$(stack_name)
    command=(sam deploy --no-execute-changeset)
    # Otherwise sam reads both from samconfig.toml itself, and `--guided` may ask for others. A prefix of its own for another stack than the
    # environment's, for whoever deletes a stack deletes all that was uploaded under its prefix.
    if [ -n "${STACK:-}" ]; then
        command+=(--stack-name "$name")
        [ "$name" = "$(config_value stack_name)" ] || command+=(--s3-prefix "$name")
    fi
    command+=("$@")
    if dry_run; then
        run "${command[@]}"
        return
    fi
    if uploads_elsewhere "${command[@]}"; then
        # SAM names the version after them, too: docs/first-deployment.md.
        echo "==> If this is another bucket or prefix than the last deployment's: change the code too, or Lambda refuses a version without news" >&2
    fi
    output=$(mktemp "${TMPDIR:-/tmp}/change-set.XXXXXX")
    # For people, while it goes on; the status of the pipe is sam's, by pipefail.
    if ! "${command[@]}" 2>&1 | tee "$output" >&2; then
        rm -f "$output"
        fail "sam created no change set; its reason is above"
    fi
    change_set=$(sed -n 's/.*\(arn:[a-z-]*:cloudformation:[a-z0-9-]*:[0-9]*:changeSet\/[A-Za-z0-9\/-]*\).*/\1/p' "$output" | tail -n 1)
    if [ -z "$change_set" ] && ! grep -q 'No changes to deploy' "$output"; then
        rm -f "$output"
        fail "sam named no change set, and did not say that there is nothing to deploy"
    fi
    name=$(sam_says 'Stack name' "$output")
    STACK=${name:-${STACK:-}}
    # shellcheck disable=SC2034  # For deploy.sh.
    confirms=$(switch_told --confirm-changeset 'Confirm changeset' "$output" "$@")
    keeps_what_failed=$(switch_told --disable-rollback 'Disable rollback' "$output" "$@")
    rm -f "$output"
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

# The newest events that belong to this execution, as JSON, the newest first. Nothing before the first.
#
# By the token, for neither the stack's status nor its last event says whose they are: just after the call they may be of the update before.
stack_events() {
    aws cloudformation describe-stack-events --stack-name "$1" --no-paginate --output json --query "StackEvents[?ClientRequestToken=='$2']"
}

execute() {
    local minutes=${WAIT_MINUTES:-170} poll=${POLL_SECONDS:-15} stack='<stack>' token='<token>' name command
    name=$(stack_name)
    check_waiting
    dry_run || token="change-set-$(date +%s)-$$"
    # With the stack's name, although the ARN is enough: a permission for the stack is one for the call then.
    #
    # SAM has versions retained. One that a rollback leaves over fails the next update with the same code: Lambda publishes it no second time.
    command=(cloudformation execute-change-set --stack-name "$name" --change-set-name "$1" --client-request-token "$token" --retain-except-on-create)
    [ "$keeps_what_failed" != True ] || command+=(--disable-rollback)
    if dry_run; then
        run aws "${command[@]}"
        echo "# Then, every $poll seconds, at most for $minutes minutes:"
        run aws cloudformation describe-stack-events --stack-name "$stack" --no-paginate
        return
    fi
    stack=$(ask cloudformation describe-change-set --stack-name "$name" --change-set-name "$1" --query StackId --output text)
    ask "${command[@]}" >/dev/null
    wait_for_end "$stack" "$token" "$minutes" "$poll"
}

# Not by a waiter of the AWS CLI: CloudFormation's gives up after an hour, CodeDeploy's after 30 minutes, and a linear shift alone takes
# up to 90. CloudFormation's own end is enough, for it waits for CodeDeploy.
wait_for_end() {
    local stack=$1 token=$2 minutes=$3 poll=$4 deadline events news newest last='' status='' misses=0
    deadline=$((SECONDS + minutes * 60))
    while :; do
        if events=$(stack_events "$stack" "$token"); then
            misses=0
            # Of the first page alone: the events of many resources may push the stack's own off it for a while, and its status stays what it was.
            news=$(printf '%s\n' "$events" | python3 "$root/scripts/change_set.py" news "$stack" "$last")
            {
                read -r last
                read -r newest || true
                cat
            } <<<"$news"
            status=${newest:-$status}
        else
            misses=$((misses + 1))
            [ "$misses" -lt 5 ] || fail "AWS has not answered five times in a row. The update goes on: look at the stack's events"
        fi
        case $status in
        CREATE_COMPLETE | UPDATE_COMPLETE) return ;;
        '' | *_IN_PROGRESS) ;;
        *)
            say_what_failed "$stack" "$token"
            fail "the stack is $status, and not as it should be$(way_out "$status")"
            ;;
        esac
        [ "$SECONDS" -lt "$deadline" ] || fail "the stack is still ${status:-unchanged} after $minutes minutes. The update goes on"
        sleep "$poll"
    done
}

# How to go on with a stack whose status lets it take no update; nothing for any other status.
way_out() {
    local name command
    name=$(stack_name)
    case $1 in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED)
        printf '. Its creation failed, so it can only be deleted: make destroy%s' "${ENV:+ ENV=$ENV}${STACK:+ STACK=$STACK}"
        ;;
    UPDATE_ROLLBACK_FAILED)
        command=$(print_command aws cloudformation continue-update-rollback --stack-name "$name")
        printf '. It takes no update before its rollback is over. Mend what keeps it from that, and go on with it:\n  %s' "$command"
        ;;
    esac
}

say_what_failed() {
    local events function version
    # Over pages, for the way back of many resources pushes the cause off the first. Not over all of them: events are kept for 90 days.
    # As JSON, for of text the CLI filters each page by itself, and adds a line for where it stopped.
    events=$(ask cloudformation describe-stack-events --stack-name "$1" --max-items 1000 --output json \
        --query "StackEvents[?ClientRequestToken=='$2' && ends_with(ResourceStatus, '_FAILED')]")
    printf '%s\n' "$events" | python3 "$root/scripts/change_set.py" failures
    printf '%s\n' "$events" | python3 "$root/scripts/change_set.py" existing |
        while IFS=$'\t' read -r function version; do say_what_to_do "$function" "$version"; done
}

# Lambda has not published a version, for this one has the same code and settings. Whether it may go its aliases say. It is never deleted here.
say_what_to_do() {
    local function=$1 version=$2 aliases command
    command=$(print_command aws lambda delete-function --function-name "$function" --qualifier "$version")
    printf '\n'
    if ! aliases=$(aws lambda list-aliases --function-name "$function" --function-version "$version" --query 'Aliases[].Name' --output text 2>/dev/null); then
        cat <<TEXT
Version $version of $function has this very code and these settings already. Which alias uses it, AWS does not tell here. If none does, an
update that was rolled back has left it over: delete it, and deploy again. Lambda deletes none that an alias uses.
  $command
TEXT
    elif [ -n "$aliases" ] && [ "$aliases" != None ]; then
        cat <<TEXT
Version $version of $function, which its alias ${aliases//$'\t'/, } serves, has this very code and these settings: what the update changes is no
part of a version. Take it back, or change the code too: docs/first-deployment.md, "What publishes a version".
TEXT
    else
        cat <<TEXT
Version $version of $function has this very code and these settings, and no alias uses it: an update that was rolled back has left it over
(docs/old-versions.md). Delete it, and deploy again:
  $command
TEXT
    fi
}

# For a script that sources this one, that is all.
[ "${BASH_SOURCE[0]}" = "$0" ] || return 0

[ $# -ge 1 ] || refuse "say what to do: create, show ARN or execute ARN"
verb=$1
shift

case $verb in
create)
    refuse_places "$@"
    locate
    name=$(stack_name)
    dry_run || check_architecture "$name" "$@"
    create "$@"
    [ -z "$change_set" ] || printf '%s\n' "$change_set"
    ;;
show | execute)
    [ $# = 1 ] || refuse "$verb takes the change set's ARN"
    check_arn "$1"
    locate
    "$verb" "$1"
    ;;
*) refuse "\"$verb\" is not among create, show and execute" ;;
esac
