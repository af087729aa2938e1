#!/bin/sh
# Installs ajar as services of systemd, on Debian and Raspberry Pi OS:
#
#   deploy/install.sh server        broker, pipeline, console and job worker
#   deploy/install.sh agent         what a Raspberry Pi with a camera runs
#   deploy/install.sh --uninstall [--purge]    takes both away; data, /etc/ajar and drop-ins stay unless --purge
#
# A second run changes nothing, or brings what has changed: this checkout, or /etc/ajar/ajar.env. A checkout with its
# node_modules needs no network. What `npm run build:agent` makes has this script too, for machines without a checkout. The server stands in /opt/ajar, the agent in /opt/ajar-agent: `current` in there leads to the
# release that runs. Settings stand in /etc/ajar, data in /var/lib/ajar and /var/lib/ajar-agent.
set -eu

SERVER=/opt/ajar
AGENT=/opt/ajar-agent
LIBRARY=/usr/local/lib/ajar
CONFIG=/etc/ajar
UNITS=/etc/systemd/system
PNPM=pnpm@12.21.0
SOURCE=$(cd "$(dirname "$0")/.." && pwd -P)
RETRIES='ajar-alarm@.service ajar-retry@.service ajar-retry@.timer ajar-wanted@.target'

say() { echo "ajar: $*"; }
fail() {
  echo "ajar: $*" >&2
  exit 1
}

# shellcheck source=deploy/release/settings.sh
. "$SOURCE/deploy/release/settings.sh"
# shellcheck source=deploy/release/agent.sh
. "$SOURCE/deploy/release/agent.sh"

main() {
  case "${1:-} ${2:-}" in
  'server ' | 'agent ') install_part "$1" ;;
  '--uninstall ') uninstall ;;
  '--uninstall --purge')
    uninstall
    purge
    ;;
  '--help ' | '-h ') usage ;;
  *)
    [ $# = 0 ] || echo "ajar: not understood: $*" >&2
    usage >&2
    exit 2
    ;;
  esac
}

usage() { sed -n '4,6s/^# *//p' "$0"; }

install_part() {
  part=$1
  [ "$part" = server ] && prefix=$SERVER settings=$CONFIG/ajar.env || prefix=$AGENT settings=$CONFIG/agent.json
  [ "$part" = agent ] || ! is_bundle || fail 'this is the agent alone; the server is installed from a checkout of ajar'
  check_machine
  if [ "$part" = server ]; then get_packages; else get_agent; fi
  make_users
  if [ "$part" = server ]; then make_release; else make_agent_release; fi
  put_config
  if [ "$part" = agent ] && [ ! -e "$settings" ]; then
    say "write $settings, as in $settings.example beside it or as the console shows it where it adds a device; then again:"
    say "${AJAR_INSTALLER:-sudo $0 agent}"
    return
  fi
  read_settings
  if [ "$part" = server ]; then check_ports; else check_agent_folder; fi
  switch_release
  put_units
  start_units "$part"
  remove_old_releases
  (umask 077 && wanted >"$prefix/applied.new")
  mv "$prefix/applied.new" "$prefix/applied"
  [ "$part" = agent ] || show_server
}

check_machine() {
  [ "$(id -u)" = 0 ] || fail "this needs root: ${AJAR_INSTALLER:-sudo $0 $part}"
  [ -d /run/systemd/system ] || fail 'systemd does not run here; npm start needs none'
  command -v systemctl >/dev/null || fail 'systemctl is missing: apt-get install systemd'
  command -v useradd >/dev/null || fail 'useradd is missing: apt-get install passwd'
  # What makes an agent of its own bundle needs a Node of this machine, and looks for it.
  is_bundle || case $(uname -m) in
  x86_64) ;;
  aarch64)
    [ "$(getconf LONG_BIT)" = 64 ] || fail 'this system is a 32-bit one on a 64-bit machine: install the 64-bit Raspberry Pi OS'
    ;;
  *) fail "there is no Node for $(uname -m): a 64-bit system is needed" ;;
  esac
  ldconfig -p | grep -q libsystemd.so.0 || fail 'libsystemd is missing: apt-get install libsystemd0'
}

# What is installed already, of just this lockfile, is taken as it is; what is missing comes from the npm registry, as whoever
# owns the checkout.
get_packages() {
  node=$SOURCE/node_modules/.bin/node
  [ ! -x "$SOURCE/bin/node" ] || node=$SOURCE/bin/node # a release installs itself again
  if ! has_packages; then
    command -v npx >/dev/null || fail 'npx is missing, which installs the rest: apt-get install npm (Node 20 or later)'
    say 'getting the packages'
    if [ "$part" = agent ]; then
      pnpm_install --prod --filter ajar --filter '@ajar/agent-bundle...'
      as_owner cp pnpm-lock.yaml node_modules/.agent-lock.yaml
    else
      pnpm_install
    fi
  fi
  "$node" --version >/dev/null || fail "$node does not run on this machine: remove $SOURCE/node_modules and try again"
  # A release has no sources of the console, only what was built of them; nor can a checkout be built that is read-only.
  if [ -e "$SOURCE/server/web/build.ts" ] && [ -w "$SOURCE/server/web" ]; then
    [ "$part" = agent ] || as_owner "$node" server/web/build.ts || fail 'the console cannot be built: see above'
    [ "$part" = agent ] || as_owner "$node" docs/code/build.ts || say 'the reference of the code could not be built: the server does without'
    [ "$part" = agent ] || as_owner "$node" deploy/bundle/build.ts || say 'the processes could not be bundled: they start from their sources, which takes longer'
  fi
}

# pnpm keeps the lockfile of what it installed; that of an agent's packages alone is another one.
has_packages() {
  [ -x "$node" ] || return 1
  [ "$node" != "$SOURCE/bin/node" ] || return 0
  cmp -s "$SOURCE/pnpm-lock.yaml" "$SOURCE/node_modules/.pnpm/lock.yaml" && return
  [ "$part" = agent ] && cmp -s "$SOURCE/pnpm-lock.yaml" "$SOURCE/node_modules/.agent-lock.yaml"
}

pnpm_install() {
  # Nobody is there to be asked whether packages of the other kind may go.
  as_owner npx --prefer-offline --yes $PNPM install --frozen-lockfile --config.confirm-modules-purge=false "$@" </dev/null ||
    fail 'the packages could not be installed: see above'
}

as_owner() {
  owner=$(stat -c %U "$SOURCE")
  if [ "$owner" = root ] || [ "$owner" = UNKNOWN ]; then
    (cd "$SOURCE" && "$@")
  else
    (cd "$SOURCE" && runuser -u "$owner" -- env "HOME=$(getent passwd "$owner" | cut -d: -f6)" "$@")
  fi
}

make_users() {
  # The alarm of every unit runs as ajar, on an agent's machine too.
  make_user ajar
  [ "$part" = server ] || make_user ajar-agent
  [ "$part" = server ] || for group in video gpio i2c; do
    ! getent group $group >/dev/null || usermod --append --groups $group ajar-agent
  done
}

make_user() {
  id "$1" >/dev/null 2>&1 || useradd --system --user-group --home-dir "/var/lib/$1" --no-create-home --shell /usr/sbin/nologin "$1"
}

make_release() {
  umask 022
  mkdir -p "$prefix/releases"
  id=$("$node" "$SOURCE/deploy/release/make-release.ts" "$prefix/releases") || fail 'nothing was changed: see above'
  release=$prefix/releases/$id
  chmod -R go+rX "$release"
}

switch_release() {
  [ "$(readlink "$prefix/current" || true)" = "releases/$id" ] && return
  say "release $id"
  ln -sfn "releases/$id" "$prefix/current.new"
  mv -T "$prefix/current.new" "$prefix/current"
  # What V8 compiled of the old one serves no more.
  rm -rf "/var/cache/${prefix#/opt/}"
}

# The one before stays, to go back to.
remove_old_releases() {
  before=$(sed -n 1p "$prefix/applied" 2>/dev/null || true)
  [ "$before" != "$id" ] || return 0
  for old in "$prefix"/releases/* "$prefix"/releases/.*.new; do
    case ${old##*/} in "$id" | "$before") ;; *) rm -rf "$old" ;; esac
  done
}

put_config() {
  install -d -m 755 $CONFIG
  [ "$part" = server ] || put "$SOURCE/deploy/systemd/agent.json.example" "$settings.example"
  [ "$part" = agent ] || [ -e "$settings" ] ||
    echo '# Settings of the ajar server, see README.md. After a change: deploy/install.sh server' >"$settings"
  [ -e "$settings" ] || return 0
  # Tokens may stand in them. Those of the server are read by systemd, the agent reads its own.
  if [ "$part" = agent ]; then
    chown root:ajar-agent "$settings" && chmod 640 "$settings"
  else
    chown root:root "$settings" && chmod 600 "$settings"
  fi
}

put_units() {
  # RestartMode came with systemd 254: an earlier one would complain of it at each reload.
  unknown='/^RestartMode=/d'
  [ "$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" -lt 254 ] || unknown=''
  for unit in $(units_of "$part") $RETRIES; do
    sed "$unknown" "$SOURCE/deploy/systemd/$unit" >"$UNITS/$unit.new"
    put "$UNITS/$unit.new" "$UNITS/$unit"
    rm "$UNITS/$unit.new"
  done
  put "$SOURCE/deploy/systemd/alarm.sh" $LIBRARY/alarm.sh 755
  put_notify
  if [ "$part" = server ]; then
    put_listeners
    put_data_folder
  fi
  if grep -qs 'Raspberry Pi' /proc/device-tree/model; then
    put "$SOURCE/deploy/systemd/hardware-watchdog.conf" /etc/systemd/system.conf.d/ajar-watchdog.conf
  fi
}

units_of() {
  case $1 in
  server) echo ajar-server.service ajar-worker.service ajar-http.socket ajar-mqtt.socket ajar-mqtts.socket ;;
  agent) echo ajar-agent.service ;;
  esac
}

# Without word from the process systemd would end each start: then it does without, and a hang goes unseen.
put_notify() {
  [ "$part" = server ] && beside_koffi=$release/deploy/supervised || beside_koffi=$release
  for unit in $(units_of "$part"); do
    case $unit in *.service) ;; *) continue ;; esac
    file=$UNITS/$unit.d/no-word.conf
    if (cd "$beside_koffi" && "$release/bin/node" -e "require('koffi').load('libsystemd.so.0')") 2>/dev/null; then
      rm -f "$file"
    else
      say "koffi does not load here: $unit cannot tell systemd how it is, and a hang goes unseen"
      write "$file" '[Service]' 'Type=exec' 'WatchdogSec=0'
    fi
  done
}

# systemd opens the sockets, so it is told what the settings say.
put_listeners() {
  SOCKETS=''
  for name in http mqtt mqtts; do
    address=$(said $name)
    [ -n "$address" ] || continue
    # Empty first: a drop-in adds to the list of its unit.
    write "$UNITS/ajar-$name.socket.d/listen.conf" '[Socket]' 'ListenStream=' "ListenStream=$address"
    SOCKETS="$SOCKETS ajar-$name.socket"
  done
}

# The units let nobody write elsewhere than in /var/lib/ajar.
put_data_folder() {
  data=$(said data)
  for unit in ajar-server.service ajar-worker.service; do
    file=$UNITS/$unit.d/data.conf
    case $data in
    /var/lib/ajar | /var/lib/ajar/*) rm -f "$file" ;;
    *) write "$file" '[Service]' "ReadWritePaths=\"$data\"" ;;
    esac
  done
  [ -e "$data" ] || case $data in
  /var/lib/ajar | /var/lib/ajar/*) ;;
  *) mkdir -p "$data" && chown ajar:ajar "$data" && chmod 700 "$data" ;;
  esac
}

# All that the running services stand on. It is recorded when they run, so that an installation that was interrupted, or
# failed, is completed by the next one.
wanted() {
  echo "$id"
  for unit in $(units_of "$part") $RETRIES; do
    for file in "$UNITS/$unit" $(drop_ins_of "$unit"); do
      [ ! -e "$file" ] || cksum "$file"
    done
  done
  cksum "$settings"
}

start_units() {
  [ "$part" = server ] && SERVICES='ajar-server.service ajar-worker.service' || SERVICES=ajar-agent.service
  changed=''
  wanted | cmp -s - "$prefix/applied" || changed=yes
  # shellcheck disable=SC2086 # several names
  if [ -n "$changed" ]; then
    systemctl daemon-reload || fail 'systemd did not read its units again: see above'
    systemctl enable --quiet $SERVICES || fail "$SERVICES cannot be enabled: see above"
  fi
  [ "$part" = agent ] || start_sockets
  for service in $SERVICES; do
    verb=start
    [ -z "$changed" ] || verb=restart
    [ -z "$changed" ] || systemctl reset-failed "$service" 2>/dev/null || true
    systemctl $verb "$service" || did_not_start "$service"
  done
}

# Goes back to the release that ran before, units and all, where there is one.
did_not_start() {
  journalctl --unit "$1" --lines 8 --output cat --no-pager >&2 || true
  before=$(sed -n 1p "$prefix/applied" 2>/dev/null || true)
  installer=$prefix/releases/$before/deploy/install.sh
  if [ -z "$before" ] || [ "$before" = "$id" ] || [ ! -x "$installer" ]; then fail "$1 did not start: journalctl -u $1"; fi
  say "$1 of release $id did not start: going back to $before"
  echo "$before" >"$prefix/applied" # what runs is not as it was
  "$installer" "$part" || fail "$1 did not start, nor did the release before: journalctl -u $1"
  fail "$1 of release $id did not start, so $before runs again: journalctl -u $1"
}

# Sockets that stay as they are keep their connections waiting for the new server.
start_sockets() {
  sockets_changed=''
  [ "$(wanted | grep 'socket')" = "$(grep 'socket' "$prefix/applied" 2>/dev/null)" ] || sockets_changed=yes
  for socket in ajar-http.socket ajar-mqtt.socket ajar-mqtts.socket; do
    case " $SOCKETS " in
    *" $socket "*)
      systemctl is-active --quiet "$socket" || sockets_changed=yes
      systemctl enable --quiet "$socket"
      ;;
    *) systemctl disable --quiet --now "$socket" ;;
    esac
  done
  [ -n "$sockets_changed" ] || return 0
  # A socket unit cannot start while its service runs.
  # shellcheck disable=SC2086 # several names
  systemctl stop ajar-server.service $SOCKETS || fail 'the server, or its sockets, did not stop: see above'
  # shellcheck disable=SC2086
  systemctl reset-failed $SOCKETS 2>/dev/null || true
  for socket in $SOCKETS; do systemctl start "$socket" || did_not_start "$socket"; done
}

show_server() {
  token=$(said data)/run/admin-token
  if [ -e "$token" ]; then
    say 'open the console with this link, which signs you in and is shown this once:'
    for link in $(said link); do say "$link/#token=$(cat "$token")"; done
    rm "$token"
  else
    for link in $(said link); do say "the console: $link/"; done
  fi
}

put() {
  cmp -s "$1" "$2" && return
  mkdir -p "$(dirname "$2")"
  install -m "${3:-644}" "$1" "$2"
}

write() {
  file=$1
  shift
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$@" >"$file.new"
  put "$file.new" "$file"
  rm "$file.new"
}

uninstall() {
  [ "$(id -u)" = 0 ] || fail "this needs root: ${AJAR_INSTALLER:-sudo $0} --uninstall"
  for part in server agent; do
    for unit in $(units_of $part); do
      [ ! -e "$UNITS/$unit" ] || systemctl disable --quiet --now "$unit" || fail "$unit did not stop: systemctl status $unit; nothing was removed"
    done
  done
  systemctl stop 'ajar-retry@*.timer' 'ajar-alarm@*.service' 2>/dev/null || true
  for unit in $(all_units); do
    # shellcheck disable=SC2046 # several files
    rm -f "$UNITS/$unit" $(drop_ins_of "$unit")
    # What an operator wrote there stays.
    rmdir --ignore-fail-on-non-empty "$UNITS/$unit.d" 2>/dev/null || true
  done
  rm -f /etc/systemd/system.conf.d/ajar-watchdog.conf
  rm -rf $SERVER $AGENT $LIBRARY /var/cache/ajar /var/cache/ajar-agent
  systemctl daemon-reload
  systemctl reset-failed 'ajar-*' 2>/dev/null || true
  say 'is uninstalled'
}

# Those that this writes.
drop_ins_of() { for name in listen no-word data; do echo "$UNITS/$1.d/$name.conf"; done; }

all_units() { echo "$(units_of server) $(units_of agent) $RETRIES"; }

purge() {
  for unit in $(all_units); do rm -rf "$UNITS/$unit.d"; done
  rm -rf /var/lib/ajar /var/lib/ajar-agent /var/log/ajar $CONFIG
  for user in ajar ajar-agent; do ! id $user >/dev/null 2>&1 || userdel $user; done
  say 'its data and settings are gone'
}

main "$@"
