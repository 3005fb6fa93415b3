#!/usr/bin/env bash
# Prints the absolute path of a browser for the tests of the page: BROWSER, or
# Chromium, which root has installed on Debian and its kin if it is missing.
set -euo pipefail

# absolute finds a program by its name or path; go -C, which comes next, begins
# in another folder.
absolute() {
  local path
  path=$(command -v "$1") || return
  case $path in
  /*) echo "$path" ;;
  *) echo "$PWD/$path" ;;
  esac
}

if [ -n "${BROWSER:-}" ]; then
  absolute "$BROWSER" && exit
  echo "BROWSER: $BROWSER is no program: set it to the path of Chromium or a browser of its kind, or leave it out" >&2
  exit 1
fi

find_browser() { absolute chromium || absolute chromium-browser || absolute google-chrome; }

if ! find_browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium" >&2
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >&2
fi
find_browser || {
  echo "Chromium is missing: install it, or set BROWSER to the path of a browser of its kind" >&2
  exit 1
}
