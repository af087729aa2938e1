import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { buildAgentHere } from '@ajar/agent-bundle'
import { expect, onTestFinished, test } from 'vitest'
import { Authority } from '../setup/certificates.ts'
import { door } from './pictures.ts'
import { System, until } from './system.ts'

/**
 * What `npm run build:agent` makes has drivers for cameras and sensors that load what they need only when they are used: each is used
 * here, as it is in the bundle and not in the sources.
 */

const LIMIT_MS = 120_000

interface Device {
  status: { sensors?: Record<string, { fault: string | null }> } | null
}

/** Puts a program into the folder; `body` is JavaScript, and `picture` lies beside it. */
async function program(folder: string, name: string, body: string): Promise<void> {
  const head = `#!${process.execPath}\nconst fs = require('node:fs')\nconst picture = fs.readFileSync('${folder}/picture.jpg')\n`
  await writeFile(join(folder, name), `${head}${body}\n`)
  await chmod(join(folder, name), 0o755)
}

/** A camera with a certificate of its own authority that asks who we are. */
async function snapshotCamera(authority: Authority, picture: Buffer): Promise<string> {
  const { certFile, keyFile } = await authority.issue()
  const files = { cert: await readFile(certFile), key: await readFile(keyFile) }
  const server = createServer(files, (request, response) => {
    if (isRight(request)) response.setHeader('content-type', 'image/jpeg').end(picture)
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
    const folder = await mkdtemp(join(tmpdir(), 'ajar-bundle-drivers-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const bundle = join(folder, 'bundle')
    await buildAgentHere(bundle)
    const system = await System.start()
    onTestFinished(() => system.close())
    const authority = await Authority.create(onTestFinished)
    const picture = Buffer.from(await door('open', 300_000))
    await writeFile(join(folder, 'picture.jpg'), picture)
    await program(folder, 'rpicam-vid', 'setInterval(() => process.stdout.write(picture), 50)')
    await program(folder, 'raspistill', "fs.writeFileSync(process.argv[process.argv.indexOf('-o') + 1], picture)")
    const login = { url: await snapshotCamera(authority, picture), user: 'me', password: 'p@ss', ca: authority.caFile }
    const cameras = [
      { name: 'cable', driver: 'rpicam', intervalMs: 50 },
      { name: 'old', driver: 'raspistill', intervalMs: 50, warmUpMs: 1 },
      { name: 'snapshot', driver: 'http-snapshot', intervalMs: 50, ...login },
    ]
    const sensors = [
      { name: 'contact', driver: 'gpio', line: 'NO-SUCH-LINE' },
      { name: 'load', driver: 'cpu-load', intervalMs: 1000 },
    ]
    const token = await system.addDevice('pi')
    const config = { device: 'pi', token, server: system.server.mqtt, dataDir: join(folder, 'data'), cameras, sensors }
    const file = join(folder, 'agent.json')
    await writeFile(file, JSON.stringify(config))

    const agent = spawn(process.execPath, [join(bundle, 'ajar-agent.mjs'), file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
    })
    const ended = new Promise((resolve) => agent.once('close', resolve))
    onTestFinished(() => void agent.kill('SIGKILL'))
    let said = ''
    for (const stream of [agent.stdout, agent.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text
      })
    const framesOf = async (name: string) =>
      (await system.api.get<{ items: unknown[] }>(`/api/frames?camera=pi/${name}&limit=5`).catch(() => ({ items: [] })))
        .items
    const threeOfEach = async () => {
      if (agent.exitCode !== null) return true
      const found = await Promise.all(cameras.map(({ name }) => framesOf(name)))
      return found.every(({ length }) => length >= 3)
    }
    await until(threeOfEach, LIMIT_MS).catch((error) => expect.fail(`${error}\n${said}`))
    expect(agent.exitCode, said).toBeNull()
    const contact = async () => {
      const { status } = await system.api.get<Device>('/api/devices/pi')
      return status?.sensors?.contact?.fault
    }
    expect(await until(contact, LIMIT_MS)).toMatch(/this machine has no GPIO|NO-SUCH-LINE/)
    agent.kill('SIGTERM')
    expect(await ended, said).toBe(0)
  },
  LIMIT_MS,
)
