import { setTimeout as sleep } from 'node:timers/promises'
import type { Cgroup } from '../../cgroups/cgroup.ts'
import { type BoundedCommand, type BoundedEnd, BoundsError, type Exceeded } from './bounded.ts'
import { coversOf } from './covers.ts'
import { give, type Keeper, NOT_COVERED, NOT_PLACED, release } from './keeper.ts'
import { boundsOfMachine, type MachineBounds } from './machine.ts'
import { Members, signal } from './members.ts'
import { readProcesses, threadsThen } from './process-table.ts'
import { makeSpare, type Place, takePlace } from './spare.ts'
import { Watch } from './watch.ts'

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 1000
/** Until something that the kernel was told to end is given up. */
const END_LIMIT_MS = 10_000
/** For what is still in the pipes once all who wrote to them have ended. */
const REST_LIMIT_MS = 2000
/** More than this is printed by nobody who means it. */
const MOST_PRINTED = 64_000_000
/** Signal 25: a file grew over what `ulimit -f` allows. */
const FILE_TOO_LARGE = 128 + 25
/** For the keeper, and for what our own user starts meanwhile. */
const SPARE_PROCESSES = 32
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Runs a command under bounds, and waits for its end and that of all it started. Where this process is killed meanwhile they
 * end too.
 * @throws BoundsError; `signal.reason` where it is aborted, once it has ended
 */
export async function runBounded(command: BoundedCommand): Promise<BoundedEnd> {
  const machine = await boundsOfMachine()
  command.signal.throwIfAborted()
  const place = takePlace(machine)
  try {
    return await new Run(command, machine, place).end()
  } finally {
    await place.cgroup?.remove()
  }
}

class Run {
  readonly #command: BoundedCommand
  readonly #machine: MachineBounds
  readonly #cgroup: Cgroup | null
  readonly #isContained: boolean
  readonly #keeper: Keeper
  readonly #members: Members
  readonly #watch: Watch
  readonly #startedAt = performance.now()
  /** Resolves when it is over, whatever is left of it. */
  readonly #over = Promise.withResolvers<void>()
  readonly #gone: Promise<void>
  #told = ''
  #printed = 0
  #exceeded: Exceeded | null = null
  #failure: Error | null = null
  #isEnding = false

  constructor(command: BoundedCommand, machine: MachineBounds, { keeper, cgroup }: Place) {
    const { containment } = machine
    this.#command = command
    this.#machine = machine
    this.#cgroup = cgroup
    this.#isContained = containment.unshare !== null
    this.#keeper = keeper
    this.#members = new Members(keeper.pid, this.#isContained, cgroup, keeper.mark)
    this.#watch = new Watch(command, this.#members, cgroup, containment.keepers)
    this.#gone = this.#listen()
  }

  #begin() {
    const { command, folder, environment, limits } = this.#command
    const { memoryBytes, processes, outputBytes } = limits
    const { mounted } = this.#machine.containment
    const keepsMemory =
      this.#machine.hierarchies.some(({ bounds }) => bounds.includes('memory')) && this.#cgroup !== null
    try {
      this.#cgroup?.limit({ memoryBytes, processes: processes + 1 }) // with the keeper that waits for it
      give(this.#keeper, {
        ...{ command: [...(mounted ?? []), ...command], folder, environment },
        covers: mounted && coversOf(this.#command),
        rlimits: {
          fileBytes: outputBytes,
          // Between two looks. Not what it may take: runtimes ask for more than they use.
          dataBytes: keepsMemory ? null : memoryBytes * 2 + 1024 ** 3,
          // The kernel counts all of a user's, and these are not more than those that can be seen. It is what stops a fork
          // bomb until we look, so that what we find is more than it may have.
          userProcesses: threadsThen() + 2 * processes + SPARE_PROCESSES,
        },
      })
    } catch (error) {
      this.#fail(`a command could not be put under bounds: ${(error as Error).message}`)
    }
    makeSpare(this.#machine)
  }

  async end(): Promise<BoundedEnd> {
    const { limits, signal: abort } = this.#command
    const late = setTimeout(
      () => this.#exceed({ bound: 'time', limit: limits.ms, found: null }),
      Math.min(limits.ms, LONGEST_TIMER_MS),
    )
    const onAbort = () => void this.#terminate()
    abort.addEventListener('abort', onAbort, { once: true })
    if (abort.aborted) onAbort()
    this.#begin()
    this.#watch.start(
      () => this.#told !== '',
      (exceeded) => this.#exceed(exceeded),
      () => this.#over.resolve(),
    )
    await this.#over.promise
    clearTimeout(late)
    abort.removeEventListener('abort', onAbort)
    this.#watch.stop()
    await this.#endAll()
    const ms = performance.now() - this.#startedAt
    if (this.#failure) throw this.#failure
    abort.throwIfAborted()
    const [, said = ''] = this.#told.split('\n')
    if (this.#told.startsWith(NOT_PLACED)) throw new BoundsError('a process could not be put into its cgroup')
    if (said === NOT_COVERED) throw new BoundsError('what it may not see could not be hidden from it')
    const code = /^\d+$/.test(said) ? Number(said) : null
    return { code, exceeded: this.#exceeded ?? this.#watch.refused() ?? this.#tooMuchWritten(code), ms }
  }

  #listen(): Promise<void> {
    const { process, stdout, stderr, told } = this.#keeper
    const take = (from: 'stdout' | 'stderr') => (chunk: Buffer) => {
      this.#printed += chunk.length
      const limit = Math.min(MOST_PRINTED, this.#command.limits.outputBytes)
      if (this.#printed > limit) this.#exceed({ bound: 'printed', limit, found: null })
      else this.#command.onOutput(from, chunk)
    }
    stdout.on('data', take('stdout'))
    stderr.on('data', take('stderr'))
    told.on('data', (text: Buffer) => {
      this.#told += text
      if (this.#told.split('\n').length > 2) this.#over.resolve()
    })
    return new Promise((resolve) => {
      process.once('error', (error) => {
        this.#fail(`the keeper of a command could not be started: ${error.message}`)
        resolve()
      })
      process.once('exit', () => this.#over.resolve())
      process.once('close', () => resolve())
    })
  }

  #fail(why: string) {
    this.#failure ??= new BoundsError(why)
    this.#over.resolve()
  }

  #exceed(exceeded: Exceeded) {
    if (this.#exceeded) return
    this.#exceeded = exceeded
    if (exceeded.bound === 'time') void this.#terminate()
    else this.#over.resolve() // each moment makes it worse
  }

  /** Asks all of them to end, and gives them a moment. */
  async #terminate() {
    if (this.#isEnding) return
    this.#isEnding = true
    for (const { pid } of this.#members.in(readProcesses())) signal(pid, 'SIGTERM')
    await isWithin(this.#over.promise, GRACE_MS)
    this.#over.resolve()
  }

  /** Ends whatever is left. */
  async #endAll() {
    const { stdout, stderr } = this.#keeper
    const left = () => this.#members.in(readProcesses())
    if (!this.#isContained && !this.#members.sweep()) this.#failure = new BoundsError(UNENDING)
    release(this.#keeper)
    if (await isWithin(this.#gone, REST_LIMIT_MS)) return
    // The first process of the namespace reads our pipe; one that does not is ended by force.
    for (const { pid } of left()) signal(pid, 'SIGKILL')
    signal(this.#keeper.pid, 'SIGKILL')
    stdout.destroy()
    stderr.destroy()
    if (await isWithin(this.#gone, END_LIMIT_MS)) return
    this.#failure = new BoundsError(UNENDING)
  }

  #tooMuchWritten(code: number | null): Exceeded | null {
    const { outputBytes } = this.#command.limits
    if (code === FILE_TOO_LARGE) return { bound: 'output', limit: outputBytes, found: null }
    return this.#watch.written()
  }
}

const UNENDING =
  'a process that was told to end does not: it waits for a disk, a network or a device that does not answer'

async function isWithin(promise: Promise<void>, limitMs: number): Promise<boolean> {
  const late = new AbortController()
  return await Promise.race([
    promise.then(() => true),
    sleep(limitMs, false, { signal: late.signal }).catch(() => false),
  ]).finally(() => late.abort())
}
