#!/usr/bin/env bash
# sudo tests/app/debian.sh ARCHIVE [FOLDER]: the block under "Linux" of docs/install.md, run word for word in a Debian
# of the fewest packages, which has no Python. ARCHIVE is what `python -m app --archive` packed. The Debian is made in
# FOLDER by debootstrap where it is not there yet, and is left there.
set -euo pipefail
page="$(dirname "$0")/../../docs/install.md"
archive=$(realpath "$1")
debian=${2:-/tmp/debian}

[ -x "$debian/bin/bash" ] || debootstrap --variant=minbase --include=xz-utils bookworm "$debian"
if chroot "$debian" /usr/bin/find / -xdev -name 'python3*' -perm /111 -type f | grep -q .; then
    echo "there is a Python in $debian" >&2
    exit 1
fi
rm -rf "$debian/home/ada"
mkdir -p "$debian/home/ada"
cp "$archive" "$debian/home/ada/chorale-companion-linux-x86_64.tar.xz"
awk '/^### Linux/ { here = 1 } /^### macOS/ { here = 0 } here && /^```$/ { exit } shown { print } here && /^```bash$/ { shown = 1 }' \
    "$page" > "$debian/home/ada/block.sh"
mkdir -p "$debian/proc"
mount -t proc proc "$debian/proc"
trap 'umount "$debian/proc"' EXIT
grep -q doctor "$debian/home/ada/block.sh"
env -i HOME=/home/ada PATH=/usr/bin:/bin:/usr/sbin chroot "$debian" /bin/bash -c 'cd && set -ex && . ./block.sh && ls -l demo.mid demo.wav &&
    timeout --preserve-status -s INT 20 ~/.local/bin/chorale jam --plain --no-midi --mode duet --record takes && ls takes/*.mid'
