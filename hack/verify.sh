#!/usr/bin/env bash
# Fails if regenerating, formatting or tidying would change a committed file.
set -euo pipefail
cd "$(dirname "$0")/.."

check() {
  local what=$1
  shift
  printf 'verify: %s\n' "$what"
  "$@"
}

unformatted() {
  local files
  files=$(git ls-files '*.go' | xargs gofmt -l)
  [ -z "$files" ] || { printf 'not formatted: run gofmt -w\n%s\n' "$files" >&2; return 1; }
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# regenerate runs the generators on a copy, so that a dirty tree stays as it is.
regenerate() {
  git ls-files -z --cached --others --exclude-standard |
    tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read | tar --extract --directory="$copy"
  make --no-print-directory -s -C "$copy" generate
  local path
  for path in api config/crd/bases config/rbac/role.yaml docs/api.md dist/install.yaml dist/chart; do
    diff -r "$path" "$copy/$path" || { echo "generated files are not up to date: run make generate" >&2; return 1; }
  done
}

check "generated files" regenerate
check "formatting" unformatted
modules=$(hack/modules.sh)
check "go.mod" go mod tidy -diff
for module in $modules; do check "$module/go.mod" go -C "$module" mod tidy -diff; done
check "vet" go vet ./...
for module in $modules; do check "vet $module" go -C "$module" vet ./...; done
check "modern Go" go fix -diff ./...
