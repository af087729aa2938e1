/**
 * What git, pnpm and the builds of a release are told of our environment: what the network, certificates and npm's settings
 * need, and nothing else. Tokens of ajar stand in it too, and a program that a release brings has no use for them.
 */
const PASSED_ON = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR)$/,
  /^XDG_\w+$/,
  /^((all|https?|no|ftp)_proxy)$/i,
  // Not where npm was called: that is another folder.
  /^p?npm_config_(?!local_prefix$)\w+$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|NODE_USE_SYSTEM_CA)$/,
  /^(SSH_AUTH_SOCK|GIT_SSH|GIT_SSH_COMMAND|GIT_SSL_\w+|GIT_PROXY_COMMAND)$/,
]

export function programEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.some((pattern) => pattern.test(entry[0])),
  )
  // Messages are read, so they stay in one language.
  return { ...Object.fromEntries(passed), LC_ALL: 'C.UTF-8' }
}
