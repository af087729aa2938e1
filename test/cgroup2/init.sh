#!/bin/sh
# The first process of a machine whose cgroups are of version 2 alone. Two of them are delegated as systemd does it for our units,
# to an ordinary user: the program tells what it sees in that of the programs worker, from a namespace of users as its unit has it.
# AJAR_NODE, AJAR_PROGRAM and AJAR_RESULTS come from the kernel's command line (test/gpio/machine.ts).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /run/results /run/tmp
mount -t hostfs hostfs /run/results -o "$AJAR_RESULTS"
chmod 1777 /run/tmp
export TMPDIR=/run/tmp
cd /run || exit

echo '+memory +pids +cpu' >/sys/fs/cgroup/cgroup.subtree_control
delegated() {
  mkdir "/sys/fs/cgroup/$1.service"
  chown nobody "/sys/fs/cgroup/$1.service" "/sys/fs/cgroup/$1.service/cgroup.procs" "/sys/fs/cgroup/$1.service/cgroup.subtree_control"
}
delegated ajar-worker
delegated ajar-programs

here=${AJAR_PROGRAM%/*}
(
  echo 0 >/sys/fs/cgroup/ajar-worker.service/cgroup.procs
  setpriv --reuid nobody --regid nogroup --clear-groups "$AJAR_NODE" "$here/../../server/test/tasks-bounds-probe.ts" 60000 >/run/tmp/tasks.json
)
(
  echo 0 >/sys/fs/cgroup/ajar-programs.service/cgroup.procs
  setpriv --no-new-privs --bounding-set=-all,+setuid,+setgid --inh-caps=-all \
    "$here/../../deploy/systemd/own-users.sh" nobody "$AJAR_NODE" "$AJAR_PROGRAM" /run/tmp/results.jsonl
  echo "$?" >/run/tmp/exit-code
)
cp /run/tmp/results.jsonl /run/tmp/exit-code /run/results/
poweroff -f
