#!/usr/bin/env bash
# Measures the workload against its peers; arguments are those of
# bench/workload, such as -quick and -only.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian's Twisted goes with Debian's Python, whichever else comes first in PATH.
has_twisted() { /usr/bin/python3 -c 'import twisted.internet.reactor' 2>/dev/null; }

install_twisted() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "python3-twisted is missing, its columns stay empty: apt-get install python3-twisted" >&2
    return
  fi
  echo "installing python3-twisted"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install --yes --no-install-recommends python3-twisted >/dev/null 2>&1 ||
    { apt-get update && apt-get install --yes --no-install-recommends python3-twisted; } >/dev/null 2>&1 ||
    echo "python3-twisted cannot be installed, its columns stay empty" >&2
}

has_twisted || install_twisted
hack/build.sh
exec go run -C bench ./workload "$@"
