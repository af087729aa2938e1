import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BoxEnd, BoxError, type BoxedCommand, type BoxLimits } from '../box.ts'
import { boxOfMachine, type Lack } from '../machine.ts'
import { runInBox } from '../run-in-box.ts'
import {
  attempts,
  ENDLESS,
  ENDLESS_MS,
  LIMITS,
  MANY,
  MANY_LARGE,
  MANY_LARGE_BYTES,
  MOST_OF_MANY,
  staying,
} from './attempts.ts'
import { judge } from './judge.ts'
import { noBound, noBox, TOO_BUSY, UNEXPLAINED } from './mend.ts'

export type SelfTest = { ok: true } | { ok: false; failed: Lack[] }

/** Nobody has it in its environment but this process, for as long as the attempts take. */
const BAIT = 'AJAR_SELF_TEST'
const ENOUGH_MS = 60_000

/** An attempt came to no end in its time, which tells nothing of boxes. */
class TooBusy extends Error {}

/** What makes a box; tests have weaker ones. */
type Run = (command: BoxedCommand) => Promise<BoxEnd>

/**
 * Whether boxes hold on this machine: makes some, and has the essential attacks tried in them. Takes about half a second.
 * Never throws.
 */
export async function selfTest(run: Run = runInBox): Promise<SelfTest> {
  try {
    const { missing } = await boxOfMachine()
    if (missing.length > 0) return { ok: false, failed: missing }
    // One after the other: where there can be no box at all, one says so.
    const failed = await tryToLeave(run)
    failed.push(...(await Promise.all([tooLarge(run), tooMany(run), tooLong(run), staysBehind(run)])).flat())
    return failed.length === 0 ? { ok: true } : { ok: false, failed }
  } catch (error) {
    if (error instanceof TooBusy) return { ok: false, failed: [TOO_BUSY] }
    if (error instanceof BoxError) return { ok: false, failed: [noBox(error.message)] }
    return { ok: false, failed: [{ what: `the self-test failed: ${(error as Error).message}`, mend: UNEXPLAINED }] }
  }
}

async function tryToLeave(run: Run): Promise<Lack[]> {
  const secret = randomBytes(12).toString('hex')
  const folder = mkdtempSync(join(tmpdir(), 'ajar-self-test-'))
  const file = join(folder, 'bait')
  const abstract = `ajar-self-test-${randomBytes(6).toString('hex')}`
  const listeners: Server[] = []
  try {
    // Everybody may read it, but for whoever does not see it.
    chmodSync(folder, 0o755)
    writeFileSync(file, secret, { mode: 0o644 })
    const loopback = await listen({ host: '127.0.0.1', port: 0 }, listeners)
    await listen({ path: `\0${abstract}` }, listeners)
    process.env[BAIT] = secret
    const { port } = loopback.address() as AddressInfo
    const { printed } = await box(run, attempts({ file, port, abstract }))
    return judge(printed, ownNamespaces(), secret)
  } finally {
    delete process.env[BAIT]
    for (const listener of listeners) listener.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function listen(at: { host: string; port: number } | { path: string }, all: Server[]): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(at)
  all.push(server)
  await once(server, 'listening')
  return server
}

function ownNamespaces(): Record<string, string> {
  return Object.fromEntries(readdirSync('/proc/self/ns').map((kind) => [kind, readlinkSync(`/proc/self/ns/${kind}`)]))
}

async function tooLarge(run: Run): Promise<Lack[]> {
  const { end } = await box(run, MANY_LARGE, { memoryBytes: MANY_LARGE_BYTES })
  if (end.exceeded === 'memory') return []
  return [{ what: 'the memory of programs is not bounded', mend: noBound('memory') }]
}

async function tooMany(run: Run): Promise<Lack[]> {
  const { end } = await box(run, MANY, { processes: MOST_OF_MANY })
  if (end.exceeded === 'processes') return []
  return [{ what: 'the number of processes of programs is not bounded', mend: noBound('processes') }]
}

async function tooLong(run: Run): Promise<Lack[]> {
  const { end } = await boxOfAnyTime(run, ENDLESS, { ms: ENDLESS_MS })
  return end.exceeded === 'time' ? [] : [{ what: 'a program that never ends is not ended', mend: UNEXPLAINED }]
}

async function staysBehind(run: Run): Promise<Lack[]> {
  // Longer than any box, and told from the sleep of anybody else.
  const mark = `30.${randomInt(1e9, 1e10)}`
  await box(run, staying(mark))
  const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(mark))
  return left.length === 0 ? [] : [{ what: 'what a program starts outlives it', mend: UNEXPLAINED }]
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return '' // it ended
  }
}

/** @throws TooBusy where it did not come to its end */
async function box(run: Run, command: readonly [string, ...string[]], limits: Partial<BoxLimits> = {}) {
  const came = await boxOfAnyTime(run, command, limits)
  if (came.end.exceeded === 'time') throw new TooBusy()
  return came
}

/** @throws TooBusy where it was not even ended for its time */
async function boxOfAnyTime(run: Run, command: readonly [string, ...string[]], limits: Partial<BoxLimits>) {
  let printed = ''
  const signal = AbortSignal.timeout(ENOUGH_MS)
  const end: BoxEnd = await run({
    ...{ command, environment: {}, files: null, keeps: null, input: null, user: 'run', shows: [] },
    limits: { ...LIMITS, ...limits },
    signal,
    onOutput(_, chunk) {
      printed += Buffer.from(chunk).toString('latin1')
    },
  }).catch((error) => {
    throw error === signal.reason ? new TooBusy() : error
  })
  return { end, printed }
}
