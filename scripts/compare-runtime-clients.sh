#!/usr/bin/env bash
# Holds the rehearsal's runtime clients to AWS's own, over one list of handlers (rehearsal/host/tests/clients/cases.py). Slow, and not part
# of `make test`: AWS's clients come from PyPI and npm, and that of Node.js is built with cmake, autoconf and libtool.
#
#   compare-runtime-clients.sh [FOLDER]   keeps AWS's clients in FOLDER, target/runtime-clients without it
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$root/target/runtime-clients}
mkdir -p "$folder/npm"

clients=$root/rehearsal/host/tests/clients
[ -x "$folder/venv/bin/python" ] || python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --require-hashes --requirement "$clients/requirements.txt"
if [ ! -f "$folder/npm/node_modules/aws-lambda-ric/bin/index.mjs" ]; then
    cp "$clients"/npm/package*.json "$folder/npm"
    cd "$folder/npm"
    npm ci --ignore-scripts --no-audit --no-fund
    # The one package whose scripts are run: they build the client's native part.
    npm rebuild --foreground-scripts aws-lambda-ric
    cd "$root"
fi

code=0
compare=$clients/compare.py
"$folder/venv/bin/python" -B "$compare" python "$root/rehearsal/host/src/runtimes" "$folder/venv/bin/python" || code=1
"$folder/venv/bin/python" -B "$compare" nodejs "$root/rehearsal/host/src/runtimes" "$folder/npm/node_modules" || code=1
exit "$code"
