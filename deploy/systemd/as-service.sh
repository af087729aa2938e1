# Sourced by the commands of operators: settings as the services have them, whatever stands in the shell.
# shellcheck shell=sh

[ "$(id -u)" = 0 ] || {
  echo "ajar: this needs root: sudo $0 $*" >&2
  exit 1
}

fail() {
  echo "ajar: $*" >&2
  exit 1
}

# systemd itself reads /etc/ajar/ajar.env, and a shell of its own writes down what came of it: nobody else reads such a file
# in just the same way. Only root reads it.
export_settings() {
  folder=$(mktemp -d /run/ajar-command.XXXXXX)
  unit=${folder##*/}.service
  cat >"/run/systemd/system/$unit" <<END
[Unit]
Description=ajar: settings of a command
CollectMode=inactive-or-failed
[Service]
Type=oneshot
UMask=0077
Environment=AJAR_DATA_DIR=/var/lib/ajar
EnvironmentFile=-/etc/ajar/ajar.env
ExecStart=/bin/sh -c 'export -p >$folder/environment'
END
  good=yes
  systemctl start "$unit" || good=''
  # shellcheck source=/dev/null
  [ -z "$good" ] || . "$folder/environment"
  rm -r "$folder" "/run/systemd/system/$unit"
  [ -n "$good" ] || fail 'systemd could not read /etc/ajar/ajar.env: see above; nothing was done'
}

# A command of the release that runs.
run_command() {
  command=$1
  shift
  /opt/ajar/current/bin/node "/opt/ajar/current/server/src/$command-process.ts" "$@"
}
