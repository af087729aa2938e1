# A part of install.sh: the agent, which is one script with koffi and Node beside it (edge-agent/build).
# shellcheck shell=sh disable=SC2154 # install.sh says where it stands, and whose part it is

OLDEST_NODE=22

# Whether this is what `npm run build:agent` makes, or a release of it, and no checkout.
is_bundle() { [ -e "$SOURCE/ajar-agent.mjs" ]; }

# A bundle may bring Node; a checkout has it in its packages.
get_agent() {
  if is_bundle; then
    node=$SOURCE/bin/node
    [ -x "$node" ] || node=$(command -v node) || fail "node is missing: $OLDEST_NODE or later is needed, see $SOURCE/README.md"
  else
    get_packages
  fi
  version=$("$node" -p 'process.versions.node') || fail "$node does not run on this machine, see $SOURCE/README.md"
  [ "${version%%.*}" -ge $OLDEST_NODE ] || fail "$node is $version: $OLDEST_NODE or later is needed, see $SOURCE/README.md"
}

# As make-release.ts does for the server: named after the digest of what is in it, complete or not there, never changed.
make_agent_release() {
  umask 022
  mkdir -p "$prefix/releases"
  fresh=$prefix/releases/.agent.new
  rm -rf "$fresh"
  bundle=$SOURCE
  if ! is_bundle; then
    bundle=$fresh
    "$node" "$SOURCE/edge-agent/build/build.ts" --here "$fresh" || fail 'the agent could not be built: see above'
  fi
  id=agent-$(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' "$bundle/package.json")-$(digest_of "$bundle")
  release=$prefix/releases/$id
  if [ -e "$release/complete" ]; then
    rm -rf "$fresh"
    return 0
  fi
  [ "$bundle" = "$fresh" ] || cp -R "$bundle" "$fresh"
  rm -f "$fresh/complete"
  mkdir -p "$fresh/bin"
  [ -x "$fresh/bin/node" ] || cp -L "$node" "$fresh/bin/node"
  chmod -R u+rwX,go=rX "$fresh"
  # On the disk before it has its name: a power cut after that leaves no empty files in it.
  sync -f "$fresh"
  echo "$id" >"$fresh/complete"
  rm -rf "$release"
  mv -T "$fresh" "$release"
}

digest_of() {
  {
    "$node" -p 'process.version + process.arch'
    (cd "$1" && find . -type f ! -path './bin/*' ! -name complete -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
  } | sha256sum | cut -c 1-12
}

# The unit lets it write nowhere else.
check_agent_folder() {
  folder=$(printf '%s\n' "$answer" | sed -n 's/.*"dataDir":"\([^"]*\)".*/\1/p')
  case $folder in
  /var/lib/ajar-agent | /var/lib/ajar-agent/*) ;;
  *) fail "$settings: dataDir is $folder; the service can write to /var/lib/ajar-agent alone
ajar: nothing was changed" ;;
  esac
}
