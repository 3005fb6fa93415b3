#!/usr/bin/env bash
# Compiles the operator twice, in two folders and with nothing cached from the
# one to the other, and fails if the binaries differ or the workload's is large.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=$((15 * 1024 * 1024)) # of the workload, whose image holds nothing else

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export VERSION=${VERSION:-reproducible}

# compile builds a copy of the source in a folder of its own.
compile() {
  mkdir -p "$1"
  git ls-files -z --cached --others --exclude-standard |
    tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read | tar --extract --directory="$1"
  GOCACHE="$work/cache-$2" "$1/hack/build.sh" "$1/bin" manager workload
}

first=$work/a second=$work/another/and/deeper/folder
compile "$first" a
compile "$second" b
for name in manager workload; do
  sha256sum "$first/bin/$name" | sed "s|$work/||"
  cmp "$first/bin/$name" "$second/bin/$name"
done
size=$(stat -c %s "$first/bin/workload")
printf 'reproducible; the workload is of %d bytes, the manager of %d\n' "$size" "$(stat -c %s "$first/bin/manager")"
[ "$size" -lt "$limit" ] || { printf 'the workload is larger than %d bytes\n' "$limit" >&2; exit 1; }
