import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { findHierarchies } from '../src/cgroups/hierarchies.ts'
import { signal } from '../src/tasks/bounds/members.ts'

/** A user of the tests: the second has a name and 65,536 numbers for others, in its own view of /etc. */
export const PLAIN_USER = 54_321
export const RICH_USER = 54_322

/**
 * Words before a command, for root to have it run as a user to whom a cgroup belongs, as systemd's Delegate= gives one.
 * What it left in that is ended when the test is over.
 */
export function asDelegated(uid: number): string[] {
  const name = `ajar-test-${process.pid}-${uid}-${randomBytes(4).toString('hex')}.service`
  const joins = findHierarchies('box').map(({ base }) => {
    // A name as that of a unit of ours: of version 2 only those are taken.
    const folder = join(base, name)
    mkdirSync(folder)
    onTestFinished(() => removeAll(folder))
    for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control', 'tasks']) own(join(folder, file), uid)
    return `echo $$ >${join(folder, 'cgroup.procs')}`
  })
  const as = `exec setpriv --reuid=${uid} --regid=${uid} --clear-groups -- "$@"`
  return ['unshare', '--mount', 'sh', '-ec', [...joins, ...(uid === RICH_USER ? enriched() : []), as].join('\n'), 'sh']
}

/** For root to be root of a namespace that has no other user, or those of a unit of systemd (deploy/systemd). */
export function asRootOf(users: 'nobody' | 'numbers that nobody has'): string[] {
  if (users === 'nobody') return ['unshare', '--user', '--map-root-user', '--']
  const numbers = 'root:1879048192:65535\n'
  const mounts = laidOver({ subuid: numbers, subgid: numbers })
  const as = 'exec unshare --user --map-root-user --map-auto -- "$@"'
  return ['unshare', '--mount', 'sh', '-ec', [...mounts, as].join('\n'), 'sh']
}

/** The name and the numbers of the user. */
function enriched(): string[] {
  const passwd = `${readFileSync('/etc/passwd', 'utf8')}boxer:x:${RICH_USER}:${RICH_USER}::/:/bin/sh\n`
  const numbers = 'boxer:700000000:65536\n'
  return laidOver({ passwd, subuid: numbers, subgid: numbers })
}

/** Files of /etc, where nobody else sees them. */
function laidOver(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-etc-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return `touch /etc/${name}; mount --bind ${join(folder, name)} /etc/${name}`
  })
}

function own(path: string, uid: number): void {
  try {
    chownSync(path, uid, uid)
  } catch {
    // the other version has it
  }
}

async function removeAll(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeAll(join(folder, entry.name))
  for (let tries = 0; tries < 100; tries++)
    try {
      return rmdirSync(folder)
    } catch {
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
        signal(Number(pid), 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
}
