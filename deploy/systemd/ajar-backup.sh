#!/bin/sh
# /usr/local/sbin/ajar-backup [FOLDER] [--all-frames]: makes a backup of what the services have, beside them or without them.
# It goes to AJAR_BACKUP_DIR of /etc/ajar/ajar.env as the nightly ones do, and belongs to the user of the data.
set -eu
# shellcheck source=deploy/systemd/as-service.sh
. /usr/local/lib/ajar/as-service.sh

export_settings
run_command backup "$@"
