#!/bin/sh
# Finds a Python that the stick has packages for, the newest first, and lets it do the rest.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1
found=
for python in python3.14 python3.13 python3.12 python3.11 python3; do
  command -v "$python" >/dev/null 2>&1 || continue
  found=$python
  if "$python" "$here/kit/start.py" --fits >/dev/null 2>&1; then break; fi
done
if [ -n "$found" ]; then exec "$found" "$here/kit/start.py" "$@"; fi
echo "No Python was found: install Python 3.11 to 3.14 (on a Mac from python.org), then start again." >&2
exit 1
