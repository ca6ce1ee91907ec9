# shellcheck shell=bash
# What the scripts know of the stack that they work on. To be sourced:
#
#   stack_name            its name: STACK, or what samconfig.toml says for the environment ENV ("default" unless set)
#   stack_outputs         its outputs, a line each: name, tab, value
#   stack_output NAME     the value of one of them
#   has_output NAME       whether there is one of that name, among STACK_OUTPUTS
#   aws, sam              these two where they are to act, whatever calls them: each call names the Region and the profile, sam's also the
#                         environment of samconfig.toml. What is printed is what is called.
#   locate                finds out where that is, once: a script calls it first, so that its subshells know already
#   whereabouts           where that is, for people: "in eu-west-1, account 123456789012 (profile work)"
#   refuse_places OPTION… refuses options by which `sam deploy` would act elsewhere
#   ask ARGUMENT…         runs the AWS CLI to read something, and says what to do when it does not work; with no_stack=fine a stack that is
#                         not there is nothing, and no failure
#   check_architecture STACK OPTION…
#                         refuses to have `sam deploy` put functions on a processor that they are not built for
#   run COMMAND…          runs a command; with DRY_RUN=1 it is printed instead
#   dry_run               whether DRY_RUN=1
#   export_credentials    puts a profile's or SSO's credentials and Region into the environment, for programs that read nothing else
#   fail, refuse          the end with 1, for what did not work, and with 2, for what cannot work as it was asked for
#
# With DRY_RUN=1 nothing is asked of AWS, so neither credentials nor the AWS CLI are needed: what only AWS knows is shown as <its name>.
#
# A secret is never an argument: arguments can be read by every user of a machine, and `run` prints them.
#
# It runs under the bash 3.2 of macOS too.

# A script that sources another one has it already, and knows where it acts.
[ -z "${stack_is_known:-}" ] || return 0
stack_is_known=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
env_name=${ENV:-default}
config=$root/samconfig.toml
# `sam` is where the Makefile has it installed.
PATH=$root/.venv/bin:$PATH

fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

refuse() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 2
}

dry_run() {
    [ "${DRY_RUN:-}" = 1 ]
}

case ${DRY_RUN:-} in
'' | 0 | 1) ;;
*) refuse "DRY_RUN is $DRY_RUN, and may be 1 or 0" ;;
esac

# The environments of samconfig.toml that deploy something, in its order.
environments() {
    sed -n 's/^[[:space:]]*\[[[:space:]]*\([A-Za-z0-9_-]*\)\.deploy\.parameters[[:space:]]*\].*/\1/p' "$config"
}

# A text, or true or false, that the environment's tables of samconfig.toml give `sam deploy`: the one for the command before the one for all
# commands. Nothing where there is none. Tables and values are looked for as `sam deploy --guided` writes them, one a line.
config_value() {
    local table value
    for table in deploy global; do
        value=$(awk -v table="$env_name.$table.parameters" -v key="$1" '
            /^[ \t]*\[/ { name = $0; gsub(/^[ \t]*\[+[ \t]*|[ \t]*\].*$/, "", name); inside = name == table; next }
            inside && $0 ~ "^[ \t]*" key "[ \t]*=" {
                sub(/^[^=]*=[ \t]*/, "")
                quote = substr($0, 1, 1)
                if ($0 ~ /^(true|false)[ \t]*(#.*)?$/) { sub(/[ \t]*(#.*)?$/, ""); print; exit }
                if (quote != "\"" && quote != "\047") next
                text = substr($0, 2)
                print substr(text, 1, index(text, quote) - 1)
                exit
            }' "$config")
        [ -z "$value" ] || break
    done
    printf '%s\n' "$value"
}

[ -f "$config" ] || refuse "there is no $config"
environments | grep -qxF -e "$env_name" ||
    refuse "samconfig.toml has no environment \"$env_name\". It has: $(environments | tr '\n' ' ' | sed 's/ $//; s/ /, /g')"

# Region and profile: what samconfig.toml says for the environment goes before the shell's variables, as sam has it.
region_of_config=$(config_value region)
[ -z "$region_of_config" ] || AWS_REGION=$region_of_config
# The SDK for Python, which sam stands on, reads AWS_DEFAULT_REGION alone, and other SDKs AWS_REGION alone.
[ -z "${AWS_REGION:=${AWS_DEFAULT_REGION:-}}" ] || export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION
profile_of_config=$(config_value profile)
if [ -n "$profile_of_config" ]; then
    AWS_PROFILE=$profile_of_config
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
elif [ -n "${AWS_ACCESS_KEY_ID:-}" ]; then
    # Keys go before a profile (AWS CLI user guide, "Configuration settings and precedence"), but not before one that is named in the call.
    unset AWS_PROFILE
else
    # In this order, as botocore reads them (configprovider.py).
    AWS_PROFILE=${AWS_DEFAULT_PROFILE:-${AWS_PROFILE:-}}
fi
unset AWS_DEFAULT_PROFILE
if [ -n "${AWS_PROFILE:-}" ]; then export AWS_PROFILE; else unset AWS_PROFILE; fi

# No answer is for paging through, in a terminal neither.
export AWS_PAGER=''
export SAM_CLI_TELEMETRY=0

stack_name() {
    local name=${STACK:-$(config_value stack_name)}
    [ -n "$name" ] ||
        refuse "samconfig.toml has no stack_name for the environment \"$env_name\". Name the stack: STACK=name"
    # CloudFormation's pattern. It keeps a name from being read as an option, too.
    [[ $name =~ ^[A-Za-z][-A-Za-z0-9]{0,127}$ ]] ||
        refuse "\"$name\" is no stack's name: a letter, then letters, digits and hyphens, at most 128"
    printf '%s\n' "$name"
}

needs_aws() {
    type -P aws >/dev/null ||
        refuse "there is no aws, the AWS CLI (version 2). Where to get it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
}

# The options that say to the AWS CLI and to sam alike where they act. Found once; the Region may be one of the profile's.
where=()
locate() {
    local region=${AWS_REGION:-}
    [ ${#where[@]} = 0 ] || return 0
    if [ -z "$region" ] && dry_run; then
        region='<Region>'
    elif [ -z "$region" ]; then
        needs_aws
        # It ends with 1, silently, where none is set.
        region=$(command aws configure get region ${AWS_PROFILE:+--profile "$AWS_PROFILE"}) || region=''
        [ -n "$region" ] || refuse 'no Region is set. Name one: AWS_REGION=eu-west-1'
        export AWS_REGION=$region AWS_DEFAULT_REGION=$region
    fi
    where=(--region "$region" ${AWS_PROFILE:+--profile "$AWS_PROFILE"})
}

# Sets "placed" to a command, with where it acts where it is one of the two.
place() {
    placed=("$@")
    case $1 in
    aws)
        locate
        placed+=("${where[@]}")
        ;;
    sam)
        locate
        # Without an environment sam reads the tables of "default", whose Region and profile it would take (samcli, cli_config_file.py).
        placed=(sam "$2" --config-env "$env_name" "${where[@]}" "${@:3}")
        ;;
    esac
}

aws() {
    place aws "$@"
    command "${placed[@]}"
}

sam() {
    place sam "$@"
    # It reads the samconfig.toml of where it is.
    (cd "$root" && command "${placed[@]}")
}

whereabouts() {
    local account='<account>'
    locate
    dry_run || account=$(ask sts get-caller-identity --query Account --output text) || exit
    printf 'in %s, account %s%s\n' "${where[1]}" "$account" "${AWS_PROFILE:+ (profile $AWS_PROFILE)}"
}

refuse_places() {
    local option
    for option in "$@"; do
        case ${option%%=*} in
        --region) refuse "--region is for sam alone. For all that is called: AWS_REGION=name, or region in samconfig.toml" ;;
        --profile) refuse "--profile is for sam alone. For all that is called: AWS_PROFILE=name, or profile in samconfig.toml" ;;
        --stack-name) refuse "--stack-name is for sam alone. For all that is called: STACK=name" ;;
        --config-env | --config-file) refuse "${option%%=*} is for sam alone. For all that is called: ENV=name, an environment of samconfig.toml" ;;
        esac
    done
}

# Runs the AWS CLI to read something. It tells its reason itself; what to do about it comes after.
ask() {
    local answer reason
    needs_aws
    locate
    reason=$(mktemp "${TMPDIR:-/tmp}/stack.XXXXXX")
    if answer=$(aws "$@" 2>"$reason"); then
        rm -f "$reason"
        printf '%s\n' "$answer"
        return
    fi
    answer=$(cat "$reason")
    rm -f "$reason"
    [[ ${no_stack:-} != fine || $answer != *'Stack with id '*' does not exist'* ]] || return 0
    [ -z "$answer" ] || printf '%s\n' "$answer" >&2
    case $answer in
    *'Stack with id '*' does not exist'*) fail "is it deployed, in this account and Region? make deploy${ENV:+ ENV=$ENV} creates the stack $(stack_name)" ;;
    *'Unable to locate credentials'* | *'Token has expired'* | *ExpiredToken* | *'SSO session'* | *InvalidClientTokenId* | *'Error loading SSO'*)
        fail "this shell has no credentials that AWS takes. Name a profile (AWS_PROFILE=name), and log in where it is one of SSO (aws sso login)"
        ;;
    *'Unknown options'*) fail "this AWS CLI does not know that option, which is of July 2023. Update it, and deploy again: nothing is changed" ;;
    *) fail "aws $1 ${2:-} did not work; its reason is above" ;;
    esac
}

stack_outputs() {
    ask cloudformation describe-stacks --stack-name "$(stack_name)" \
        --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]' --output text
}

stack_output() {
    local outputs value
    if dry_run; then
        printf '<%s>\n' "$1"
        return
    fi
    # Asked for once, where the script has kept the answer.
    outputs=${STACK_OUTPUTS-$(stack_outputs)} || exit
    value=$(printf '%s\n' "$outputs" | awk -F '\t' -v name="$1" '$1 == name { print $2; exit }')
    [ -n "$value" ] ||
        fail "the stack $(stack_name) has no output $1. Deploy the template as it is here: make deploy${ENV:+ ENV=$ENV}"
    printf '%s\n' "$value"
}

has_output() {
    printf '%s\n' "$STACK_OUTPUTS" | awk -F '\t' -v name="$1" '$1 == name { found = 1 } END { exit !found }'
}

# Built for the other processor no function starts, the guard neither, and an update would wait its hour for CodeDeploy.
check_architecture() {
    local name=$1 tool=$root/scripts/architecture.py template=$root/template.yaml built deployed
    shift
    built=$(python3 "$tool" built "$root/.aws-sam/build") || exit 2
    deployed=$(python3 "$tool" told "$config" "$env_name" "$template" "$@") || exit 2
    # What sam is not told stays as the stack has it. One that was never created has nothing yet.
    [ -n "$deployed" ] || deployed=$(no_stack=fine ask cloudformation describe-stacks --stack-name "$name" --output text \
        --query "Stacks[?StackStatus!='REVIEW_IN_PROGRESS'].Parameters[] | [?ParameterKey=='Architecture'].ParameterValue") || exit
    [ -n "$deployed" ] || deployed=$(python3 "$tool" default "$template") || exit 2
    [ "$built" = "$deployed" ] ||
        refuse "the functions are built for $built, and would be deployed with Architecture=$deployed: none would start. Tell both the same," \
            "in samconfig.toml: parameter_overrides of [default.build.parameters] and of [$env_name.deploy.parameters]"
    case " $* " in
    *' --guided '* | *' -g '*) echo "==> The functions are built for $built: that is the answer to \"Parameter Architecture\"" >&2 ;;
    esac
}

# A command as one may type it.
print_command() {
    local word separator=''
    place "$@"
    for word in "${placed[@]}"; do
        case $word in
        '' | *[!A-Za-z0-9_@%+=:,./\<\>-]*) word=\'${word//\'/\'\\\'\'}\' ;;
        esac
        printf '%s%s' "$separator" "$word"
        separator=' '
    done
    printf '\n'
}

run() {
    if dry_run; then
        print_command "$@"
    else
        "$@"
    fi
}

export_credentials() {
    local exported line
    ! dry_run || return 0
    locate
    [ -z "${AWS_ACCESS_KEY_ID:-}" ] || [ -z "${AWS_SECRET_ACCESS_KEY:-}" ] || return 0
    exported=$(ask configure export-credentials --format env-no-export) || exit
    # One that is left from other keys would go with these.
    unset AWS_SESSION_TOKEN
    # Not split by `read`, which takes the padding off a token that ends in "=".
    while read -r line; do
        case ${line%%=*} in
        AWS_ACCESS_KEY_ID | AWS_SECRET_ACCESS_KEY | AWS_SESSION_TOKEN | AWS_CREDENTIAL_EXPIRATION) export "${line%%=*}=${line#*=}" ;;
        esac
    done <<<"$exported"
}
