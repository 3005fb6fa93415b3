#!/usr/bin/env bash
# Prints the folders of the modules beside the operator's own.
set -euo pipefail
cd "$(dirname "$0")/.."
find . \( -path './.*' -o -path ./bin \) -prune -o -mindepth 2 -name go.mod -printf '%P\n' | xargs -n1 dirname | sort
