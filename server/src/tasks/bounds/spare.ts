import { Cgroup } from '../../cgroups/cgroup.ts'
import { type Keeper, startKeeper } from './keeper.ts'
import type { MachineBounds } from './machine.ts'

/** A keeper that waits for an order, and the cgroup that it is in. */
export interface Place {
  keeper: Keeper
  cgroup: Cgroup | null
}

/** So long after the first command the next one is thought to come: a process that runs but one makes none for it. */
const SECOND_AFTER_MS = 50
/** Of 2 ms each, for an ended keeper to leave its cgroup. */
const MOST_WAITS = 25

let spare: Place | null = null
let isRepeated = false
let isWatched = false

/** One that is ready where there is one: its start takes longer than that of a command. */
export function takePlace(machine: MachineBounds): Place {
  const ready = spare
  spare = null
  if (!ready) return makePlace(machine)
  hold(ready.keeper, 'ref')
  return isAlive(ready.keeper) ? ready : makePlace(machine)
}

/** To be called when a command was started: makes one ready for the next, from the second command on at once. */
export function makeSpare(machine: MachineBounds): void {
  const make = () => {
    if (spare) return
    if (!isWatched) process.once('exit', removeSpare)
    isWatched = true
    spare = makePlace(machine)
    hold(spare.keeper, 'unref') // it ends with us, and does not keep us
  }
  setTimeout(make, isRepeated ? 0 : SECOND_AFTER_MS).unref()
  isRepeated = true
}

/** As this process ends: its end would end the keeper too, but leave an empty cgroup behind until another one starts. */
function removeSpare(): void {
  if (!spare?.cgroup || !isAlive(spare.keeper)) return
  spare.keeper.process.kill('SIGKILL')
  const clock = new Int32Array(new SharedArrayBuffer(4))
  for (let waits = 0; waits < MOST_WAITS && !spare.cgroup.removeNow(); waits++) Atomics.wait(clock, 0, 0, 2)
}

function makePlace({ containment, hierarchies }: MachineBounds): Place {
  const cgroup = makeCgroup(hierarchies)
  const keeper = startKeeper(containment, cgroup?.joins ?? [])
  keeper.process.on('error', () => {}) // whoever takes it finds it dead
  return { keeper, cgroup }
}

/** Whatever may go wrong with one (there may be too many), the watch is there. */
function makeCgroup(hierarchies: MachineBounds['hierarchies']): Cgroup | null {
  if (hierarchies.length === 0) return null
  try {
    return new Cgroup(hierarchies)
  } catch {
    return null
  }
}

function isAlive({ process }: Keeper): boolean {
  return process.pid !== undefined && process.exitCode === null && process.signalCode === null
}

function hold({ process, stdout, stderr, life, told, orders }: Keeper, how: 'ref' | 'unref'): void {
  process[how]()
  for (const stream of [stdout, stderr, life, told, orders])
    (stream as unknown as { ref(): void; unref(): void })[how]()
}
