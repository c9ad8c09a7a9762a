#!/bin/sh
# What `drive_rig.rs` runs as root, in namespaces of its own. One word says what:
#
#   rig.sh init DIR USER UID GID STRANGER    the first process; it ends, and takes everything along, when its stdin does
#   rig.sh own DIR FILE UID GID     whose the root folder of a file system in a file is
#   rig.sh plug DIR NAME rw|ro      a loop device on a loop device on DIR/images/NAME, with its partitions
#   rig.sh unplug DIR NAME          takes it away; it must not be mounted
#   rig.sh pull DIR NAME            takes it away whatever is done with it
#
# Two loop devices, since a loop device that is in use cannot be taken away: the lower one is made to fail.
set -eu
what=$1
dir=$2
sticks=/run/keepsake-rig

# --- Sticks ---
devices_of() { # lower and upper loop device
    read -r lower upper < "$sticks/$1.devices"
}

each_place_of() { # where a loop device or a part of it is mounted, one a line
    awk -v device="$1" '$1 == device || index($1, device "p") == 1 { print $2 }' /proc/mounts
}

again() { # udevd may have it open for a moment
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        "$@" 2>/dev/null && return 0
        sleep 0.1
    done
    "$@"
}

let_go() { # let_go DEVICE: of a lower loop device that may have failed
    backing=/sys/block/${1#/dev/}/loop/backing_file
    # It may be somebody else's by now.
    case $(cat "$backing" 2>/dev/null) in "$dir"/images/*) again losetup -d "$1" || true ;; esac
    # The kernel keeps this flag for whoever gets the device next.
    [ -e "$backing" ] || blockdev --setrw "$1"
}

detach() { # detach NAME: both devices; what is in use goes with its last user
    devices_of "$1"
    again partx -d "$upper" || true
    again losetup -d "$upper" || true
    let_go "$lower"
    rm -f "$sticks/$1" "$sticks/$1.devices"
}

plug() {
    name=$1
    lower=$(losetup --find --show "$dir/images/$name")
    blockdev --setrw "$lower"
    mknod "$sticks/$name" b 7 "${lower#/dev/loop}"
    flag=
    [ "$2" = rw ] || flag=--read-only
    # Without a cache between both, so that what the upper one says is written is in the image.
    upper=$(losetup $flag --direct-io=on --find --show "$sticks/$name") || { losetup -d "$lower"; exit 1; }
    echo "$lower $upper" > "$sticks/$name.devices"
    # Those of a stick that was pulled out while it was in use stay until now.
    [ ! -e "/sys/class/block/${upper#/dev/}/${upper#/dev/}p1" ] || again partx -d "$upper" || true
    # A stick without a table has no parts.
    partx -a "$upper" 2>/dev/null || true
    echo "$upper"
}

pull() {
    name=$1
    devices_of "$name"
    echo "$lower" >> "$sticks/failed"
    # From here on nothing is written, and then nothing is read.
    blockdev --setro "$lower"
    python3 - "$lower" <<'PYTHON'
import fcntl, struct, sys, time
GET, SET, SIZE = 0x4C05, 0x4C04, 232  # LOOP_GET_STATUS64, LOOP_SET_STATUS64, loop_info64 of linux/loop.h
with open(sys.argv[1], "rb") as device:
    info = bytearray(SIZE)
    fcntl.ioctl(device, GET, info)
    struct.pack_into("=Q", info, 32, 512)  # lo_sizelimit
    for _ in range(100):
        try:
            fcntl.ioctl(device, SET, bytes(info))
            break
        except BlockingIOError:  # pages were dirtied meanwhile
            time.sleep(0.01)
PYTHON
    for part in /sys/class/block/"${upper#/dev/}"*; do
        echo remove > "$part/uevent"
    done
    # As UDisks2 does with what has no device any more.
    each_place_of "$upper" | while read -r place; do umount -l "$(printf %b "$place")" || true; done
    detach "$name"
}

own() {
    mkdir -p /run/own
    mount -o loop "$1" /run/own
    chown "$2:$3" /run/own
    umount /run/own
}

# --- The first process ---
init() {
    user=$1 uid=$2 gid=$3 stranger=$4
    # As the process outside sees it: /proc is still that of outside.
    read -r outer _ < /proc/self/stat
    mount --make-rprivate /
    mount -t proc proc /proc
    mount -t tmpfs -o mode=755 keepsake-rig /run
    mkdir -p /run/udev /run/dbus /run/lock /run/etc/upper /run/etc/work "$sticks" /run/udisks-state /run/home
    mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work keepsake-rig /etc
    # Debian's exfat-fuse has no name by which mount(8) finds it.
    if [ ! -e /sbin/mount.exfat ] && fuse=$(command -v mount.exfat-fuse); then
        mkdir -p /run/sbin/upper /run/sbin/work
        mount -t overlay -o lowerdir=/usr/sbin,upperdir=/run/sbin/upper,workdir=/run/sbin/work keepsake-rig /usr/sbin
        ln -s "$fuse" /usr/sbin/mount.exfat
    fi
    mkdir -p /var/lib/udisks2
    mount --bind /run/udisks-state /var/lib/udisks2
    # udevd's links are of these namespaces only. The kernel's nodes are everybody's.
    made_disk=
    [ -d /dev/disk ] || { mkdir /dev/disk && made_disk=yes; }
    mount -t tmpfs keepsake-rig /dev/disk
    # Folders for mounts are made here (Debian) or in /run/media.
    mount -t tmpfs -o mode=755 keepsake-rig /media
    chown "$uid:$gid" /run/home
    echo "$user:x:$uid:$gid::/run/home:/bin/sh" >> /etc/passwd
    echo "$user:x:$gid:" >> /etc/group
    echo "$user-stranger:x:$stranger:$stranger::/:/bin/sh" >> /etc/passwd
    mkdir -p /etc/udev/rules.d /etc/polkit-1/rules.d
    cp "$dir"/rules/* /etc/udev/rules.d/
    # Before 60-persistent-storage.rules. ATTRS also sees the disk of a part.
    cat > /etc/udev/rules.d/59-keepsake-rig.rules <<RULES
SUBSYSTEM=="block", ATTRS{loop/backing_file}=="$sticks/*", ENV{ID_BUS}="usb", ENV{UDISKS_SYSTEM}="0", ENV{UDISKS_AUTO}="1", ENV{ID_VENDOR}="Keepsake", ENV{ID_MODEL}="Rig"
RULES
    # As with an active session at this computer.
    cat > /etc/polkit-1/rules.d/10-keepsake-rig.rules <<RULES
polkit.addRule(function (action, subject) {
    if (subject.user == "$user" && action.id.indexOf("org.freedesktop.udisks2.") == 0) {
        return action.id.indexOf("-others") < 0 ? polkit.Result.YES : polkit.Result.AUTH_ADMIN;
    }
});
RULES
    hostname keepsake-rig 2>/dev/null || true
    # Windows are driven over it. Where it stays down, only they are missing.
    ip link set lo up 2>/dev/null || true
    udevd=/usr/lib/systemd/systemd-udevd
    [ -x $udevd ] || udevd=/lib/systemd/systemd-udevd
    $udevd --daemon > "$dir/log" 2>&1
    dbus-daemon --system --fork
    start() { dbus-send --system --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.StartServiceByName "string:$1" uint32:0 > /dev/null; }
    start org.freedesktop.PolicyKit1
    start org.freedesktop.UDisks2
    echo "$outer"
    # Nothing else is said: who reads need not go on reading.
    exec > /dev/null
    # Until whoever began this ends it, or ends.
    cat > /dev/null
    # Everybody else first, so that nothing is held.
    kill -KILL -1 2>/dev/null || true
    for devices in "$sticks"/*.devices; do
        [ -e "$devices" ] || continue
        name=$(basename "$devices" .devices)
        devices_of "$name"
        each_place_of "$upper" | while read -r place; do umount -l "$(printf %b "$place")" || true; done
        detach "$name"
    done
    # Those that were still in use when they were pulled.
    sort -u "$sticks/failed" 2>/dev/null | while read -r lower; do
        let_go "$lower"
    done
    [ -z "$made_disk" ] || { umount -l /dev/disk && rmdir /dev/disk; } || true
    rm -rf "$dir"
}

shift 2
case $what in
    init) init "$@" ;;
    own) own "$@" ;;
    plug) plug "$@" ;;
    unplug) detach "$1" ;;
    pull) pull "$1" ;;
esac
