#!/bin/sh
# Run by ajar-alarm@.service when a unit has given up; systemd hands over why in MONITOR_* (version 251 and later).
# The file is for the server: it reads it, and takes it away, when it is up. One for each unit, so they stay few.
set -eu
unit=$1
result=${MONITOR_SERVICE_RESULT:-unknown}
status=${MONITOR_EXIT_STATUS:-}
# <1> is the journal's mark of priority alert.
echo "<1>$unit has given up ($result${status:+, $status}): it is tried again each minute. See: journalctl -u $unit"
folder="$STATE_DIRECTORY/run/alarms"
mkdir -p "$folder"
printf '{"unit":"%s","result":"%s","status":"%s","atMs":%s000}\n' "$unit" "$result" "$status" "$(date +%s)" >"$folder/$unit.new"
mv "$folder/$unit.new" "$folder/$unit.json"
