import { Cgroup, type Hierarchy, removeLeftOver } from '../../cgroups/cgroup.ts'
import { findHierarchies } from '../../cgroups/hierarchies.ts'
import { type Containment, containments, SEARCHED } from './containment.ts'
import { coversOf } from './covers.ts'
import { BEGUN, give, type Keeper, release, startKeeper } from './keeper.ts'

/** What can be had here, found out by trying it. */
export interface MachineBounds {
  containment: Containment
  /** Empty: the kernel keeps no count of a command's memory and processes, and we look ourselves. */
  hierarchies: readonly Hierarchy[]
}

const TRIAL_LIMIT_MS = 3000
const TRIAL_CODE = 7
const TRIAL_BYTES = 64 * 1024 * 1024

let found: Promise<MachineBounds> | undefined

/** Once for each process of ours. */
export function boundsOfMachine(): Promise<MachineBounds> {
  found ??= find()
  return found
}

/** For people: how commands are held here, a phrase for each bound: enforced by the kernel, or watched by us. */
export async function describeBounds(): Promise<{ name: string; enforced: 'kernel' | 'watched'; text: string }[]> {
  const { containment, hierarchies } = await boundsOfMachine()
  const isKernels = (bound: 'memory' | 'processes') => hierarchies.some(({ bounds }) => bounds.includes(bound))
  const looked = 'looked at ten times a second, since no cgroup may be made here'
  return [
    {
      name: 'end',
      enforced: containment.unshare ? 'kernel' : 'watched',
      text: `held together by ${containment.words}`,
    },
    containment.mounted
      ? { name: 'view', enforced: 'kernel', text: 'sees no folder of data, and temporary folders of its own' }
      : {
          name: 'view',
          enforced: 'watched',
          text: 'may read and write what its user may (nothing may be mounted here for it alone)',
        },
    entry('memory', 'a cgroup', isKernels('memory'), looked),
    entry('processes', 'a cgroup', isKernels('processes'), looked),
    {
      name: 'output',
      enforced: 'watched',
      text: 'each file bounded by the kernel, all of them together looked at ten times a second',
    },
    { name: 'time', enforced: 'watched', text: 'ended by a clock of ours: SIGTERM, then SIGKILL' },
  ]
}

function entry(name: string, kernels: string, isKernels: boolean, looked: string) {
  return isKernels
    ? ({ name, enforced: 'kernel', text: `bounded by ${kernels}` } as const)
    : ({ name, enforced: 'watched', text: looked } as const)
}

async function find(): Promise<MachineBounds> {
  const all = findHierarchies()
  removeLeftOver(all)
  return (await choose(all)) ?? (await choose(await usable(all))) ?? { containment: SEARCHED, hierarchies: [] }
}

async function choose(hierarchies: readonly Hierarchy[]): Promise<MachineBounds | null> {
  for (const containment of [...containments(process.geteuid?.() === 0), SEARCHED])
    if (await works(containment, hierarchies)) return { containment, hierarchies }
  return null
}

/** Those in which a command can be put, by one that is put there. */
async function usable(hierarchies: readonly Hierarchy[]): Promise<Hierarchy[]> {
  const good: Hierarchy[] = []
  for (const hierarchy of hierarchies) if (await works(SEARCHED, [hierarchy])) good.push(hierarchy)
  return good
}

async function works(containment: Containment, hierarchies: readonly Hierarchy[]): Promise<boolean> {
  let cgroup: Cgroup
  try {
    cgroup = new Cgroup(hierarchies)
  } catch {
    return false
  }
  try {
    cgroup.limit({ memoryBytes: TRIAL_BYTES, processes: 8 })
    const keeper = startKeeper(containment, cgroup.joins)
    give(keeper, {
      ...{
        command: [...(containment.mounted ?? []), '/bin/sh', '-c', `exit ${TRIAL_CODE}`],
        folder: '/',
        environment: {},
      },
      rlimits: { fileBytes: null, dataBytes: null, userProcesses: null },
      covers: containment.mounted && trialCovers(),
    })
    return (await told(keeper)) === `${BEGUN}\n${TRIAL_CODE}`
  } catch {
    return false
  } finally {
    await cgroup.remove()
  }
}

function trialCovers() {
  const limits = { ms: TRIAL_LIMIT_MS, memoryBytes: TRIAL_BYTES, processes: 1, outputBytes: 0 }
  return coversOf({ folder: process.cwd(), command: [], writes: [], hidden: [], shown: [], limits })
}

/** What a keeper says of its command, once it has ended. */
async function told(keeper: Keeper): Promise<string> {
  let text = ''
  keeper.stdout.resume()
  keeper.stderr.resume() // why it may not is for nobody: the next way is tried
  keeper.told.on('data', (chunk) => {
    text += chunk
    if (text.split('\n').length > 2) release(keeper)
  })
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => {
      keeper.process.kill('SIGKILL')
      resolve()
    }, TRIAL_LIMIT_MS)
    for (const event of ['close', 'error'])
      keeper.process.once(event, () => {
        clearTimeout(late)
        resolve()
      })
  })
  return text.trim()
}
