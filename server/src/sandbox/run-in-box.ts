import type { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Cgroup } from '../cgroups/cgroup.ts'
import { type BoxEnd, BoxError, type BoxedCommand } from './box.ts'
import { BEGUN, type Chain, NOT_PLACED, startChain } from './chain.ts'
import { giveWay } from './give-way.ts'
import { boxOfMachine, type MachineBox } from './machine.ts'
import { takeUser } from './users.ts'

/** For a box to be laid out, and its files in it. */
const START_LIMIT_MS = 30_000
/** What is ended by force is gone at once, but for one that waits for a disk. */
const END_LIMIT_MS = 10_000
/** Between two looks at what the kernel refused. */
const LOOK_MS = 100
/** Beside those of the command: both of bubblewrap, and our shell. */
const OWN_PROCESSES = 3
const MOST_FAULT_TEXT = 2000
const MOST_NOISE = 65_536

/**
 * Runs a command in a box, and ends all that is left of it.
 * @throws BoxError where there can be no box, the reason of the signal, and what `onOutput` throws
 */
export async function runInBox(command: BoxedCommand): Promise<BoxEnd> {
  const machine = await boxOfMachine()
  const [lack] = machine.missing
  if (lack) throw new BoxError(`${lack.what}: ${lack.mend}`)
  command.signal.throwIfAborted()
  return await new Box(command, machine).run()
}

class Box {
  readonly #command: BoxedCommand
  readonly #machine: MachineBox
  readonly #kept: Uint8Array[] = []
  #chain: Chain | undefined
  #exceeded: BoxEnd['exceeded'] = null
  #begunAt = 0
  #printed = 0
  #keptBytes = 0
  #faults = ''
  #noise = 0
  /** Of whoever is told what it prints. */
  #failure: { error: unknown } | undefined

  constructor(command: BoxedCommand, machine: MachineBox) {
    this.#command = command
    this.#machine = machine
  }

  async run(): Promise<BoxEnd> {
    const { limits, user: role } = this.#command
    const cgroup = this.#makeCgroup()
    const user = takeUser(this.#machine.users, role)
    try {
      cgroup.limit({ memoryBytes: limits.memoryBytes, processes: limits.processes + OWN_PROCESSES })
      const chain = startChain(this.#command, this.#machine, user, cgroup.joins)
      if (chain.process.pid) giveWay(chain.process.pid, { isWeighted: cgroup.isWeighted })
      return await this.#runIn(cgroup, chain)
    } catch (error) {
      if ([this.#command.signal.reason, this.#failure?.error].includes(error) || error instanceof BoxError) throw error
      throw new BoxError(`a box could not be made: ${(error as Error).message}`)
    } finally {
      await cgroup.remove()
      user.release()
    }
  }

  #makeCgroup(): Cgroup {
    try {
      return new Cgroup(this.#machine.hierarchies, 'box')
    } catch (error) {
      throw new BoxError(`a box could not be made: ${(error as Error).message}`)
    }
  }

  async #runIn(cgroup: Cgroup, chain: Chain): Promise<BoxEnd> {
    this.#chain = chain
    const { signal } = this.#command
    const closed = closeOf(chain)
    const look = setInterval(() => {
      const refused = cgroup.exceeded
      if (refused) this.#exceed(refused)
    }, LOOK_MS)
    let clock = setTimeout(() => this.#kill(), START_LIMIT_MS)
    let endedAt: number | null = null
    this.#listen(() => {
      clearTimeout(clock)
      // One that is quick has ended before its beginning is heard of.
      if (endedAt === null) clock = setTimeout(() => this.#exceed('time'), this.#command.limits.ms)
    })
    const onAbort = () => this.#kill()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const exit = await exitOf(chain)
    endedAt = performance.now()
    clearTimeout(clock)
    clearInterval(look)
    signal.removeEventListener('abort', onAbort)
    if (!(await cgroup.kill()) || !(await isWithin(closed, END_LIMIT_MS))) throw new BoxError(UNENDING)
    signal.throwIfAborted()
    if (this.#failure) throw this.#failure.error
    if (exit.error) throw exit.error
    const exceeded = this.#exceeded ?? cgroup.exceeded
    if (!this.#begunAt && exceeded === null) this.#judgeStart(exit.code)
    const isKept = this.#command.keeps && !exceeded && this.#keptBytes > 0 && this.#isKeepable
    const ms = this.#begunAt && Math.max(0, endedAt - this.#begunAt)
    return { code: exit.code, exceeded, ms, kept: isKept ? Buffer.concat(this.#kept) : null }
  }

  get #isKeepable(): boolean {
    return this.#keptBytes <= (this.#command.keeps?.mostBytes ?? 0)
  }

  /** Where the command did not begin: its files had no room, which it was told, or there was no box. */
  #judgeStart(code: number | null): void {
    if (this.#printed > 0 && this.#faults === '') return
    const why = code === NOT_PLACED ? 'its process could not be put into its cgroup' : this.#faults.trim()
    throw new BoxError(`a box could not be made: ${why || 'it did not begin in time'}`)
  }

  #listen(onBegun: () => void) {
    const { stdout, stderr, faults, told, kept } = this.#chain as Chain
    let said = ''
    told.on('data', (text: Buffer) => {
      if (this.#begunAt > 0) return this.#hear(text)
      said += text
      if (!said.startsWith(BEGUN)) return
      this.#begunAt = performance.now()
      onBegun()
    })
    stdout.on('data', (chunk: Buffer) => this.#print('stdout', chunk))
    stderr.on('data', (chunk: Buffer) => this.#print('stderr', chunk))
    faults.on('data', (text: Buffer) => {
      if (this.#begunAt > 0) this.#hear(text)
      else if (this.#faults.length < MOST_FAULT_TEXT) this.#faults += text
    })
    kept.on('data', (chunk: Buffer) => {
      this.#keptBytes += chunk.length
      if (this.#isKeepable) this.#kept.push(chunk)
      else kept.destroy() // tar ends of it
    })
    for (const pipe of [stdout, stderr, faults, told, kept]) pipe.on('error', () => {}) // it ended
  }

  #print(from: 'stdout' | 'stderr', chunk: Buffer) {
    const room = this.#command.limits.printedBytes - this.#printed
    this.#printed += chunk.length
    try {
      if (room > 0) this.#command.onOutput(from, chunk.length > room ? chunk.subarray(0, room) : chunk)
    } catch (error) {
      this.#failure ??= { error }
      this.#kill()
    }
    if (chunk.length > room) this.#exceed('printed')
  }

  /** What comes where nothing is said any more: a command may get hold of our shell, which is of the same user. */
  #hear(noise: Buffer) {
    this.#noise += noise.length
    if (this.#noise > MOST_NOISE) this.#exceed('printed')
  }

  #exceed(bound: NonNullable<BoxEnd['exceeded']>) {
    this.#exceeded ??= bound
    this.#kill()
  }

  /** With bubblewrap the first process of its namespace ends, and with that the kernel ends all others. */
  #kill() {
    this.#chain?.process.kill('SIGKILL')
  }
}

const UNENDING = 'a program that was ended does not end: it waits for a disk or a device that does not answer'

function exitOf({ process }: Chain): Promise<{ code: number | null; error?: Error }> {
  return new Promise((resolve) => {
    process.once('error', (error) => resolve({ code: null, error }))
    process.once('exit', (code) => resolve({ code }))
  })
}

/** Once all that it printed was taken. */
async function closeOf({ process, stdout, stderr }: Chain): Promise<void> {
  const closes = [process, stdout, stderr].map(
    (each: EventEmitter) =>
      new Promise<void>((resolve) => {
        each.once('close', () => resolve())
        if (each === process) each.once('error', () => resolve())
      }),
  )
  await Promise.all(closes)
}

async function isWithin(promise: Promise<void>, limitMs: number): Promise<boolean> {
  const late = new AbortController()
  return await Promise.race([
    promise.then(() => true),
    sleep(limitMs, false, { signal: late.signal }).catch(() => false),
  ]).finally(() => late.abort())
}
