#!/bin/sh
# sh planted.sh PROGRAM [ARGUMENT...]: passes where the program finds the
# defect that was planted in it, and says what it found.
set -u

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
if "$@" >out 2>&1; then
    echo "found nothing: $*"
    exit 1
fi
grep -m 1 -E 'broken:|runtime error:|ERROR: AddressSanitizer' out
