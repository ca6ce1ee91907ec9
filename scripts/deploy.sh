#!/usr/bin/env bash
# Deploys what `make sam-build` has built, as the environment ENV of samconfig.toml says. Arguments go on to `sam deploy`.
set -euo pipefail
source "$(dirname "$0")/stack.sh"

name=$(stack_name)
command=(sam deploy --config-env "$env_name")
# Otherwise sam reads both from samconfig.toml itself, and `--guided` may ask for others. A prefix of its own, for whoever deletes a stack
# deletes all that was uploaded under its prefix.
[ -z "${STACK:-}" ] || command+=(--stack-name "$name" --s3-prefix "$name")
command+=("$@")

cd "$root"
if dry_run; then
    echo "# The stack $name. Builds, shows the change set, and makes the changes once they are confirmed; the traffic shifts meanwhile."
    run make sam-build
else
    check_architecture "$name" "$@"
    echo "==> Deploying the stack $name"
fi
run "${command[@]}"
