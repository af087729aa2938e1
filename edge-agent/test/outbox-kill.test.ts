import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Outbox } from '../src/outbox/outbox.ts'
import { quiet, temporaryFolder } from './places.ts'
import { chances } from './real-pictures.ts'

const KILLS = 12
const seed = Number(process.env.AJAR_TEST_SEED ?? (Date.now() % 1e9) + 1)
const random = chances(seed)

interface Killing {
  child: string
  args: string[]
  /** The child is killed when it has said so many lines that hold `what`. */
  lines: number
  what: string
}

/** Runs the child until then and returns all that it said, line by line. */
async function killed({ child: name, args, lines, what }: Killing): Promise<string[]> {
  const path = join(import.meta.dirname, name)
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  let said = ''
  child.stdout.on('data', (text) => {
    said += text
    if (said.split(what).length > lines) child.kill('SIGKILL')
  })
  expect(await closed).toEqual([null, 'SIGKILL'])
  return said.split('\n').slice(0, -1)
}

test('SIGKILL at any instant: what was durable is delivered, dropped and counted, or waits; exactly, and in no two of these', {
  timeout: 180_000,
}, async () => {
  console.log(`seed ${seed}`)
  const folder = await temporaryFolder()
  const durable = new Set<string>()
  const delivered = new Set<string>()
  let asked = new Set<string>()
  let firstId = 1
  const drops: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    // Every second time while counts are written down and what they count is removed, which is soon over.
    const steps = kill % 2 === 1
    const lines = steps ? 1 + Math.floor(random() * 60) : 20 + Math.floor(random() * 250)
    asked = new Set()
    for (const line of await killed({
      child: 'outbox-child.ts',
      args: [folder, `${firstId}`],
      lines,
      what: steps ? 'step' : '\n',
    })) {
      const [what, id = ''] = line.split(' ')
      if (what === 'put') asked.add(id)
      if (what === 'durable') durable.add(id)
      if (what === 'deliver') delivered.add(id)
    }
    firstId += 4 * Math.ceil(asked.size / 4) + 4
    const outbox = new Outbox({ folder, limits: { maxBytes: 1e9, maxFrames: 1000 }, log: quiet })
    await outbox.start()
    const waiting = new Set<string>()
    for (let item = outbox.take(); item; item = outbox.take()) {
      expect((await outbox.read(item)).byteLength).toBe(500)
      if (item.atMs % 10 === 0) expect(item.important).toBe(true)
      waiting.add(`${item.kind}/${item.source}/${item.atMs}`)
    }
    // Nobody had said yet that they were durable; they are the newest, which go last.
    for (const id of waiting) if (asked.has(id)) durable.add(id)
    for (const id of waiting) delivered.delete(id)
    expect(waiting.difference(durable)).toEqual(new Set())
    const gone = durable.difference(waiting).difference(delivered)
    expect(outbox.dropped).toBe(gone.size)
    for (const [kind, source] of [
      ['frame', 'cam'],
      ['frame', 'other'],
      ['reading', 'cam'],
    ] as const) {
      const ofSource = [...gone].filter((id) => id.startsWith(`${kind}/${source}/`))
      expect(outbox.droppedOf(source, kind)).toBe(ofSource.length)
      const last = [...durable]
        .filter((id) => id.startsWith(`${kind}/${source}/`))
        .map((id) => Number(id.split('/')[2]))
      expect(outbox.lastId(kind, source)).toBe(Math.max(0, ...last))
    }
    drops.push(outbox.dropped)
    await outbox.close()
  }
  expect(drops.at(-1)).toBeGreaterThan(100)
})

test('SIGKILL while items get their times: each is there once, with the time it was taken at or without one', {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder()
  const boot = '3f0e8b7a-0000-4000-8000-000000000001'
  const zeroMs = Date.parse('2026-11-21T12:00:00Z')
  const durable = new Set<number>()
  for (let kill = 0; kill < 10; kill++) {
    const firstId = kill * 10_000 + 1
    const what = kill % 2 === 0 ? 'step' : 'durable'
    const args = [folder, `${firstId}`, boot, `${zeroMs}`]
    const lines = 1 + Math.floor(random() * 90)
    for (const line of await killed({ child: 'untimed-child.ts', args, lines, what })) {
      if (line.startsWith('durable')) durable.add(Number(line.split(' ')[1]))
    }
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg'))
    const ids = await Promise.all(names.map(async (name) => Number(await readFile(join(folder, name), 'utf8'))))
    expect(new Set(ids).size).toBe(ids.length)
    expect(durable.difference(new Set(ids))).toEqual(new Set())
    for (const [i, id] of ids.entries()) {
      expect([`cam.${zeroMs + id}.jpg`, `cam.${id}@${boot}.jpg`]).toContain(names[i])
    }
  }
  // Another boot, which knows when that one began.
  const outbox = new Outbox({ folder, limits: { maxBytes: 1e9, maxFrames: 10_000 }, log: quiet })
  await outbox.start()
  expect([outbox.untimed, outbox.dropped]).toEqual([0, 0])
  expect(outbox.frames).toBeGreaterThanOrEqual(durable.size)
  await outbox.close()
})
