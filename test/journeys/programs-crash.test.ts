import { readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { System, until } from './system.ts'

interface Message {
  msg: { type: string; data: string }
}
interface Read {
  output: Message[]
  status: number
  completed: boolean
  message: string
}

/** Skips the test where boxes do not hold on this machine. */
async function start(context: TestContext, environment: Record<string, string>): Promise<System> {
  const system = await System.start(environment)
  onTestFinished(() => system.close())
  const { available, reason } = await system.api.get<{ available: boolean; reason: string | null }>(
    '/api/programs/languages',
  )
  needs(available, String(reason), context)
  return system
}

/** Has a shell script run. @returns its identifier */
async function run({ api }: System, script: string): Promise<string> {
  const body = { files: [{ basename: 'main.sh', contents: script }], mode: 'run', switches: {}, name: 'N', lab: false }
  const { identifier, message } = await api.send<{ identifier: string; message: string }>('POST', '/run_program/', body)
  if (identifier === '') throw new Error(message)
  return identifier
}

const read = ({ api }: System, identifier: string) => api.send<Read>('POST', '/check_output/', { identifier, read: 0 })

const says = (system: System, identifier: string, text: string) =>
  until(async () => (await read(system, identifier)).output.some(({ msg }) => msg.data === text))

const ended = (system: System, identifier: string) =>
  until(async () => {
    const found = await read(system, identifier)
    return found.completed && found
  })

async function workerOf({ api }: System): Promise<number> {
  const { items } = await api.get<{ items: { name: string; pid: number }[] }>('/api/processes')
  return items.find(({ name }) => name === 'programs')?.pid ?? 0
}

/** Processes, also in boxes, that were started with that word. */
function withWord(word: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
    } catch {
      return false // it has ended meanwhile
    }
  })
}

/** A script that runs until it is ended, and can be found. */
const staying = (word: string) => `sh -c 'sleep 0.1; echo begun; sleep 1000; :' ${word} & wait`

const LOST = 'the worker that ran it ended: run it again'

test('the worker is killed in the middle of two runs: both have failed and say so, nothing of them goes on, the next is run', {
  timeout: 120_000,
}, async (context) => {
  const system = await start(context, { AJAR_PROGRAM_SECONDS: '100' })
  const words = [`stays-${process.pid}-a`, `stays-${process.pid}-b`]
  const [first = '', second = ''] = [
    await run(system, staying(words[0] ?? '')),
    await run(system, staying(words[1] ?? '')),
  ]
  const waiting = await run(system, 'echo waited')
  for (const id of [first, second]) await says(system, id, 'begun')
  expect(words.map((word) => withWord(word).length > 0)).toEqual([true, true])
  process.kill(await workerOf(system), 'SIGKILL')
  for (const id of [first, second])
    expect(await ended(system, id)).toMatchObject({
      ...{ status: 1, message: 'FAILURE' },
      output: expect.arrayContaining([{ msg: { type: 'internal_error', data: LOST } }]),
    })
  await until(() => words.every((word) => withWord(word).length === 0))
  expect(await ended(system, waiting)).toMatchObject({ status: 0, message: 'SUCCESS' })
})

test('the server is killed in the middle of a run: after its next start that has failed, nothing of it goes on, and what waited is run', {
  timeout: 120_000,
}, async (context) => {
  const system = await start(context, { AJAR_PROGRAM_SECONDS: '100', AJAR_PROGRAMS_AT_ONCE: '1' })
  const word = `stays-${process.pid}-c`
  const running = await run(system, staying(word))
  const waiting = await run(system, 'echo waited')
  await says(system, running, 'begun')
  await system.killServer()
  await until(() => withWord(word).length === 0)
  await system.startServer()
  const output = [
    { msg: { type: 'stdout', data: 'begun' } },
    { msg: { type: 'internal_error', data: expect.stringContaining('run it again') } },
  ]
  expect(await ended(system, running)).toMatchObject({
    ...{ status: 1, message: 'FAILURE' },
    output: expect.arrayContaining(output),
  })
  expect(await ended(system, waiting)).toMatchObject({ status: 0, message: 'SUCCESS' })
})
