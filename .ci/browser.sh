#!/usr/bin/env bash
# A browser for the tests of the pages; without one they are skipped. Takes 20 seconds where there is none yet.
set -euo pipefail
for name in chromium chromium-browser google-chrome google-chrome-stable chrome chrome-headless-shell; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
if [ -n "${DRYPOINT_BROWSER:-}" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null && exit 0
fi
echo "no Chromium, and none can be installed here: the tests of the pages will be skipped" >&2
