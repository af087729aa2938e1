#!/bin/sh
# The first process of a machine whose cgroups are of version 2 alone: makes a root of its own, a layer in memory over the host's
# files, with the units of this checkout in it, and becomes systemd. In the place of their programs the units have those that tell
# what they find there. AJAR_NODE, AJAR_PROGRAM and AJAR_RESULTS come from the kernel's command line (test/gpio/machine.ts).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
checkout=${AJAR_PROGRAM%/server/test/cgroup2/*}
mount -t proc proc /proc
mount -t tmpfs -o size=400m tmpfs /run
layer() {
  mkdir -p "/run/$2/upper" "/run/$2/work"
  mount -t overlay -o "lowerdir=$1,upperdir=/run/$2/upper,workdir=/run/$2/work" overlay "$3"
}
mkdir /run/root
layer / machine /run/root
cd /run/root || exit
mkdir -p opt/ajar/current results old
layer "$checkout" release opt/ajar/current
mkdir opt/ajar/current/bin
ln -s "../${AJAR_NODE#"$checkout"/}" opt/ajar/current/bin/node
mount -t hostfs hostfs results -o "$AJAR_RESULTS"

# systemd empties it at each start, which takes minutes here where the host's has a checkout in it.
mount -t tmpfs -o mode=1777 tmpfs tmp
# Of the host's own services none is wanted.
rm -rf etc/systemd/system/*.wants etc/fstab
echo ajar >etc/hostname
tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target
for user in ajar ajar-programs; do
  useradd --root /run/root --system --user-group --no-create-home --shell /usr/sbin/nologin "$user"
done
install -D -m 644 "$checkout/deploy/systemd/ajar.tmpfiles" etc/tmpfiles.d/ajar.conf
install -D "$checkout/deploy/systemd/own-users.sh" usr/local/lib/ajar/own-users.sh
# A unit as it is but for its program, which ends.
probe() {
  sed -e "s|^\(ExecStart=.* \)[^ ]*/server/src/.*|\1$2|" -e 's/^Type=.*/Type=oneshot/' -e '/^Condition/d' -e '/^Restart/d' -e '/^OnFailure/d' \
    -e '/^Wants=/d' -e '/^TimeoutStartSec=/d' -e "s/^\[Service\]/[Service]\nStandardOutput=file:\/run\/$1.out\nStandardError=file:\/run\/$1.err/" \
    "$checkout/deploy/systemd/$1.service" >"etc/systemd/system/$1.service"
}
probe ajar-worker '/opt/ajar/current/server/test/tasks-bounds-probe.ts 60000'
probe ajar-programs '/opt/ajar/current/server/test/cgroup2/inside.ts'
cat >etc/systemd/system/told.service <<'END'
[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=tty
TTYPath=/dev/console
StandardError=inherit
ExecStart=/bin/sh -c 'systemctl start ajar-worker; chmod 644 /run/ajar-worker.out; systemctl start ajar-programs; \
  echo $? >/results/exit-code; cat /run/ajar-*.err; cp /run/ajar-programs.out /results/results.jsonl; poweroff -f'
[Install]
WantedBy=multi-user.target
END
mkdir -p etc/systemd/system/multi-user.target.wants
ln -s ../told.service etc/systemd/system/multi-user.target.wants/told.service

mount --make-rprivate /
pivot_root . old
exec chroot . sh -c 'umount -l /old; exec /lib/systemd/systemd' </dev/console >/dev/console 2>&1
