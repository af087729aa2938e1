import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'

/** `sun_path` of unix(7) holds 108 bytes, and the last is a zero. */
const MOST_PATH_BYTES = 107
/** Who asks says so in one line; more at once are none who ask for a redeploy. */
const MOST_CONNECTIONS = 16

export interface RequestSocket {
  close(): void
}

/**
 * Listens at `path`, for this user alone. Where the path is too long for a socket its folder is held open, and it is reached
 * through that (Linux), as the server does. A socket that was left there is taken away: only for who holds the data folder.
 * @param take gets each connection before anything of it is read
 * @throws Error where nothing can listen there
 */
export async function listenForRequests(path: string, take: (connection: Socket) => void): Promise<RequestSocket> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true })
  rmSync(path, { force: true })
  const isLong = Buffer.byteLength(path) > MOST_PATH_BYTES
  const held = isLong ? openSync(folder, 'r') : null
  const server = createServer({ pauseOnConnect: true }, take)
  server.maxConnections = MOST_CONNECTIONS
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(held === null ? path : `/proc/self/fd/${held}/${basename(path)}`, listening.resolve)
  const close = () => {
    server.close() // takes the socket away at once
    if (held !== null) closeSync(held)
  }
  try {
    await listening.promise
    chmodSync(path, 0o600)
  } catch (error) {
    close()
    throw error
  }
  return { close }
}
