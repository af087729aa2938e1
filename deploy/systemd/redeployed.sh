#!/bin/sh
# A redeployer has ended, however it did: what has given up meanwhile raises its alarm now.
set -eu
for unit in ajar-server.service ajar-worker.service ajar-programs.service; do
  ! systemctl is-failed --quiet "$unit" || systemctl start --no-block "ajar-alarm@$unit.service"
done
