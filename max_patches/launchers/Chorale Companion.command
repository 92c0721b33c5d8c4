#!/bin/sh
# Double-click to start the companion for the Chorale Hub in Live. It ends when this window is closed or with q q.
PATH="$HOME/.local/bin:/opt/homebrew/bin:/usr/local/bin:$PATH"
if ! command -v chorale >/dev/null 2>&1; then
    echo "chorale is not installed: see docs/live-setup.md"
    exit 1
fi
exec chorale jam --no-midi --clock osc --record "$HOME/Music/Chorale Companion" "$@"
