import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { endLeftOverBoxes, type Hierarchy } from '../cgroups/cgroup.ts'
import { findHierarchies } from '../cgroups/hierarchies.ts'
import { BoxError } from './box.ts'
import { mayDump } from './limiter.ts'
import { descriptors } from './pipes.ts'
import { seccompFilter } from './seccomp/filter.ts'
import { type BoxUsers, findUsers } from './users.ts'

/** What boxes are made of on this machine. */
export interface MachineBox {
  /** The path of bubblewrap; where it is not installed one that leads nowhere. */
  bwrap: string
  users: BoxUsers
  hierarchies: readonly Hierarchy[]
  /** Which system calls may be made, for the kernel (seccomp(2)); empty where there is none. */
  filter: Uint8Array
  /** Without these there are no boxes. */
  missing: Lack[]
  /** Without these boxes are less apart than they might be. */
  weak: Lack[]
}

/** What is not there, and what its operator does for it to be. */
export interface Lack {
  what: string
  mend: string
}

const BWRAP = '/usr/bin/bwrap'
/** The first that takes a box the right to make namespaces, `--disable-userns`. */
const OLDEST = [0, 8]

/** The setting that has boxes be of the user who makes them, where there is no other one. */
const SAME_USER = 'AJAR_PROGRAMS_SAME_USER'

let found: Promise<MachineBox> | undefined

/**
 * Found out once for each process of ours. What an earlier one left of its boxes is ended then.
 * @throws BoxError
 */
export function boxOfMachine(): Promise<MachineBox> {
  found ??= find().catch((error: Error) => {
    found = undefined // it is asked again
    throw new BoxError(`what boxes are made of cannot be found out: ${error.message}`)
  })
  return found
}

async function find(): Promise<MachineBox> {
  const hierarchies = findHierarchies('box')
  await endLeftOverBoxes(hierarchies)
  const users = findUsers()
  const [isOwn, isRoot] = [users.kind === 'own', process.geteuid?.() === 0]
  const bounds = hierarchies.flatMap((hierarchy) => hierarchy.bounds)
  const sameUser = process.env[SAME_USER] === '1'
  const filter = seccompFilter()
  const lacks = 'missing' in filter ? [{ what: filter.missing, mend: filter.mend }] : lackOfDescriptors()
  return {
    ...{ bwrap: BWRAP, users, hierarchies, filter: 'missing' in filter ? new Uint8Array() : filter.program },
    missing: [
      ...(await lacksOfBwrap()),
      ...(isRoot && isOwn ? [NO_USER] : []),
      ...(!isRoot && isOwn && !sameUser ? [OWN_USER] : []),
      ...lacks,
      ...(['memory', 'processes'] as const).flatMap(lackOf),
    ],
    weak: [...(isOwn && !isRoot && sameUser ? [OWN_USER] : []), ...(mayDump() ? [DUMPS] : [])],
  }

  function lackOf(bound: 'memory' | 'processes'): Lack[] {
    return bounds.includes(bound) ? [] : [NO_CGROUP[bound]]
  }
}

function lackOfDescriptors(): Lack[] {
  try {
    descriptors()
    return []
  } catch (error) {
    return [
      {
        what: `no pipe can be made for a box: ${(error as Error).message}`,
        mend: 'use glibc 2.34 and Linux 5.11, or newer',
      },
    ]
  }
}

const NO_CGROUP = {
  memory: {
    what: 'no cgroup may be made here that bounds memory',
    mend:
      'run the programs worker as a unit of systemd with Delegate=memory pids cpu, as deploy/install.sh does, or by ' +
      '"systemd-run --user --scope -p Delegate=yes"; on a Raspberry Pi add "cgroup_enable=memory cgroup_memory=1" to ' +
      'the line of /boot/firmware/cmdline.txt and start it again',
  },
  processes: {
    what: 'no cgroup may be made here that bounds processes',
    mend:
      'run the programs worker as a unit of systemd with Delegate=memory pids cpu, as deploy/install.sh does, or by ' +
      '"systemd-run --user --scope -p Delegate=yes"',
  },
}

/** Who is root outside of a box as well is no user for a program, whatever the box calls him. */
const NO_USER = {
  what: 'root has no other user here that a program might be run as',
  mend: 'give the container 65,536 users, or start the programs worker as an ordinary user',
}

/** Only namespaces would stand between a program and the files of this user, who may be the server's. */
const OWN_USER = {
  what: 'there is no other user to run programs as than the one who starts them',
  mend:
    'apt-get install uidmap, and where /etc/subuid and /etc/subgid do not name that user, as root ' +
    `"usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"; ${SAME_USER}=1 has them run as that user ` +
    'all the same',
}

const DUMPS = {
  what: 'a program that crashes has root start what takes dumps (/proc/sys/kernel/core_pattern), outside of its box',
  mend: 'let the hard limit of dumps be a byte or more where the worker is started (LimitCORE=1, /etc/security/limits.conf)',
}

async function lacksOfBwrap(): Promise<Lack[]> {
  const mend = 'install bubblewrap 0.8 or newer: apt-get install bubblewrap'
  try {
    const { stdout } = await promisify(execFile)(BWRAP, ['--version'], { env: {}, timeout: 5000 })
    const [major = 0, minor = 0] = stdout.match(/\d+/g)?.map(Number) ?? []
    const isOld = major === OLDEST[0] && minor < (OLDEST[1] as number)
    return isOld ? [{ what: `bubblewrap ${major}.${minor} is too old`, mend }] : []
  } catch {
    return [{ what: 'bubblewrap is not installed', mend }]
  }
}
