#!/bin/sh
# Whether UNIT, which has given up, is to raise its alarm: not while a redeploy is responsible for it, which goes back in time
# by itself. Where that fails too, redeployed.sh has the alarm raised when it ends.
#   may-alarm.sh UNIT
set -eu
case $1 in
ajar-server.service | ajar-worker.service | ajar-programs.service) ;;
*) exit 0 ;;
esac
[ -e /opt/ajar/redeploy/pending.json ] || exit 0
for redeployer in ajar-redeploy.service ajar-recover.service; do
  # Not is-active: one that was killed is `activating` until it is started again.
  case $(systemctl show --property=ActiveState --value "$redeployer") in
  inactive | failed) ;;
  *) exit 1 ;;
  esac
done
