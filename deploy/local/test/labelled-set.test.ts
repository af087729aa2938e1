import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderDoor } from '@ajar/edge-agent'
import { expect, onTestFinished, test } from 'vitest'
import { Api, startServer } from '../src/index.ts'
import { importSet } from '../src/labelled-set.ts'

const ADMIN = 'the-admin-token-of-this-test'
const FIRST = Date.UTC(2026, 0, 2, 3, 4, 5)

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-labelled-set-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function serve(dataDir: string) {
  const environment = { AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_ADMIN_TOKEN: ADMIN }
  const server = await startServer({ environment })
  onTestFinished(() => server.process.stop())
  return { ...server, api: new Api(server, ADMIN), running: { address: server, token: ADMIN } }
}

/** Pictures a second apart, in turn of each state. @returns the folder */
async function pictures(count: number, states = ['open', 'closed'] as const): Promise<string> {
  const folder = await temporary()
  for (const state of states) await mkdir(join(folder, state))
  const drawn = await Promise.all(
    states.map((state) => renderDoor({ seed: 1, atMs: FIRST, state, width: 320, height: 180 })),
  )
  for (let i = 0; i < count; i++) {
    const time = new Date(FIRST + i * 1000).toISOString().replaceAll(/[-:]/g, '').replace('T', '_').slice(0, 15)
    const which = i % states.length
    // After a JPEG's end anything may stand: so no two are the same.
    const bytes = Buffer.concat([drawn[which] as Uint8Array, Buffer.from(String(i))])
    await writeFile(join(folder, states[which] ?? '', `${time}.jpg`), bytes)
  }
  return folder
}

function run(command: 'import' | 'export', args: string[], environment: Record<string, string> = {}) {
  const { AJAR_ADMIN_TOKEN: _, ...inherited } = process.env
  const script = fileURLToPath(new URL(`../${command}.ts`, import.meta.url))
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { ...inherited, ...environment } }
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

test('a folder goes into a running server, and comes out as a zip that goes into another camera', {
  timeout: 120_000,
}, async () => {
  const server = await serve(join(await temporary(), 'data'))
  const folder = await pictures(6)
  await writeFile(join(folder, 'open', 'notes.jpg'), 'no picture')
  await server.api.send('PATCH', '/api/cameras/pi/from', {})
  await server.api.send('PATCH', '/api/cameras/pi/to', { states: ['shut'] })
  const token = { AJAR_ADMIN_TOKEN: ADMIN }
  const came = await run('import', ['pi/from', folder, '--server', server.http], token)
  expect(came).toMatchObject({ code: 0, stderr: '' })
  expect(came.stdout).toMatch(/left out: open\/notes\.jpg: it is neither a JPEG/)
  expect(came.stdout).toMatch(/pi\/from: 6 pictures came in, 0 were there, 6 are labelled, 1 left out/)
  expect(await server.api.get('/api/labels?camera=pi/from')).toMatchObject({ counts: { open: 3, closed: 3 } })

  const zip = join(folder, 'labels.zip')
  const file = join(await temporary(), 'token')
  await writeFile(file, `${ADMIN}\n`)
  const went = await run('export', ['pi/from', zip, '--server', server.http, '--token-file', file])
  expect(went).toMatchObject({ code: 0, stderr: '' })
  expect((await readFile(zip)).subarray(0, 2).toString()).toBe('PK')
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])

  const unknown = await run('import', ['pi/to', zip, '--server', server.http], token)
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no state closed, open; its states are shut/),
  })
  const added = await run('import', ['pi/to', zip, '--server', server.http, '--add-states'], token)
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/6 pictures came in/) })

  const wrong = [
    await run('import', ['pi/nobody', zip, '--server', server.http], token),
    await run('import', ['pi/to', join(folder, 'nowhere'), '--server', server.http], token),
    await run('import', ['pi/to', zip, '--server', 'http://127.0.0.1:9'], token),
    await run('import', ['pi/to', zip, '--server', server.http], { AJAR_ADMIN_TOKEN: 'another-token-than-the-one' }),
    await run('import', ['pi/to', zip, '--server', server.http]),
    await run('import', ['camera', zip], token),
    await run('export', ['pi/to'], token),
    await run('export', ['pi/nobody', join(folder, 'none.zip'), '--server', server.http], token),
  ]
  expect(wrong.map(({ code, stderr }) => `${code} ${stderr.split('\n')[0]}`)).toEqual([
    '1 import failed: the camera pi/nobody does not exist',
    expect.stringMatching(/^1 import failed: .*nowhere cannot be read/),
    expect.stringMatching(/^1 import failed: no server answers at .*start it, or name another/),
    expect.stringMatching(/^1 import failed: this token is unknown/),
    expect.stringMatching(/^2 a token is needed/),
    expect.stringMatching(/^2 camera is no device\/camera/),
    '2 name a camera and a file',
    '1 export failed: the camera pi/nobody does not exist',
  ])
  expect(await readdir(folder)).not.toContain('none.zip')
})

test('killed in the middle, an import ends after the next start as if nothing had been', {
  timeout: 120_000,
}, async () => {
  const dataDir = join(await temporary(), 'data')
  const count = 300
  const folder = await pictures(count)
  const first = await serve(dataDir)
  await first.api.send('PATCH', '/api/cameras/pi/cam', {})
  const labelled = async (api: Api) => {
    const { counts } = await api.get<{ counts: Record<string, number> }>('/api/labels?camera=pi/cam')
    return (counts.open ?? 0) + (counts.closed ?? 0)
  }
  const lost = importSet(first.running, 'pi/cam', folder, { addStates: false, onProgress: () => {} }).catch((e) => e)
  while ((await labelled(first.api)) < 20) await new Promise((resolve) => setTimeout(resolve, 10))
  first.process.kill('SIGKILL')
  expect(await lost).toBeInstanceOf(Error)

  const { api } = await serve(dataDir)
  const { items } = await api.get<{ items: { id: string }[] }>('/api/jobs')
  expect(items).toHaveLength(1)
  const { result } = await api.finished(items[0]?.id ?? '')
  expect(result).toMatchObject({ labelled: count, skippedCount: 0 })
  expect(Number(result?.imported) + Number(result?.duplicates)).toBe(count)
  expect(Number(result?.duplicates)).toBeGreaterThanOrEqual(20)
  expect(await labelled(api)).toBe(count)
  const frames = await api.get<{ items: Record<string, unknown>[] }>('/api/frames?camera=pi/cam&limit=1000')
  expect(frames.items).toHaveLength(count)
  for (const frame of frames.items) expect(frame).toMatchObject({ outcome: 'skipped', code: 'imported', result: null })
  while ((await readdir(join(dataDir, 'imports'))).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
})

/** Readings of a sensor in two states. @returns the file, and how many there are */
async function readings(count: number): Promise<string> {
  const columns = Array.from({ length: 20 }, (_, i) => `n${i}`)
  const lines = Array.from({ length: count }, (_, i) =>
    [i < count / 2 ? 'open' : 'closed', ...columns.map((_, n) => i + n / 10)].join(','),
  )
  const file = join(await temporary(), 'readings.csv')
  await writeFile(file, [`Label,${columns}`, ...lines].join('\r\n'))
  return file
}

test('a CSV of readings goes into a sensor', { timeout: 60_000 }, async () => {
  const server = await serve(join(await temporary(), 'data'))
  await server.api.send('POST', '/api/devices', { name: 'esp' })
  const file = await readings(100)
  const token = { AJAR_ADMIN_TOKEN: ADMIN }
  const { code, stdout } = await run('import', ['esp/csi', file, '--server', server.http], token)
  expect(code).toBe(0)
  expect(stdout).toContain('esp/csi: 100 readings came in, 0 were there, 100 are labelled, 0 left out')
  expect(stdout).toContain(`${server.http}/sensors/esp/csi`)
})

test('killed in the middle, an import of readings ends after the next start, each where it was', {
  timeout: 240_000,
}, async () => {
  const dataDir = join(await temporary(), 'data')
  const count = 2000
  const file = await readings(count)
  const first = await serve(dataDir)
  await first.api.send('POST', '/api/devices', { name: 'esp' })
  const labelled = async (api: Api) => {
    const { counts } = await api.get<{ counts: Record<string, number> }>('/api/labels?camera=esp/csi')
    return (counts.open ?? 0) + (counts.closed ?? 0)
  }
  const lost = importSet(first.running, 'esp/csi', file, { addStates: false, onProgress: () => {} }).catch((e) => e)
  while ((await labelled(first.api).catch(() => 0)) < 100) await new Promise((resolve) => setTimeout(resolve, 5))
  first.process.kill('SIGKILL')
  expect(await lost).toBeInstanceOf(Error)

  const { api } = await serve(dataDir)
  const { items } = await api.get<{ items: { id: string }[] }>('/api/jobs')
  const { result } = await api.finished(items[0]?.id ?? '')
  expect(result).toMatchObject({ labelled: count, skippedCount: 0 })
  expect(Number(result?.imported) + Number(result?.duplicates)).toBe(count)
  expect(Number(result?.duplicates)).toBeGreaterThanOrEqual(100)
  expect(await labelled(api)).toBe(count)
  // Each has the time that it had: they are 50 ms apart, and there are no more of them.
  const times: number[] = []
  for (let cursor = '', more = true; more; ) {
    const path = `/api/sensors/esp/csi/readings?limit=1000${cursor}`
    const page = await api.get<{ items: { capturedAt: string }[]; next: string | null }>(path)
    times.push(...page.items.map(({ capturedAt }) => Date.parse(capturedAt)))
    more = page.next !== null
    cursor = `&cursor=${encodeURIComponent(page.next ?? '')}`
  }
  expect(times).toEqual(times.map((_, i) => (times[0] ?? 0) - i * 50))
  expect(times).toHaveLength(count)
})
