#!/bin/sh
# /usr/local/sbin/ajar-redeploy: the redeployer for operators at a terminal, without the server and its console.
set -eu
[ "$(id -u)" = 0 ] || {
  echo "ajar: this needs root: sudo $0 $*" >&2
  exit 1
}
export AJAR_DEPLOY_DIR=/opt/ajar
exec /opt/ajar/trusted/bin/node /opt/ajar/trusted/deploy/redeploy/src/main.ts "$@"
