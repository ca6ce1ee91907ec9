#!/usr/bin/env bash
# Deploys what `make sam-build` has built, as the environment ENV of samconfig.toml says. Arguments go on to `sam deploy`, which uploads and
# creates the change set. Executing it is not sam's: sam cannot have CloudFormation delete the version that a rollback leaves over, and with it
# the same code could not be deployed again (docs/old-versions.md).
#
#   WAIT_MINUTES=170   how long to wait for the end; the update goes on afterwards
#   POLL_SECONDS=15    how often to look
set -euo pipefail
source "$(dirname "$0")/change-set.sh"

for option in "$@"; do
    case ${option%%=*} in
    --on-failure | --express)
        refuse "$option is for a change set that sam executes, and this one it does not: use sam itself, .venv/bin/sam deploy"
        ;;
    --max-wait-duration) refuse "$option is for sam, and it is not sam that waits here: WAIT_MINUTES=90" ;;
    --save-params) refuse "$option would save --no-execute-changeset, and sam would execute none any more. --guided saves what it asks" ;;
    esac
done

refuse_places "$@"
check_waiting
name=$(stack_name)
locate
if dry_run; then
    echo "# The stack $name $(whereabouts). Builds, and has sam upload it and show the changes:"
    run make sam-build
    create "$@"
    echo "# Once they are confirmed, makes them; the traffic shifts meanwhile. A rollback deletes what the update created:"
    execute '<change set>'
    exit
fi

check_architecture "$name" "$@"
at=$(whereabouts)
echo "==> Deploying the stack $name $at"
begun=$(date +%s)
create "$@"
# sam has said that nothing is to change.
[ -n "$change_set" ] || exit 0
name=$(stack_name)
IFS=: read -r _ _ _ region _ <<<"$change_set"
[ "$AWS_REGION" = "$region" ] ||
    fail "sam's guide was told $region, and all other calls go to $AWS_REGION, so nothing is changed. To deploy there: AWS_REGION=$region"
later="scripts/change-set.sh execute $change_set"
[ -z "${ENV:-}" ] || later="ENV=$ENV $later"
later="STACK=$name $later"
case " $* " in
*' --no-execute-changeset '*)
    echo "The change set is there, and nothing is changed. To make the changes: $later"
    exit
    ;;
esac

if [ "$confirms" != False ]; then
    [ -t 0 ] || fail "nobody can be asked here, so nothing is changed. DEPLOY_FLAGS=--no-confirm-changeset asks nothing. To make these changes: $later"
    read -r -p "Deploy this change set? [y/N] " answer
    case $answer in
    [Yy] | [Yy][Ee][Ss]) ;;
    *)
        echo "Nothing is changed. The change set stays: $later"
        exit
        ;;
    esac
fi

# What became of it: the stack's outputs where it has any, and what CodeDeploy and the hooks say, after a failure above all.
tell() {
    local code=$?
    if [ "$code" = 130 ]; then
        echo "deploy: the update goes on. make verdicts${ENV:+ ENV=$ENV} shows it, make rollback${ENV:+ ENV=$ENV} stops its deployment" >&2
        return
    fi
    # In a shell of its own: what cannot be told must not change how this ends.
    set +e
    (
        set -e
        STACK_OUTPUTS=$(stack_outputs)
        if [ "$code" = 0 ]; then printf '\nOutputs\n%s\n' "$(printf '%s\n' "$STACK_OUTPUTS" | awk -F '\t' '{ printf "  %-22s %s\n", $1, $2 }')"; fi
        # A stack whose creation failed has none.
        has_output DeploymentApplication || exit 0
        printf '\n'
        AFTER=$begun FORMAT=text DEPLOYMENT=''
        source "$root/scripts/verdicts.sh"
    )
}

trap tell EXIT
trap 'exit 130' INT
execute "$change_set"
