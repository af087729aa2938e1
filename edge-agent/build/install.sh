#!/bin/sh
# Installs the agent as a service of systemd, on Debian and Raspberry Pi OS: sudo ./install.sh
# and takes it away: sudo ./install.sh --uninstall [--purge]. A second run brings what has changed.
set -eu
[ $# -gt 0 ] || set -- agent
exec "$(dirname "$0")/deploy/install.sh" "$@"
