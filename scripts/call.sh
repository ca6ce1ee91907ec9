#!/usr/bin/env bash
# Runs a program that calls the API, with what it has to know in its environment. Arguments: the program and its own.
#
#   API_URL            the stack's output, unless set
#   API_AUTHORIZATION  the stack's output, unless set; to be set where API_URL is
#   NEW_VERSION_ARN    with --version as first argument: the version that must answer, unless set the one that the alias says. Any may
#                      answer while traffic shifts, and where API_URL is set
#
# Credentials and a Region are added where requests are to be signed; with credentials of a profile, also when they expire.
set -euo pipefail
source "$(dirname "$0")/stack.sh"

asks_version=0
if [ "${1:-}" = --version ]; then
    asks_version=1
    shift
fi
[ $# -gt 0 ] || refuse "name the program to run"

if [ -n "${API_URL:-}" ]; then
    [ -n "${API_AUTHORIZATION:-}" ] || refuse "API_URL is set, so say what the API asks for, too: API_AUTHORIZATION=AWS_IAM or NONE"
    of_stack=0
else
    of_stack=1
    locate
    dry_run || STACK_OUTPUTS=$(stack_outputs)
    API_URL=$(stack_output ApiUrl)
    [ -n "${API_AUTHORIZATION:-}" ] || API_AUTHORIZATION=$(stack_output ApiAuthorization)
fi
export API_URL API_AUTHORIZATION

# Sets NEW_VERSION_ARN to the alias's version.
find_version() {
    local alias function found version weights
    alias=$(stack_output Alias)
    function=${alias%:*}
    found=$(ask lambda get-alias --function-name "$function" --name "${alias##*:}" \
        --query '[FunctionVersion,to_string(RoutingConfig.AdditionalVersionWeights)]' --output text)
    version=${found%%$'\t'*}
    weights=${found#*$'\t'}
    case $weights in
    null | '{}')
        NEW_VERSION_ARN=$function:$version
        printf '==> Version %s must answer\n' "$version"
        ;;
    *)
        NEW_VERSION_ARN=$function
        printf '==> Traffic shifts (version %s, and others by %s), so any version may answer\n' "$version" "$weights"
        ;;
    esac
}

if [ "$asks_version" = 1 ]; then
    if [ -n "${NEW_VERSION_ARN:-}" ]; then
        :
    elif [ "$of_stack" = 0 ]; then
        printf '==> Any version may answer: NEW_VERSION_ARN names the one that must\n'
    elif dry_run; then
        NEW_VERSION_ARN='<Version>'
        print_command aws lambda get-alias --function-name '<Function>' --name live
    else
        find_version
    fi
    [ -z "${NEW_VERSION_ARN:-}" ] || export NEW_VERSION_ARN
fi

if dry_run; then
    print_command env "API_URL=$API_URL" "API_AUTHORIZATION=$API_AUTHORIZATION" \
        ${NEW_VERSION_ARN:+"NEW_VERSION_ARN=$NEW_VERSION_ARN"} "$@"
    exit
fi
if [ "$API_AUTHORIZATION" != NONE ]; then
    # Whose credentials these are is not known. To renew them could make someone else of the caller.
    [ -z "${AWS_ACCESS_KEY_ID:-}" ] || unset AWS_CREDENTIAL_EXPIRATION
    export_credentials
fi
exec "$@"
