#!/bin/sh
# Holds what one machine stands on, within namespaces of its own (see machine.ts): a root that is a layer in memory over the
# host's, and a cgroup, so that two machines do not share one. Each line that comes in boots it; the end of the input is the
# end of everything.
#   keeper.sh NAME FOLDER SIZE CHECKOUT
set -eu
name=$1 folder=$2 size=$3 checkout=$4

# The kernel's name for whoever writes is 0.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -e "$hierarchy/cgroup.procs" ] || continue
  mkdir "$hierarchy/$name"
  echo 0 >"$hierarchy/$name/cgroup.procs"
done

mount -t tmpfs -o "size=$size" ajar-machine "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"
# Of the host's own services none is wanted. Without an identity the first boot would enable them again.
rm -rf "$folder"/root/etc/systemd/system/*.wants "$folder/root/etc/ajar"
tr -d - </proc/sys/kernel/random/uuid >"$folder/root/etc/machine-id"
echo "keeper: holds"

while read -r _; do
  {
    code=0
    systemd-nspawn --boot --quiet "--directory=$folder/root" "--machine=$name" --hostname=ajar \
      --register=no --keep-unit --private-network --link-journal=no --console=read-only \
      "--bind-ro=$checkout:/mnt/ajar" </dev/null || code=$?
    # The console may have stopped in the middle of a line.
    printf '\nkeeper: ended %s\n' "$code"
  } &
done
