import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildAgentHere } from '@ajar/agent-bundle'
import { expect, onTestFinished, test } from 'vitest'
import { startBroker } from '../../edge-agent/test/broker.ts'
import { program, programs } from '../../edge-agent/test/cameras.ts'
import { temporaryFolder } from '../../edge-agent/test/places.ts'
import { Authority } from '../setup/certificates.ts'
import { until } from './system.ts'

/**
 * What `npm run build:agent` makes has drivers for cameras and sensors that load what they need only when they are used: each is used
 * here, as it is in the bundle and not in the sources.
 */

const LIMIT_MS = 120_000
const PICTURE = Buffer.from('ffd8ffda0003cc0102ffd9', 'hex')

/** A camera with a certificate of its own authority that asks who we are. */
async function snapshotCamera(authority: Authority): Promise<string> {
  const { certFile, keyFile } = await authority.issue()
  const files = { cert: await readFile(certFile), key: await readFile(keyFile) }
  const server = createServer(files, (request, response) => {
    if (isRight(request)) response.setHeader('content-type', 'image/jpeg').end(PICTURE)
    else
      response
        .writeHead(401, { 'www-authenticate': 'Digest realm="door", qop="auth", nonce="n", algorithm=SHA-256' })
        .end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** After RFC 7616, apart from the code under test. */
function isRight({ headers }: IncomingMessage): boolean {
  const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)"?`).exec(headers.authorization ?? '')?.[1]
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const expected = hash(`${hash('me:door:p@ss')}:n:${field('nc')}:${field('cnonce')}:auth:${hash('GET:/')}`)
  return field('response') === expected
}

test(
  'the bundle takes pictures of a cable camera, an old one and an encrypted one, and says why there is no GPIO',
  async () => {
    const bundle = join(await temporaryFolder(), 'bundle')
    await buildAgentHere(bundle)
    const broker = await startBroker()
    onTestFinished(() => broker.close())
    const authority = await Authority.create(onTestFinished)
    const folder = await programs()
    await program(folder, 'rpicam-vid', 'for (;;) { await out(picture(0)); await sleep(50) }', [PICTURE])
    await program(folder, 'raspistill', `fs.writeFileSync(args[args.indexOf('-o') + 1], picture(0))`, [PICTURE])
    const login = { url: await snapshotCamera(authority), user: 'me', password: 'p@ss', ca: authority.caFile }
    const cameras = [
      { name: 'cable', driver: 'rpicam', intervalMs: 50 },
      { name: 'old', driver: 'raspistill', intervalMs: 50, warmUpMs: 1 },
      { name: 'snapshot', driver: 'http-snapshot', intervalMs: 50, ...login },
    ]
    const sensors = [
      { name: 'contact', driver: 'gpio', line: 'NO-SUCH-LINE' },
      { name: 'load', driver: 'cpu-load', intervalMs: 1000 },
    ]
    const server = `mqtt://127.0.0.1:${broker.port}`
    const config = { device: 'pi', token: 'secret', server, dataDir: await temporaryFolder(), cameras, sensors }
    const file = join(folder, 'agent.json')
    await writeFile(file, JSON.stringify(config))

    const agent = spawn(process.execPath, [join(bundle, 'ajar-agent.mjs'), file], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise((resolve) => agent.once('close', resolve))
    onTestFinished(() => void agent.kill('SIGKILL'))
    let said = ''
    for (const stream of [agent.stdout, agent.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text
      })
    const status = () => JSON.parse(broker.retained.get('ajar/pi/status') ?? '{}')
    const framesOf = (camera: string) => broker.received.filter(({ topic }) => topic.includes(`/${camera}/`)).length
    await until(() => cameras.every(({ name }) => framesOf(name) >= 3) || agent.exitCode !== null, LIMIT_MS).catch(
      (error) => {
        throw new Error(`${error}\n${said}`)
      },
    )
    await until(() => status().sensors?.contact?.fault, LIMIT_MS)
    expect(status().sensors.contact.fault).toMatch(/this machine has no GPIO|NO-SUCH-LINE/)
    expect(status().sensors.load.fault).toBeNull()
    const sha256 = createHash('sha256').update(PICTURE).digest('hex')
    expect(new Set(broker.received.map((frame) => frame.sha256))).toEqual(new Set([sha256]))
    agent.kill('SIGTERM')
    expect(await ended, said).toBe(0)
  },
  LIMIT_MS,
)
