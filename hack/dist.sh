#!/usr/bin/env bash
# Writes what is generated under dist/: install.yaml, and the chart's copies of
# the manifests in config/. What is there stays as it is where something fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# Beside its place first: the shell empties a file before the command that is
# to fill it begins.
beside=$(mktemp dist/.install.XXXXXX)
trap 'rm -f "$beside"' EXIT
go tool -modfile=tools.mod kustomize build config/default >"$beside"
chmod 0644 "$beside"
mv "$beside" dist/install.yaml

rm -rf dist/chart/files
mkdir -p dist/chart/files/{crd,rbac,prometheus,ui}
cp config/crd/bases/*.yaml dist/chart/files/crd
cp config/rbac/*_role.yaml config/rbac/*_roles.yaml config/rbac/role*.yaml config/rbac/service_account.yaml dist/chart/files/rbac
cp config/prometheus/{manager_monitor,workload_monitor,alerts}.yaml dist/chart/files/prometheus
cp config/ui/{viewer,events}.yaml dist/chart/files/ui
cp config/default/metrics_service.yaml dist/chart/files
