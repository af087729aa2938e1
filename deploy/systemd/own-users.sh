#!/bin/sh
# Runs a command in a user namespace that has two kinds of users: USER, who is its root, and 65535 more, who are nobody outside.
# They are from 1879048192 on, which systemd gives to nobody (systemd.io/UIDS-GIDS) and no useradd does. Run as root, it needs
# CAP_SETUID and CAP_SETGID alone. The command takes the place of this shell.
#   own-users.sh USER COMMAND [ARGUMENT ...]
set -eu
uid=$(id -u "$1") gid=$(id -g "$1")
shift
others='1 1879048192 65535'
ours=$(readlink /proc/self/ns/user)

# Where the kernel gives no namespaces, or nobody who is root in one (Ubuntu's AppArmor), the command runs as USER and can say so.
if ! unshare --user --keep-caps setpriv --bounding-set=-all true 2>/dev/null; then
  exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --bounding-set=-all --inh-caps=-all -- "$@"
fi

# Who is in a namespace cannot say who its users are: this is the shell's child, which stays outside. 10 s at most.
{
  tries=0
  until [ "$(readlink "/proc/$$/ns/user")" != "$ours" ]; do
    [ $((tries += 1)) -le 500 ] || exit 1
    sleep 0.02
  done
  printf '0 %s 1\n%s\n' "$uid" "$others" >"/proc/$$/uid_map"
  printf '0 %s 1\n%s\n' "$gid" "$others" >"/proc/$$/gid_map"
} &

# Without a map nobody is root, whose capabilities would be lost with the next program.
# shellcheck disable=SC2016 # expanded by that shell
exec unshare --user --keep-caps -- sh -euc '
  tries=0
  until grep -q 1879048192 /proc/self/gid_map; do
    [ $((tries += 1)) -le 500 ] || { echo "ajar: the users of the namespace could not be told" >&2; exit 1; }
    sleep 0.02
  done
  exec setpriv --reuid 0 --regid 0 --clear-groups --inh-caps=-all --ambient-caps=-all -- "$@"' sh "$@"
