#!/bin/sh
# Four voices of a tune, by curl: sh harmonise.sh tune.mid chorale.mid
# The token stands where chorale serve says; on macOS in ~/Library/Application Support/chorale.
curl --fail-with-body -sS --oauth2-bearer "$(cat ~/.config/chorale/serve.token)" -H "Content-Type: audio/midi" --data-binary "@$1" -o "$2" "http://127.0.0.1:8730/v1/harmonise?seed=7"
