# A part of install.sh: unit files, and what stands beside them. Nothing that runs is touched here.
# shellcheck shell=sh disable=SC2154 # install.sh says which part of which release

RETRIES='ajar-alarm@.service ajar-retry@.service ajar-retry@.timer ajar-wanted@.target'
# What systemd starts with the machine beside server and worker.
ENABLED='ajar-redeploy.socket ajar-recover.service'
# What may write into folders that the settings name.
WRITERS='ajar-server.service ajar-worker.service'
# Whose programs may not even see them.
STRANGERS=ajar-programs.service
# What systemd makes at each boot.
RUN_FOLDERS=/etc/tmpfiles.d/ajar.conf

put_units() {
  # RestartMode came with systemd 254: an earlier one would complain of it at each reload.
  unknown='/^RestartMode=/d'
  [ "$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" -lt 254 ] || unknown=''
  for unit in $(units_of "$part") $RETRIES; do
    sed "$unknown" "$SOURCE/deploy/systemd/$unit" >"$UNITS/$unit.new"
    put "$UNITS/$unit.new" "$UNITS/$unit"
    rm "$UNITS/$unit.new"
  done
  for script in alarm may-alarm redeployed; do put "$SOURCE/deploy/systemd/$script.sh" $LIBRARY/$script.sh 755; done
  put_notify
  if [ "$part" = server ]; then
    put "$SOURCE/deploy/systemd/as-service.sh" $LIBRARY/as-service.sh
    put "$SOURCE/deploy/systemd/own-users.sh" $LIBRARY/own-users.sh 755
    for command in $COMMANDS; do put "$SOURCE/deploy/systemd/${command##*/}.sh" "$command" 755; done
    mkdir -p "${DISPATCHER%/*}"
    ln -sfn "$prefix/current/server/bin/ajar-dispatcher" "$DISPATCHER"
    put "$SOURCE/deploy/systemd/ajar.tmpfiles" $RUN_FOLDERS
    systemd-tmpfiles --create $RUN_FOLDERS || say 'users will run no programs: the folder of their socket cannot be made, see above'
    put_listeners
    put_folders
  fi
  if grep -qs 'Raspberry Pi' /proc/device-tree/model; then
    put "$SOURCE/deploy/systemd/hardware-watchdog.conf" /etc/systemd/system.conf.d/ajar-watchdog.conf
  fi
}

# Those of redeploys first: they are the first to be stopped.
units_of() {
  case $1 in
  server)
    echo ajar-redeploy.socket ajar-redeploy.service ajar-recover.service \
      ajar-programs.service ajar-server.service ajar-worker.service ajar-http.socket ajar-mqtt.socket ajar-mqtts.socket
    ;;
  agent) echo ajar-agent.service ;;
  esac
}

all_units() { echo "$(units_of server) $(units_of agent) $RETRIES"; }

# Those that this writes.
drop_ins_of() { for name in listen no-word data backups; do echo "$UNITS/$1.d/$name.conf"; done; }

# Without word from the process systemd would end each start: then it does without, and a hang goes unseen.
put_notify() {
  [ "$part" = server ] && beside_koffi=$release/deploy/supervised || beside_koffi=$release
  for unit in $(units_of "$part"); do
    grep -qs '^Type=notify' "$UNITS/$unit" || continue
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
put_folders() {
  for name in data backups; do
    folder=$(said $name)
    case $folder in
    '' | /var/lib/ajar | /var/lib/ajar/*)
      for unit in $WRITERS $STRANGERS; do rm -f "$UNITS/$unit.d/$name.conf"; done
      continue
      ;;
    esac
    # A disk for backups that is away does not keep the server from its start.
    [ $name = data ] && may_lack='' || may_lack=-
    for unit in $WRITERS; do write "$UNITS/$unit.d/$name.conf" '[Service]' "ReadWritePaths=\"$may_lack$folder\""; done
    for unit in $STRANGERS; do write "$UNITS/$unit.d/$name.conf" '[Service]' "InaccessiblePaths=\"-$folder\""; done
    [ -e "$folder" ] || { mkdir -p "$folder" && chown ajar:ajar "$folder" && chmod 700 "$folder"; }
  done
}

# A release brings its own units in place, and nothing that runs is restarted: so a redeploy prepares what it switches to.
bring_units() {
  part=server prefix=$SERVER settings=$CONFIG/ajar.env id=${SOURCE##*/} release=$SOURCE
  is_release || fail "only a release brings its units: $SERVER/current/deploy/install.sh --units"
  check_machine
  make_users
  read_settings
  before=$(stands)
  put_units
  [ "$(stands)" != "$before" ] || return 0
  systemctl daemon-reload || fail 'systemd did not read its units again: see above'
  # shellcheck disable=SC2086 # several names
  systemctl enable --quiet $ENABLED $SOCKETS || fail 'the units cannot be enabled: see above'
}

# What units there are, and what they say.
stands() {
  [ "$part" = agent ] || [ ! -e $RUN_FOLDERS ] || cksum $RUN_FOLDERS
  for unit in $(units_of "$part") $RETRIES; do
    for file in "$UNITS/$unit" $(drop_ins_of "$unit"); do
      [ ! -e "$file" ] || cksum "$file"
    done
  done
}
