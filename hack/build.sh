#!/usr/bin/env bash
# build.sh [FOLDER [PROGRAM...]] compiles into FOLDER, bin by default, the
# manager, the workload and the kubectl plugin, or those that are named. The
# flags stand here alone. They make the same bytes of the same source, version
# and release of Go, wherever that is.
#
#   VERSION   what manager --version prints; by default what git says
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-bin}
shift || true
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo unknown)}

declare -A package=([manager]=. [workload]=./workload [kubectl-tcp]=./cmd/kubectl-tcp)

export CGO_ENABLED=0
[ $# -gt 0 ] || set -- manager workload kubectl-tcp
for program in "$@"; do
  # No -buildvcs: a tree without .git must give what a clone gives.
  go build -trimpath -buildvcs=false -ldflags="-s -w -X main.release=$version" -o "$out/$program" "${package[$program]}"
done
