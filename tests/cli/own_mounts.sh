# shellcheck shell=sh
# Mounts of its own, where that is possible: for the scripts beside it,
# before lib.sh.  Begins the script anew within them; SV_OWN_MOUNTS is not
# empty there.
if [ -z "${SV_OWN_MOUNTS+set}" ]; then
    SV_OWN_MOUNTS=
    if [ "$(id -u)" -eq 0 ] && unshare -m mount -t tmpfs none /mnt; then
        SV_OWN_MOUNTS=yes
    fi 2>/dev/null
    export SV_OWN_MOUNTS
    [ -z "$SV_OWN_MOUNTS" ] || exec unshare -m sh "$0"
fi
