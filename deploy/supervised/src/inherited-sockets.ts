const FIRST_DESCRIPTOR = 3

/**
 * The listening sockets that systemd opened for this process: file descriptors by the FileDescriptorName of their socket
 * units. Takes them out of `environment`, so that no child believes that they are meant for it: ask once.
 * @throws Error where two sockets have one name
 */
export function inheritedSockets(environment: Record<string, string | undefined>): Map<string, number> {
  const { LISTEN_PID, LISTEN_FDS = '0', LISTEN_FDNAMES = '' } = environment
  const sockets = new Map<string, number>()
  if (LISTEN_PID !== String(process.pid)) return sockets
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  const names = LISTEN_FDNAMES.split(':')
  for (let i = 0; i < Number(LISTEN_FDS); i += 1) {
    const name = names[i] || 'unknown' // as systemd calls a socket without a name
    // Nobody would accept what comes by the second: its clients would wait for ever.
    if (sockets.has(name))
      throw new Error(
        `systemd handed over two sockets of the name ${name}: give its socket unit one ListenStream alone`,
      )
    sockets.set(name, FIRST_DESCRIPTOR + i)
  }
  return sockets
}
