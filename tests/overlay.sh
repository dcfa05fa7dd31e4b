# shellcheck shell=bash
# A root of one's own over this machine's, with packages that this machine lacks: nothing stays behind. Read by the
# laboratories of the clusters and of the units.

# overlay_mount FOLDER: makes FOLDER/root, whose changes go to FOLDER/upper, and mounts there what installing needs.
overlay_mount() {
    local root=$1/root
    mkdir -p "$1"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/run"
    # Packages read random numbers and write to null; below what is mounted there, a machine's /dev may be empty.
    mount --bind /dev "$root/dev"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    rm -f "$root/var/lib/man-db/auto-update"
}

# overlay_install FOLDER LOG PACKAGE...: installs into FOLDER/root; what apt says goes to LOG.
overlay_install() {
    local log=$2 installing
    installing=(chroot "$1/root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C timeout 300
        apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "${@:3}")
    "${installing[@]}" >"$log" 2>&1 || {
        chroot "$1/root" apt-get -q update >>"$log" 2>&1
        "${installing[@]}" >>"$log" 2>&1
    }
}

# overlay_unmount FOLDER: what only installing needed.
overlay_unmount() {
    umount "$1"/root/{dev,run,proc}
}
