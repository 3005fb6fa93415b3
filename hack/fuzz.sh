#!/usr/bin/env bash
# Runs every fuzz target of the module in turn, each for FUZZTIME. What a target
# finds is written below its package's testdata/fuzz, where go test runs it from
# then on.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${FUZZTIME:-30s}
failed=()

files=$(git ls-files --cached --others --exclude-standard '*_test.go')
mapfile -t targets < <(printf '%s\n' "$files" | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //')
if ((${#targets[@]} == 0)); then
  echo "fuzz: there is no target in the tests that git lists" >&2
  exit 1
fi

for found in "${targets[@]}"; do
  IFS=: read -r file target <<<"$found"
  package=./$(dirname "$file")
  printf '=== %s %s\n' "$package" "$target"
  nice go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" || failed+=("$package $target")
done

if ((${#failed[@]})); then
  printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
