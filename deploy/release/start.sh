# A part of install.sh: starts what is installed, and goes back where that does not start.
# shellcheck shell=sh disable=SC2154 # install.sh says which part of which release

# All that the running services stand on. It is recorded when they run, so that an installation that was interrupted, or
# failed, is completed by the next one.
wanted() {
  echo "$id"
  stands
  cksum "$settings"
}

# What runs may have been started by a redeploy, which trusts it then: it is not started again for its name alone.
stands_already() {
  [ "$running" = "releases/$id" ] || return 1
  [ "$(applied_release)" = "$id" ] || [ "$(readlink "$prefix/trusted" || true)" = "$running" ] || return 1
  [ "$(wanted | sed 1d)" = "$(sed 1d "$prefix/applied" 2>/dev/null)" ]
}

start_units() {
  [ "$part" = server ] && SERVICES='ajar-server.service ajar-worker.service' || SERVICES=ajar-agent.service
  changed=''
  stands_already || changed=yes
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
  [ "$part" = agent ] || start_programs "$verb"
}

# All else goes on without what runs programs of users: health says what it lacks, and so does this.
start_programs() {
  [ -z "$changed" ] || systemctl enable --quiet ajar-programs.service || true
  [ -z "$changed" ] || systemctl reset-failed ajar-programs.service 2>/dev/null || true
  systemctl "$1" ajar-programs.service || say 'programs of users cannot run: journalctl -u ajar-programs'
  lacks=''
  command -v bwrap >/dev/null || lacks=' bubblewrap'
  ldconfig -p | grep -q 'libseccomp\.so\.2' || lacks="$lacks libseccomp2"
  [ -z "$lacks" ] || say "users can run no programs until you have called: apt-get install$lacks"
  ! grep -qs 'Raspberry Pi' /proc/device-tree/model || [ ! -e /sys/fs/cgroup/cgroup.controllers ] ||
    grep -qw memory /sys/fs/cgroup/cgroup.controllers ||
    say 'users can run no programs until the kernel bounds memory: add cgroup_enable=memory cgroup_memory=1 to the line of /boot/firmware/cmdline.txt, and reboot'
}

# Goes back to the release that ran before, units and all, where there is one.
did_not_start() {
  journalctl --unit "$1" --lines 8 --output cat --no-pager >&2 || true
  before=$(release_before)
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
  [ "$(wanted | listeners)" = "$(listeners <"$prefix/applied" 2>/dev/null)" ] || sockets_changed=yes
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

listeners() { grep -E 'ajar-(http|mqtts?)\.socket'; }
