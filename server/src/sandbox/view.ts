import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import type { BoxedCommand } from './box.ts'

/** Of the machine's, read-only: what loads programs and finds compilers. Nothing else of /etc is needed to build or run. */
const SHOWN = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime']
/** Links on most machines, folders on older ones. */
const PROGRAMS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** What an operator puts there is nobody's business. */
const COVERED = ['/usr/local', '/usr/src']
/** No terminals: who could make one makes as many as the machine has. */
const TERMINALS = '/dev/pts'
const COVER_BYTES = '4096'
/** Of shared memory and semaphores by name. */
const MOST_SHARED_BYTES = 16 * 1024 * 1024

export const WORK = '/box'
export const USER_NUMBER = { build: 1001, run: 1002 }
export const PATH = '/usr/bin:/bin'

/** What bubblewrap is told of a box, up to the command: namespaces, the user, and all that is seen. */
export function viewOf({ user, shows, limits, environment }: BoxedCommand, filter: number): string[] {
  const uid = String(USER_NUMBER[user])
  const folder = String(limits.folderBytes)
  const covered = COVERED.filter(existsSync)
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--new-session', '--die-with-parent'],
    ...['--uid', uid, '--gid', uid, '--hostname', 'ajar'],
    ...['--seccomp', String(filter)],
    ...['--ro-bind', '/usr', '/usr'],
    ...covered.flatMap(empty),
    ...PROGRAMS.flatMap(sameAs),
    ...SHOWN.flatMap((path) => ['--ro-bind-try', path, path]),
    ...shows.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    ...['--proc', '/proc', '--dev', '/dev', ...empty(TERMINALS)],
    ...['--perms', '0700', '--size', folder, '--tmpfs', WORK],
    ...['--perms', '1777', '--size', folder, '--tmpfs', '/tmp'],
    ...['--perms', '1777', '--size', String(Math.min(limits.folderBytes, MOST_SHARED_BYTES)), '--tmpfs', '/dev/shm'],
    // What bubblewrap itself lays out is memory without a bound, and may be written to until this.
    ...[...covered, TERMINALS, '/dev', '/'].flatMap((path) => ['--remount-ro', path]),
    ...['--chdir', WORK, '--clearenv'],
    ...Object.entries({ ...OWN, ...environment }).flatMap(([name, value]) => ['--setenv', name, value]),
  ]
}

const OWN = { PATH, HOME: WORK, TMPDIR: '/tmp', LANG: 'C.UTF-8', USER: 'ajar' }

function empty(path: string): string[] {
  return ['--perms', '0555', '--size', COVER_BYTES, '--tmpfs', path]
}

function sameAs(path: string): string[] {
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}
