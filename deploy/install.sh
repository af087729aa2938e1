#!/bin/sh
# Installs ajar as services of systemd, on Debian and Raspberry Pi OS:
#
#   deploy/install.sh server        broker, pipeline, console and job worker
#   deploy/install.sh agent         what a Raspberry Pi with a camera runs
#   deploy/install.sh --uninstall [--purge]    takes both away; data, /etc/ajar and drop-ins stay unless --purge
#   deploy/install.sh --units       of a release: brings its units in place and restarts nothing, as a redeploy wants it
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
# Commands of operators.
COMMANDS='/usr/local/sbin/ajar-redeploy /usr/local/sbin/ajar-backup /usr/local/sbin/ajar-restore'
# For any user: a Firefly server has one of its own.
DISPATCHER=/usr/local/bin/ajar-dispatcher

say() { echo "ajar: $*"; }
fail() {
  echo "ajar: $*" >&2
  exit 1
}

# shellcheck source=deploy/release/settings.sh
. "$SOURCE/deploy/release/settings.sh"
# shellcheck source=deploy/release/agent.sh
. "$SOURCE/deploy/release/agent.sh"
# shellcheck source=deploy/release/releases.sh
. "$SOURCE/deploy/release/releases.sh"
# shellcheck source=deploy/release/units.sh
. "$SOURCE/deploy/release/units.sh"
# shellcheck source=deploy/release/start.sh
. "$SOURCE/deploy/release/start.sh"

main() {
  case "${1:-} ${2:-}" in
  'server ' | 'agent ') install_part "$1" ;;
  '--units ') bring_units ;;
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

usage() { sed -n '4,7s/^# *//p' "$0"; }

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
  before=$(release_before)
  running=$(readlink "$prefix/current" || true)
  [ "$part" = agent ] || hold_redeploys
  switch_release
  put_units
  start_units "$part"
  [ "$part" = agent ] || trust_release
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
  [ "$part" = agent ] || make_user ajar-programs
  [ "$part" = server ] || make_user ajar-agent
  [ "$part" = server ] || for group in video gpio i2c dialout; do
    ! getent group $group >/dev/null || usermod --append --groups $group ajar-agent
  done
}

make_user() {
  id "$1" >/dev/null 2>&1 || useradd --system --user-group --home-dir "/var/lib/$1" --no-create-home --shell /usr/sbin/nologin "$1"
}

put_config() {
  install -d -m 755 $CONFIG
  [ "$part" = server ] || put "$SOURCE/deploy/systemd/agent.json.example" "$settings.example"
  [ "$part" = agent ] || [ -e "$settings" ] ||
    echo "# Settings of the ajar server, see README.md. After a change: $SERVER/current/deploy/install.sh server" >"$settings"
  [ "$part" = agent ] || put_signers
  [ -e "$settings" ] || return 0
  # Tokens may stand in them. Those of the server are read by systemd, the agent reads its own.
  if [ "$part" = agent ]; then
    chown root:ajar-agent "$settings" && chmod 640 "$settings"
  else
    chown root:root "$settings" && chmod 600 "$settings"
  fi
}

put_signers() {
  [ -e $CONFIG/allowed_signers ] || cat >$CONFIG/allowed_signers <<'END'
# The SSH keys that may sign releases, one a line, as ssh-keygen(1) has it under ALLOWED SIGNERS: who, then the public key.
# Without one nothing is deployed over the network. See deploy/KEYS.md.
#   releases@example.org namespaces="git" ssh-ed25519 AAAA...
END
}

show_server() {
  file=$(said data)/run/admin-token
  # As whose it is: a link there would show any file of root's.
  if token=$(runuser -u ajar -- cat "$file" 2>/dev/null); then
    say 'open the console with this link, which signs you in and is shown this once:'
    for link in $(said link); do say "$link/#token=$token"; done
    runuser -u ajar -- rm "$file"
  else
    for link in $(said link); do say "the console: $link/"; done
  fi
}

put() {
  cmp -s "$1" "$2" && return
  mkdir -p "$(dirname "$2")"
  install -m "${3:-644}" "$1" "$2"
  sync "$2" # a power cut leaves no empty unit
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
  systemctl stop 'ajar-retry@*.timer' 'ajar-alarm@*.service' 'ajar-rehearsal-*.service' 2>/dev/null || true
  for unit in $(all_units); do
    # shellcheck disable=SC2046 # several files
    rm -f "$UNITS/$unit" $(drop_ins_of "$unit")
    # What an operator wrote there stays.
    rmdir --ignore-fail-on-non-empty "$UNITS/$unit.d" 2>/dev/null || true
  done
  rm -f /etc/systemd/system.conf.d/ajar-watchdog.conf "$RUN_FOLDERS"
  rm -rf /run/ajar-programs
  # shellcheck disable=SC2086 # several files
  rm -rf $SERVER $AGENT $LIBRARY $COMMANDS $DISPATCHER /var/cache/ajar /var/cache/ajar-agent
  rm -f /run/systemd/system/ajar-rehearsal-*.service
  systemctl daemon-reload
  systemctl reset-failed 'ajar-*' 2>/dev/null || true
  say 'is uninstalled'
}

purge() {
  for unit in $(all_units); do rm -rf "$UNITS/$unit.d"; done
  rm -rf /var/lib/ajar /var/lib/ajar-agent /var/log/ajar $CONFIG
  for user in ajar ajar-agent ajar-programs; do ! id $user >/dev/null 2>&1 || userdel $user; done
  say 'its data and settings are gone'
}

main "$@"
