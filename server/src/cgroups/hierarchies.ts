import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { CgroupLimits, CgroupUse, Hierarchy } from './cgroup.ts'

/** In a cgroup that was delegated to us: who was there before, since version 2 has processes in leaves only. */
const LEAF = 'ajar-main'
/** See deploy/systemd. */
const OUR_UNIT = /^ajar-[\w@-]+\.service$/
const NEEDED = ['memory', 'pids']
const WELCOME = ['cpu', 'io']

/**
 * Where this process may make cgroups that bound something; empty: nowhere.
 * @param use what for: boxes also get less of a processor that others want, where there is a controller for it
 */
export function findHierarchies(use: CgroupUse = 'task'): Hierarchy[] {
  const mounts = mountsOf(read('/proc/self/mountinfo'))
  const own = read('/proc/self/cgroup')
  const v2 = mounts.find(({ type }) => type === 'cgroup2')
  const unified = v2 && version2(pathOf(own, '', v2), use)
  if (unified) return [unified]
  const controllers = use === 'box' ? (['memory', 'pids', 'cpu'] as const) : (['memory', 'pids'] as const)
  return controllers.map(version1).filter((hierarchy) => hierarchy !== null)

  function version1(controller: keyof typeof VERSION_1): Hierarchy | null {
    const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller))
    const base = mount && pathOf(own, controller, mount)
    // Its owner is root everywhere; that of a container sees it, and may only read.
    return base && isWritable(base) ? { base, joins: 'tasks', ...VERSION_1[controller] } : null
  }
}

const VERSION_1 = {
  memory: {
    bounds: ['memory'],
    settings: ({ memoryBytes }: CgroupLimits) => [
      { file: 'memory.limit_in_bytes', value: String(memoryBytes) },
      // With swap; a kernel that does not count it has no such file, and is not to use any.
      { file: 'memory.memsw.limit_in_bytes', value: String(memoryBytes), isOptional: true },
      { file: 'memory.swappiness', value: '0', isOptional: true },
    ],
    counts: [{ bound: 'memory', file: 'memory.oom_control', key: 'oom_kill' }],
  },
  pids: {
    bounds: ['processes'],
    settings: ({ processes }: CgroupLimits) => [{ file: 'pids.max', value: String(processes) }],
    counts: [{ bound: 'processes', file: 'pids.events', key: 'max' }],
  },
  cpu: {
    bounds: [],
    settings: () => [{ file: 'cpu.shares', value: '256', isOptional: true }], // of 1024 that each has elsewhere
    counts: [],
  },
} as const

/** Version 2 where it was delegated to us, or already gives both controllers to what is made in it. */
function version2(own: string | null, use: CgroupUse): Hierarchy | null {
  if (!own) return null
  const base = basename(own) === LEAF ? dirname(own) : own
  if (!isWritable(base)) return null
  // What is delegated belongs to its user (systemd.resource-control(5), Delegate=), as do all cgroups of a desktop session: what
  // else runs in that is not ours to move, so only a unit of ours is taken. Elsewhere only what is ready is.
  const isOurs = OUR_UNIT.test(basename(base)) && statSync(base).uid === process.geteuid?.()
  if (!hasControllers(join(base, 'cgroup.subtree_control')) && !(isOurs && takeControllers(base))) return null
  return {
    ...{ base, joins: 'cgroup.procs' },
    bounds: ['memory', 'processes'],
    settings: ({ memoryBytes, processes }) => [
      { file: 'memory.max', value: String(memoryBytes) },
      { file: 'memory.swap.max', value: '0', isOptional: true },
      { file: 'memory.oom.group', value: '1', isOptional: true },
      { file: 'pids.max', value: String(processes) },
      ...(use === 'box' ? OF_BOXES : []),
    ],
    counts: [
      { bound: 'memory', file: 'memory.events', key: 'oom_kill' },
      { bound: 'processes', file: 'pids.events', key: 'max' },
    ],
  }
}

/** Of 100 that each has elsewhere; those of disks where the kernel has one of its ways to share them (cgroup-v2.rst). */
const OF_BOXES = ['cpu.weight', 'io.weight', 'io.bfq.weight'].map((file) => ({ file, value: '25', isOptional: true }))

/** Moves all of a delegated cgroup into a leaf of it, and has it give its controllers to its children. */
function takeControllers(base: string): boolean {
  if (!hasControllers(join(base, 'cgroup.controllers'))) return false
  const leaf = join(base, LEAF)
  try {
    if (!existsSync(leaf)) mkdirSync(leaf)
    // One that starts meanwhile is found by the next look.
    for (let look = 0; look < 5; look++) {
      const pids = read(join(base, 'cgroup.procs')).split('\n').filter(Boolean)
      for (const pid of pids) move(pid, leaf)
      if (enabled(base)) return true
    }
  } catch {
    // not delegated as it seemed
  }
  return false
}

function move(pid: string, leaf: string) {
  try {
    writeFileSync(join(leaf, 'cgroup.procs'), pid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // else it ended
  }
}

function enabled(base: string): boolean {
  try {
    writeFileSync(join(base, 'cgroup.subtree_control'), NEEDED.map((name) => `+${name}`).join(' '))
    welcome(base)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw error
  }
}

/** One that is not delegated is done without. */
function welcome(base: string) {
  for (const name of WELCOME)
    try {
      writeFileSync(join(base, 'cgroup.subtree_control'), `+${name}`)
    } catch {
      // not here
    }
}

function hasControllers(file: string): boolean {
  const names = read(file).trim().split(/\s+/)
  return NEEDED.every((name) => names.includes(name))
}

interface Mount {
  point: string
  root: string
  type: string
  options: string[]
}

/** Lines as `30 23 0:26 /root /point rw,... shared:9 - type source options` (proc_pid_mountinfo(5)). */
function mountsOf(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '', point = ''] = before.split(' ')
    const [type = '', , options = ''] = after.split(' ')
    return type.startsWith('cgroup') ? [{ point, root, type, options: options.split(',') }] : []
  })
}

/** Our own cgroup in a hierarchy, by lines as `4:memory:/path` (cgroups(7)). */
function pathOf(own: string, controller: string, mount: Mount): string | null {
  const line = own.split('\n').find((each) => each.split(':')[1]?.split(',').includes(controller))
  if (line === undefined) return null
  const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1)
  const below = path.startsWith(`${mount.root}/`) ? path.slice(mount.root.length) : path
  // In a container the path may be that of the host, of which only what is ours is mounted.
  return [join(mount.point, below), mount.point].find((folder) => existsSync(join(folder, 'cgroup.procs'))) ?? null
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
