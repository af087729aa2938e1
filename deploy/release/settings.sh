# A part of install.sh: what the settings say, before anything that runs is touched.
# shellcheck shell=sh disable=SC2154 # install.sh says which part of which release

# Asks the new release, as the user of the service and with /etc/ajar/*.env as systemd reads it.
read_settings() {
  user=ajar asks=$release/deploy/release/service-settings.ts
  [ "$part" = server ] || user=ajar-agent asks="$release/ajar-agent.mjs --check $settings"
  asked=ajar-settings-$$
  write "/run/systemd/system/$asked.service" '[Unit]' 'Description=ajar: settings' 'CollectMode=inactive-or-failed' \
    '[Service]' 'Type=oneshot' "User=$user" 'TimeoutStartSec=1min' 'Environment=AJAR_DATA_DIR=/var/lib/ajar' \
    "EnvironmentFile=-$CONFIG/$([ "$part" = server ] && echo ajar || echo agent).env" \
    "ExecStart=$release/bin/node $asks" \
    "StandardOutput=file:/run/$asked.out" "StandardError=file:/run/$asked.err"
  good=yes
  systemctl start "$asked.service" 2>/dev/null || good=''
  answer=$(cat "/run/$asked.out" 2>/dev/null || true)
  trouble=$(cat "/run/$asked.err" 2>/dev/null || true)
  rm -f "/run/$asked.out" "/run/$asked.err" "/run/systemd/system/$asked.service"
  [ -n "$good" ] || fail "$settings: ${trouble:-the settings could not be read}
ajar: nothing was changed"
  [ "$part" = agent ] || check_answer
}

# What answers is a process of the server's user, and a server in somebody else's hands reaches into those. Root puts nothing
# into units but what looks as it should, once, and gives away no folder that the settings do not name.
check_answer() {
  printf '%s\n' "$answer" | {
    ! grep -vqE -e '^(data|backups)=/[A-Za-z0-9_./ -]+$' -e '^kept=[0-9]+$' -e '^(http|mqtts?)=[][0-9a-fA-F.:]+:[0-9]+$' \
      -e '^link=https?://[[:graph:]]+$'
  } || distrust 'what it says is not what it should be'
  [ -z "$(printf '%s\n' "$answer" | sed -n 's/^\([a-z]*\)=.*/\1/p' | grep -vx link | sort | uniq -d)" ] ||
    distrust 'it says something twice'
  for name in data backups; do
    folder=$(said $name)
    case $folder in
    '' | /var/lib/ajar) ;;
    *) folders_in "$settings" | grep -qxF -- "$folder" || distrust "$folder is not named there" ;;
    esac
  done
}

# The folders that a file of settings names, as the server understands them.
folders_in() {
  sed -n 's/^[[:space:]]*[A-Z_]*[[:space:]]*=[[:space:]]*//p' "$1" | tr -d "\"'" | while read -r path; do
    case $path in /*) realpath -ms -- "$path" ;; esac
  done
}

distrust() {
  fail "$settings was asked of $release: $1; look whether the server is in somebody else's hands
ajar: nothing was changed"
}

# One answer of the settings, such as `data` or `http`; nothing where it says nothing of it.
said() { printf '%s\n' "$answer" | sed -n "s/^$1=//p"; }

check_ports() {
  command -v ss >/dev/null || return 0
  for name in http mqtt mqtts; do
    address=$(said $name)
    [ -n "$address" ] || continue
    # What systemd holds is ours, or its start says why not.
    other=$(ss -Hltnp "sport = :${address##*:}" | awk -v want="${address%:*}" '
      function all(host) { return host == "*" || host == "[::]" }
      function meet(one, other) { return one == "0.0.0.0" && other !~ /^\[/ }
      /\("systemd",pid=1,/ { next }
      { host = $4; sub(/:[0-9]+$/, "", host) }
      host == want || all(host) || all(want) || meet(host, want) || meet(want, host) { print $6; exit }')
    [ -z "$other" ] || fail "$address ($name) is taken by another program: $other; stop it, or choose another port in $settings
ajar: nothing was changed"
  done
}
