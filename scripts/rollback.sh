#!/usr/bin/env bash
# Stops the stack's running deployment and has CodeDeploy move the traffic back to the version from before it.
#
# Ends with 1 where none runs: nothing has gone back then.
set -euo pipefail
source "$(dirname "$0")/stack.sh"

# Every status of a deployment that has not ended (CodeDeploy API reference, DeploymentInfo).
running=(Created Queued InProgress Baking Ready)

name=$(stack_name)
locate
dry_run || STACK_OUTPUTS=$(stack_outputs)
application=$(stack_output DeploymentApplication)
group=$(stack_output DeploymentGroup)

list=(deploy list-deployments --application-name "$application" --deployment-group-name "$group" --include-only-statuses "${running[@]}")
if dry_run; then
    echo "# The stack $name. Which deployment runs:"
    run aws "${list[@]}"
    echo "# Whether it is a rollback itself, which is left alone:"
    run aws deploy get-deployment --deployment-id '<deployment>' --query deploymentInfo.creator
    echo "# If it is not:"
    run aws deploy stop-deployment --deployment-id '<deployment>' --auto-rollback-enabled
    exit
fi

deployments=$(ask "${list[@]}" --query 'deployments[]' --output text)
found=0
for deployment in $deployments; do
    [ "$deployment" != None ] || continue
    creator=$(ask deploy get-deployment --deployment-id "$deployment" --query deploymentInfo.creator --output text)
    case $creator in
    codeDeployRollback | CloudFormationRollback)
        echo "rollback: $deployment is a rollback already ($creator). It is left to go on."
        found=1
        continue
        ;;
    esac
    ask deploy stop-deployment --deployment-id "$deployment" --auto-rollback-enabled --query statusMessage --output text
    echo "rollback: $deployment is told to stop. CodeDeploy moves the traffic back in a deployment of its own; the stack's update fails with it,"
    echo "rollback: and CloudFormation takes the rest back. make verdicts${ENV:+ ENV=$ENV} shows both deployments."
    found=1
done
[ "$found" = 1 ] ||
    fail "no deployment runs in the stack $name in $AWS_REGION${AWS_PROFILE:+ (profile $AWS_PROFILE)}, so there is none to stop." \
        "What is live stays live; to go back to older code, deploy it"
