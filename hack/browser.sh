#!/usr/bin/env bash
# Prints the path of a browser for the tests of the page: BROWSER, or Chromium,
# which root has installed on Debian and its kin if it is missing.
set -euo pipefail

find_browser() { [ -n "${BROWSER:-}" ] && command -v "$BROWSER" || command -v chromium || command -v chromium-browser || command -v google-chrome; }

if ! find_browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium" >&2
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >&2
fi
find_browser || {
  echo "Chromium is missing: install it, or set BROWSER to the path of a browser of its kind" >&2
  exit 1
}
