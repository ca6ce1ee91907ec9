#!/usr/bin/env bash
# Shows what became of a deployment: its status, its lifecycle events, and what each hook found.
#
#   DEPLOYMENT=d-A1B2C3D4E   which one; the deployment group's last unless set, or the one that it rolled back
#   AFTER=1767225600         none that was created before this, in seconds since 1970: says that none has run then
#   FORMAT=markdown          for the summary of a workflow's step; text unless set
set -euo pipefail
source "$(dirname "$0")/stack.sh"

format=${FORMAT:-text}
case $format in
text | markdown) ;;
*) refuse "FORMAT is $format, and may be text or markdown" ;;
esac

deployment=${DEPLOYMENT:-}
[[ -z $deployment || $deployment =~ ^d-[A-Z0-9]+$ ]] || refuse "\"$deployment\" is no deployment's id, which looks like d-A1B2C3D4E"

after=${AFTER:-0}
[[ $after =~ ^[0-9]+$ ]] || refuse "AFTER is $after, and is a time in seconds since 1970"

name=$(stack_name)
locate
dry_run || STACK_OUTPUTS=$(stack_outputs)
application=$(stack_output DeploymentApplication)
group=$(stack_output DeploymentGroup)

answers=$(mktemp -d "${TMPDIR:-/tmp}/verdicts.XXXXXX")
trap 'rm -rf "$answers"' EXIT

# Keeps an answer of AWS for verdicts.py, under this name.
keep() {
    local file=$answers/$1
    shift
    if dry_run; then
        print_command aws "$@"
    else
        ask "$@" --output json >"$file.json"
    fi
}

# A field of an answer: keys, with a dot between.
field() {
    python3 "$root/scripts/verdicts.py" field "$1" <"$answers/$2.json"
}

# The deployment itself and the life of its one target, the function.
keep_deployment() {
    keep "$1-deployment" deploy get-deployment --deployment-id "$2"
    local target='<target>'
    if ! dry_run; then
        target=$(ask deploy list-deployment-targets --deployment-id "$2" --query 'targetIds[0]' --output text)
        # A deployment that an alarm kept from starting may have none.
        [ "$target" != None ] || return 0
    else
        print_command aws deploy list-deployment-targets --deployment-id "$2"
    fi
    keep "$1-targets" deploy batch-get-deployment-targets --deployment-id "$2" --target-ids "$target"
}

! dry_run || echo "# The stack $name. Its last deployment, the hooks' lines about it in the logs, and the deployment that took it back, if any:"

if [ -z "$deployment" ]; then
    keep group deploy get-deployment-group --application-name "$application" --deployment-group-name "$group"
    deployment='<deployment>'
    if ! dry_run; then
        deployment=$(field deploymentGroupInfo.lastAttemptedDeployment.deploymentId group)
        if [ -z "$deployment" ]; then
            echo "No deployment has run in the stack $name: its creation shifts no traffic (docs/first-deployment.md)."
            exit
        fi
        created=$(field deploymentGroupInfo.lastAttemptedDeployment.createTime group)
        if [ "$created" -lt $((after * 1000)) ]; then
            echo "No deployment has run in the stack $name since: its last is $deployment."
            exit
        fi
        keep last deploy get-deployment --deployment-id "$deployment"
        rolled_back=$(field deploymentInfo.rollbackInfo.rollbackTriggeringDeploymentId last)
        deployment=${rolled_back:-$deployment}
    fi
fi

keep_deployment shown "$deployment"
since='<its creation, in milliseconds>'
if ! dry_run; then
    since=$(field deploymentInfo.createTime shown-deployment)
    rollback=$(field deploymentInfo.rollbackInfo.rollbackDeploymentId shown-deployment)
    [ -z "$rollback" ] || keep_deployment rollback "$rollback"
fi

for hook in PreTrafficHook PostTrafficHook HookGuard; do
    group_of_logs=$(stack_output "${hook}Logs")
    keep "$hook" logs filter-log-events --log-group-name "$group_of_logs" --start-time "$since" \
        --filter-pattern "{ \$.deployment_id = \"$deployment\" }"
done

dry_run || python3 "$root/scripts/verdicts.py" "$format" "$answers"
