import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { System, until } from './system.ts'

const WORKER = fileURLToPath(new URL('../../server/src/worker.ts', import.meta.url))

interface Operation {
  id: number
  status: string
  message: string
  output: { output_files: { basename: string; fits_url: string }[] } | null
}

/** A file as FITS 4.0 has it (3.3, 4.4.1): blocks of 2880 bytes, numbers with their highest byte first. */
function fitsOf(width: number, height: number, samples: Float32Array): Uint8Array {
  const said = { SIMPLE: 'T', BITPIX: -32, NAXIS: 2, NAXIS1: width, NAXIS2: height }
  const cards = Object.entries(said).map(([key, value]) => `${key.padEnd(8)}= ${String(value).padStart(20)}`.padEnd(80))
  const header = Buffer.from([...cards, 'END'].join('').padEnd(2880))
  const data = Buffer.alloc(Math.ceil(samples.byteLength / 2880) * 2880)
  data.set(Buffer.from(samples.buffer).swap32())
  return Buffer.concat([header, data])
}

/** A server with pictures that take a while, and a data session. */
async function start(environment: Record<string, string> = {}) {
  const archive = await mkdtemp(join(tmpdir(), 'ajar-fits-'))
  onTestFinished(() => rm(archive, { recursive: true, force: true }))
  mkdirSync(archive, { recursive: true })
  const [width, height] = [1600, 1200]
  const names = ['a', 'b', 'c']
  for (const [i, name] of names.entries()) {
    const samples = Float32Array.from({ length: width * height }, (_, at) => ((at * 7919) % 1000) + i)
    await writeFile(join(archive, `${name}.fits`), fitsOf(width, height, samples))
  }
  const system = await System.start({ AJAR_ARCHIVE_DIR: archive, ...environment })
  onTestFinished(() => system.close())
  const { id } = await system.api.send<{ id: number }>('POST', '/api/datasessions/', { name: 'one', input_data: [] })
  const path = `/api/datasessions/${id}/operations/`
  return {
    system,
    results: () => readdirSync(join(system.dataDir, 'laboratory', 'results')),
    ask: (name: string, more: object = {}) =>
      system.api.send<Operation>('POST', path, {
        name,
        input_data: {
          input_files: names.map((basename) => ({ type: 'fits', source: 'archive', basename })),
          ...more,
        },
      }),
    get: (op: number) => system.api.get<Operation>(`${path}${op}/`),
    ended: (op: number) =>
      until(async () => {
        const operation = await system.api.get<Operation>(`${path}${op}/`)
        return ['COMPLETED', 'FAILED'].includes(operation.status) && operation
      }),
  }
}

test('the server is killed in the middle of an operation: it completes once, with one result', {
  timeout: 180_000,
}, async () => {
  const { system, ask, get, ended, results } = await start()
  const { id } = await ask('Median')
  await until(async () => (await get(id)).status === 'IN_PROGRESS')
  await system.killServer()
  await system.startServer()
  const operation = await ended(id)
  expect(operation).toMatchObject({ status: 'COMPLETED', message: '' })
  expect(results()).toHaveLength(1)
  expect(operation.output?.output_files).toMatchObject([{ type: 'fits', fits_url: expect.any(String) }])
  expect(readdirSync(join(system.dataDir, 'laboratory', 'scratch'))).toEqual([])
})

test("somebody else's workers: killed one after the other, an operation completes once", {
  timeout: 180_000,
}, async () => {
  const { system, ask, get, ended, results } = await start({ AJAR_WORKER: 'external' })
  const workers: ChildProcess[] = []
  const startWorker = () => {
    const child = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...system.environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const over = once(child, 'exit')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await over
    })
    workers.push(child)
  }
  startWorker()
  const { id } = await ask('Median')
  await until(async () => (await get(id)).status === 'IN_PROGRESS')
  workers[0]?.kill('SIGKILL')
  startWorker()
  expect(await ended(id)).toMatchObject({ status: 'COMPLETED' })
  expect(results()).toHaveLength(1)
})
