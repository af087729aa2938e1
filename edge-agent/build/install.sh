#!/bin/sh
# Installs the agent as a service of systemd, on Debian and Raspberry Pi OS:
#
#   sudo ./install.sh                          a second run brings what has changed
#   sudo ./install.sh --uninstall [--purge]    takes it away; its data and /etc/ajar stay unless --purge
set -eu
case "${1:-agent}" in
agent | --uninstall) ;;
--help | -h)
  sed -n '4,5s/^# *//p' "$0"
  exit
  ;;
*)
  echo "ajar: not understood: $*" >&2
  sed -n '4,5s/^# *//p' "$0" >&2
  exit 2
  ;;
esac
[ $# -gt 0 ] || set -- agent
AJAR_INSTALLER="sudo $0" exec "$(dirname "$0")/deploy/install.sh" "$@"
