#!/usr/bin/env bash
# End-to-end tests on a lab of their own, which is removed afterwards.
# KEEP=1 keeps it.
LAB=${LAB:-tcp-operator-e2e}
cd "$(dirname "$0")/.."
. hack/cluster.sh

[ "$CLUSTER" = lab ] || die "the end-to-end tests run on a lab: unset CLUSTER"
check_cluster
build
trap '[ -n "${KEEP:-}" ] || lab down' EXIT
cluster_up
load_images
deploy
step "running the tests"
# They mostly wait, so there may be more of them than cores.
LAB=$LAB LAB_COMMAND=$PWD/bin/lab go test -tags e2e -count=1 -v -parallel 6 -timeout 20m ./test/e2e "$@"
