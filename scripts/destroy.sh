#!/usr/bin/env bash
# Deletes the stack and what `sam deploy` has uploaded for it, after saying what goes and what stays. It asks for the stack's name first,
# unless YES=1.
set -euo pipefail
source "$(dirname "$0")/stack.sh"

case ${YES:-} in
'' | 0 | 1) ;;
*) refuse "YES is $YES, and may be 1 or 0" ;;
esac

name=$(stack_name)
locate
if dry_run; then
    table=$(stack_output Table)
else
    STACK_OUTPUTS=$(stack_outputs)
    # A stack whose creation failed has no outputs, and is to be deleted all the same.
    table='(its name is not among the outputs)'
    if has_output Table; then table=$(stack_output Table); fi
fi

at=$(whereabouts)
cat <<TEXT
The stack $name $at goes, with
  - the API and its URL,
  - the functions with every version of them, the alias, the CodeDeploy application and the record of its deployments,
  - the alarms, the dashboard and the log groups with all that is in them,
  - what sam has uploaded for it, under the stack's prefix of sam's bucket: the first 1,000 objects, of which a deployment makes up to five.
What stays, and is billed:
  - the table with its contacts, $table: "aws dynamodb delete-table" deletes it,
  - sam's bucket, the stack aws-sam-cli-managed-default, which other applications use too. It is versioned: what is deleted from it
    stays there as old versions. What is beyond those 1,000 objects is not deleted at all,
  - where the stack had ManageApiGatewayAccount: API Gateway's logging role, which the Region's setting points at. It costs nothing.
TEXT

if ! dry_run && [ "${YES:-}" != 1 ]; then
    [ -t 0 ] || refuse "nobody can be asked here. YES=1 deletes the stack $name $at without a question"
    read -r -p "Its name, to delete it: " answer
    [ "$answer" = "$name" ] || fail "that is not its name: nothing is deleted"
fi

# Where the uploads are, sam reads from the deployed template. It lists them once (SAM CLI, lib/package/s3_uploader.py,
# delete_prefix_artifacts), and S3 names at most 1,000 objects in an answer (S3 API reference, ListObjectsV2).
run sam delete --stack-name "$name" --no-prompts
