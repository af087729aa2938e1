import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { connectAsync } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { ADMIN_TOKEN } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')

/** A listening socket to hand on, as systemd would open it. */
async function openSocket() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  // Node tells the descriptor of a server's socket in no other way.
  const { fd } = (server as Server & { _handle: { fd: number } })._handle
  return { server, port, fd }
}

test('the server listens where sockets were opened for it, also for those who came before it', async () => {
  const http = await openSocket()
  const mqtt = await openSocket()
  const env = {
    ...process.env,
    AJAR_DATA_DIR: await temporaryFolder(onTestFinished),
    AJAR_ADMIN_TOKEN: ADMIN_TOKEN,
    AJAR_CLASSIFY_WORKERS: '1',
    // Nobody may listen there: whoever does not take the sockets cannot start.
    AJAR_HTTP_PORT: '1',
    AJAR_HTTP_HOST: '192.0.2.1',
    AJAR_MQTT_PORT: 'off',
    LISTEN_FDS: '2',
    LISTEN_FDNAMES: 'http:mqtt',
  }
  // The number of the process is known within it alone, and `exec` keeps it.
  const script = 'LISTEN_PID=$$ exec "$0" "$@"'
  const child = spawn('sh', ['-c', script, process.execPath, MAIN], {
    env,
    stdio: ['ignore', 'pipe', 'inherit', http.fd, mqtt.fd],
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  })
  http.server.close() // the child has it too
  mqtt.server.close()
  const early = connect(http.port, '127.0.0.1')
  early.end('GET /api/health/live HTTP/1.1\r\nhost: ajar\r\nconnection: close\r\n\r\n')
  expect(String((await once(early, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/)

  const lines = createInterface({ input: child.stdout as Readable })
  let said = ''
  for await (said of lines) if (said.startsWith('{"listening"')) break
  expect(JSON.parse(said)).toEqual({ listening: { http: http.port, mqtt: mqtt.port } })

  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const at = (path: string) =>
    fetch(`http://127.0.0.1:${http.port}${path}`, { headers }).then((answer) => answer.json())
  expect(await at('/api/listeners')).toMatchObject({
    http: { host: '127.0.0.1', port: http.port },
    mqtt: { host: '127.0.0.1', port: mqtt.port },
    mqtts: null,
  })
  const client = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { username: 'token', password: ADMIN_TOKEN })
  await client.endAsync()
})
