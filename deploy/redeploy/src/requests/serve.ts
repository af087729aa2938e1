import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from '../environment.ts'
import { handedOver } from './handed-over.ts'
import type { Requests } from './requests.ts'

const LONGEST = 16 * 1024
/** A line comes within this, or it is not waited for. */
const LINE_MS = 5000
const MOST_AT_ONCE = 20
/** So long without work, and this process ends: the next request starts it again. */
const IDLE_MS = 10_000
const LOOK_MS = 250
/** The first one that systemd hands over. */
const INHERITED = 3

/**
 * Takes requests from the sockets of whoever started this process, until there are none for a while. The signal ends it at
 * once.
 * @returns its exit code: 1 where something is left to be finished, and nobody has told it to end
 */
export async function serve(
  requests: Requests,
  environment: Environment,
  signal: AbortSignal,
  idleMs = IDLE_MS,
): Promise<number> {
  const open = new Set<Socket>()
  const take = (socket: Socket) => {
    if (open.size >= MOST_AT_ONCE) return socket.destroy()
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    void started.then(
      () => answer(socket, requests),
      () => socket.destroy(),
    )
  }
  // Before anything is waited for: what is handed over while nobody listens is lost.
  const handed = handedOver(take)
  const started = requests.start()
  await started
  const stop = listen(take, environment)
  do {
    for (let waitedMs = 0; waitedMs < idleMs && !signal.aborted && !requests.isStuck; waitedMs += LOOK_MS) {
      await delay(LOOK_MS)
      if (requests.isBusy || open.size > 0) waitedMs = 0
    }
  } while (!signal.aborted && !(await handed.mayEnd()))
  stop()
  handed.close()
  await requests.done()
  for (const socket of open) socket.destroy()
  return requests.isStuck && !signal.aborted ? 1 : 0
}

function listen(take: (socket: Socket) => void, environment: Environment): () => void {
  const { LISTEN_FDS: count, LISTEN_PID: pid } = environment
  // Not for the programs that the steps run.
  for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete environment[name]
  const server = createServer(take)
  if (Number(count) > 0 && Number(pid) === process.pid) server.listen({ fd: INHERITED })
  return () => {
    if (server.listening) server.close()
  }
}

function answer(socket: Socket, requests: Requests) {
  let text = ''
  socket.setEncoding('utf8')
  // Of the whole: one that comes byte by byte would keep others out.
  const limit = setTimeout(() => socket.destroy(), LINE_MS)
  socket.on('close', () => clearTimeout(limit))
  socket.on('error', () => {}) // whoever asked has gone
  socket.on('data', (part: string) => {
    text += part
    const end = text.indexOf('\n')
    if (end < 0 && text.length > LONGEST) socket.destroy()
    if (end < 0) return
    socket.removeAllListeners('data')
    socket.end(`${JSON.stringify(requests.take(text.slice(0, end)))}\n`)
  })
}
