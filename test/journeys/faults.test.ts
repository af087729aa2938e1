import { once } from 'node:events'
import { chmod, mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { mountedFolder } from '../setup/mounted.ts'
import { heavy, sha256, withComment } from './pictures.ts'
import { ADMIN_TOKEN, System, until } from './system.ts'

/** What the machine may do to ajar: it says what is wrong and what to do, and acknowledges nothing that it does not have. */

const SLOW = { timeout: 60_000 }

/** Starts a server that cannot start. @returns what it said, its exit code first */
async function refusal(environment: Record<string, string>): Promise<string> {
  try {
    const system = await System.start(environment)
    await system.close()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the server started')
}

test.each(['HTTP', 'MQTT'])('the %s port is in use', SLOW, async (protocol) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const said = await refusal({ [`AJAR_${protocol}_PORT`]: String(port) })
  expect(said).toContain('ended (1)')
  expect(said).toMatch(new RegExp(`ajar cannot start: .*${port}.*in use.*AJAR_${protocol}_PORT`))
})

test('every unreadable setting is named at once, with exit code 2', SLOW, async () => {
  const said = await refusal({
    AJAR_HTTP_PORT: 'eighty',
    AJAR_MAX_PENDING_AGE: 'long',
    AJAR_ENGINE: 'abacus',
    AJAR_ADMIN_TOKEN: 'too-short',
  })
  expect(said).toContain('ended (2)')
  expect(said).toContain('AJAR_HTTP_PORT="eighty": a whole number from 0 to 65535 is expected')
  expect(said).toContain('AJAR_MAX_PENDING_AGE="long"')
  expect(said).toMatch(/AJAR_ENGINE="abacus": one of .*wasm/)
  expect(said).toMatch(/AJAR_ADMIN_TOKEN=.*at least 16 characters/)
  expect(said).not.toContain('too-short')
})

test('the data folder is read-only', SLOW, async (context) => {
  const said = await refusal({ AJAR_DATA_DIR: await readOnlyFolder(context) })
  expect(said).toContain('ended (1)')
  expect(said).toMatch(/ajar cannot start: the data folder .* cannot be written .*AJAR_DATA_DIR/)
})

/** Root writes wherever modes forbid it, so for root the file system itself is read-only. */
async function readOnlyFolder(context: TestContext): Promise<string> {
  if (process.getuid?.() === 0) return mountedFolder('ro', context)
  const folder = await mkdtemp(join(tmpdir(), 'ajar-read-only-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o555)
  return folder
}

test('a second server on the same data folder is refused, and the first goes on', SLOW, async () => {
  const system = await System.start()
  onTestFinished(() => system.close())
  const said = await refusal({ AJAR_DATA_DIR: system.dataDir })
  expect(said).toContain('ended (1)')
  expect(said).toMatch(/another ajar server uses the data folder .*AJAR_DATA_DIR/)
  expect(await system.api.get('/api/health/live')).toEqual({ status: 'ok' })
})

test(
  'the data folder is full: frames are held, not acknowledged, and taken once there is room',
  SLOW,
  async (context) => {
    const dataDir = await mountedFolder('size=48m', context)
    const system = await System.start({ AJAR_DATA_DIR: dataDir })
    onTestFinished(() => system.close())
    const client = await system.connect('door1', await system.addDevice('door1'))
    // Too large for what is free inside the files.
    const picture = await heavy(200_000)
    let time = Date.now()
    const publish = (jpeg: Buffer) => {
      time += 1
      const sent = { id: `door1/cam/${time}`, acknowledged: false, jpeg }
      const done = client.publishAsync(`ajar/door1/cam/frame/${time}`, jpeg, { qos: 1 }).then(() => {
        sent.acknowledged = true
      })
      return { sent, done }
    }
    const before = publish(picture)
    await before.done
    await system.ended(before.sent.id)

    const ballast = join(dataDir, 'ballast')
    await fill(ballast)
    const held = Array.from({ length: 4 }, (_, i) => publish(withComment(picture, `held ${i}`)))
    const health = await until(async () => {
      const { status, body } = await ready(system)
      return status === 503 && body
    })
    expect(health.checks.find(({ name }) => name === 'frames')).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/full.*make room/),
    })
    expect(held.map(({ sent }) => sent.acknowledged)).toEqual([false, false, false, false])
    // Reading still works, and so does asking again.
    expect(await system.frame(before.sent.id)).toMatchObject({ outcome: 'classified' })
    expect((await ready(system)).status).toBe(503)
    expect(held.map(({ sent }) => sent.acknowledged)).toEqual([false, false, false, false])

    await unlink(ballast)
    await Promise.all(held.map(({ done }) => done))
    for (const { sent } of held)
      expect(await system.ended(sent.id)).toMatchObject({ outcome: 'classified', sha256: sha256(sent.jpeg) })
    expect(await system.metric('ajar_frames_ingested_total{outcome="stored"}')).toBe(1 + held.length)
    expect(await until(async () => (await ready(system)).status === 200)).toBe(true)
  },
)

interface Health {
  checks: { name: string; level: string; text: string }[]
}

async function ready(system: System): Promise<{ status: number; body: Health }> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const answer = await fetch(`${system.server.http}/api/health/ready`, { headers })
  return { status: answer.status, body: (await answer.json()) as Health }
}

/** Writes until nothing more fits, in small pieces at the end so that nothing is left over. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const size of [1024 * 1024, 4096]) {
      const piece = Buffer.alloc(size)
      for (;;) if (!(await fits(file.write(piece), size))) break
    }
  } finally {
    await file.close()
  }
}

async function fits(write: Promise<{ bytesWritten: number }>, size: number): Promise<boolean> {
  try {
    return (await write).bytesWritten === size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
