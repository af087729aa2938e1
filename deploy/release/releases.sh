# A part of install.sh: releases, which of them runs, and which stay.
# shellcheck shell=sh disable=SC2154 # install.sh says which part

make_release() {
  umask 022
  mkdir -p "$prefix/releases"
  if is_release; then
    id=${SOURCE##*/}
  else
    id=$("$node" "$SOURCE/deploy/release/make-release.ts" "$prefix/releases") || fail 'nothing was changed: see above'
    chmod -R go+rX "$prefix/releases/$id"
  fi
  release=$prefix/releases/$id
}

# Whether this is one that is installed, and not a checkout.
is_release() { [ "$SOURCE" = "$prefix/releases/${SOURCE##*/}" ] && [ -e "$SOURCE/complete" ]; }

switch_release() {
  [ "$running" != "releases/$id" ] || return 0
  case ${running#releases/} in
  '' | "$(applied_release)") say "release $id" ;;
  *)
    say "release $id; ${running#releases/}, which a redeploy brought, stays to go back to"
    say "(settings alone are brought by $prefix/current/deploy/install.sh $part)"
    ;;
  esac
  link_to "$prefix/current"
}

link_to() {
  ln -sfn "releases/$id" "$1.new"
  mv -T "$1.new" "$1"
}

# The one that the installer started last.
applied_release() { sed -n 1p "$prefix/applied" 2>/dev/null || true; }

# The one that was known to be good when this began: a redeploy may have brought it.
release_before() {
  trusted=$(readlink "$prefix/trusted" || true)
  [ -n "$trusted" ] && echo "${trusted#releases/}" || applied_release
}

# Two must not switch at once. What a redeploy has not switched yet it undoes when it is started again.
hold_redeploys() {
  if stands_already; then return; fi
  pending=$prefix/redeploy/pending.json
  [ ! -e "$pending" ] || redeploys
  [ -e "$prefix/trusted" ] || return 0
  trap 'systemctl start --no-block ajar-redeploy.socket 2>/dev/null || true' EXIT
  systemctl stop ajar-redeploy.socket ajar-redeploy.service 2>/dev/null || true
  [ ! -e "$pending" ] || systemctl start --no-block ajar-redeploy.service
  [ ! -e "$pending" ] || redeploys
}

redeploys() {
  fail "a redeploy is under way, wait for it: journalctl -fu ajar-redeploy
ajar: where it never ends, systemctl restart ajar-redeploy has it finished or undone; deploy/README.md, At three in the morning
ajar: nothing was changed"
}

# What runs is good: from it redeploys are done, and to it they go back.
trust_release() {
  mkdir -p "$prefix/redeploy"
  # It says whose units are in place, for a redeploy that would bring the same.
  rm -f "$prefix/redeploy/units"
  [ "$(readlink "$prefix/trusted" || true)" = "releases/$id" ] || link_to "$prefix/trusted"
  # shellcheck disable=SC2086 # several names
  systemctl enable --quiet $ENABLED || fail 'the units of redeploys cannot be enabled: see above'
  systemctl start ajar-redeploy.socket || fail 'redeploys cannot be asked for: see above'
}

# Those stay that may be gone back to.
remove_old_releases() {
  [ "$before" != "$id" ] || return 0
  stay=" $id $before "
  [ "$part" = agent ] || for old in $(by_age | sort -rn | head -n "$(said kept)" | cut -d ' ' -f 2); do
    stay="$stay$old "
  done
  for old in "$prefix"/releases/* "$prefix"/releases/.*.new; do
    case $stay in *" ${old##*/} "*) ;; *) rm -rf "$old" ;; esac
  done
  # What V8 compiled of a release is newer than the release is.
  oldest=$(by_age | sort -n | sed -n '1s/^[^ ]* //p')
  find "/var/cache/${prefix#/opt/}" -type f ! -newer "$prefix/releases/$oldest/complete" -delete 2>/dev/null || true
}

# Complete releases, each after the time when it was made.
by_age() { (cd "$prefix/releases" && find . -mindepth 2 -maxdepth 2 -name complete -printf '%T@ %h\n' | sed 's| \./| |'); }
