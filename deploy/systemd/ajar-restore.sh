#!/bin/sh
# /usr/local/sbin/ajar-restore BACKUP: the services go on with the data of a backup. It is laid out, and compared, beside what
# runs; only then are they stopped, and the two folders change places: what was there stays, under another name.
set -eu
# shellcheck source=deploy/systemd/as-service.sh
. /usr/local/lib/ajar/as-service.sh

START='/opt/ajar/current/deploy/install.sh server'
UNITS='ajar-redeploy.socket ajar-redeploy.service ajar-http.socket ajar-mqtt.socket ajar-mqtts.socket
  ajar-server.service ajar-worker.service ajar-programs.service'

if [ $# != 1 ] || [ "${1#-}" != "$1" ]; then
  echo "Usage: $0 BACKUP     one folder ajar-TIME" >&2
  exit 2
fi
refuse_redeploy() {
  [ ! -e /opt/ajar/redeploy/pending.json ] || fail 'a redeploy is under way, wait for it: journalctl -fu ajar-redeploy; nothing was done'
}

# Whoever connects meanwhile would have systemd start the server again: its sockets go with it.
stop_services() {
  trap '$START' EXIT
  # shellcheck disable=SC2086 # several names
  systemctl stop $UNITS
  refuse_redeploy
}

export_settings
refuse_redeploy
data=$(readlink -m "$AJAR_DATA_DIR")
if mountpoint --quiet "$data"; then
  # A disk of its own cannot change places. It has to be empty.
  stop_services
  run_command restore "$1" "$data" --owner ajar --brief
else
  made=$data.restored
  rm -rf "$made" # of one that was killed
  run_command restore "$1" "$made" --owner ajar --brief
  stop_services
  if [ -e "$data" ]; then
    before=$data.before-$(date -u +%Y%m%dT%H%M%SZ)
    mv -T "$data" "$before"
    echo "ajar: what was in $data until now lies in $before: remove it when all is well"
  fi
  mv -T "$made" "$data"
  # Tasks are programs, of which no backup is made: they stay.
  [ -z "${before:-}" ] || [ ! -d "$before/tasks" ] || mv -T "$before/tasks" "$data/tasks"
  sync -f "$(dirname "$data")"
  echo "ajar: $data is what was restored"
fi
trap - EXIT
$START
