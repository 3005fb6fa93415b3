#!/usr/bin/env bash
# build.sh [FOLDER] compiles the manager, the workload and the kubectl plugin into
# FOLDER, bin by default. The flags stand here alone. They make the same bytes of the same
# source, version and release of Go, wherever that is.
#
#   VERSION   what manager --version prints; by default what git says
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-bin}
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}

export CGO_ENABLED=0
# No -buildvcs: a tree without .git must give what a clone gives.
build() { go build -trimpath -buildvcs=false -ldflags="-s -w -X main.release=$version" -o "$out/$1" "$2"; }
build manager .
build workload ./workload
build kubectl-tcp ./cmd/kubectl-tcp
