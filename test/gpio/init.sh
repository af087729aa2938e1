#!/bin/sh
# The first process of the GPIO tests' kernel. Its root is the host's, read-only; what it writes goes to memory, but for the
# results. AJAR_NODE, AJAR_PROGRAM and AJAR_RESULTS come from the kernel's command line (machine.ts).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t configfs configfs /sys/kernel/config
mount -t tmpfs tmpfs /run
mkdir /run/results
mount -t hostfs hostfs /run/results -o "$AJAR_RESULTS"
cd /run || exit
"$AJAR_NODE" "$AJAR_PROGRAM" /run/results/results.jsonl
echo "$?" >/run/results/exit-code
poweroff -f
