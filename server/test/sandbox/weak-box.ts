import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BoxEnd, BoxedCommand } from '../../src/sandbox/box.ts'
import { seccompFilter } from '../../src/sandbox/seccomp/filter.ts'

/** What a box may lack, one at a time. */
export type Weakness = 'filter' | 'network' | 'processes' | 'files' | 'environment' | 'bounds' | 'outside'

const SIZE = ['--size', '2000000']

/**
 * A box that has all but one of what boxes have, and no limits: for commands that end by themselves.
 * @param folder for its filter, and what it may write to where it is weak outside
 */
export function weakBox(weakness: Weakness | null, folder: string) {
  const has = (one: Weakness) => weakness !== one
  return async ({ command, onOutput }: BoxedCommand): Promise<BoxEnd> => {
    const filter = seccompFilter()
    if ('missing' in filter) throw new Error(filter.missing)
    const program = join(folder, 'filter.bpf')
    writeFileSync(program, filter.program)
    const sized = has('bounds') ? SIZE : []
    const bwrap = [
      ...['bwrap', '--unshare-user', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup', '--disable-userns'],
      ...(has('network') ? ['--unshare-net'] : []),
      ...(has('processes') ? ['--unshare-pid'] : []),
      ...['--new-session', '--die-with-parent', '--uid', '1001', '--gid', '1001'],
      ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/bin', '/bin'],
      ...['--ro-bind-try', '/usr/lib64', '/lib64', '--proc', '/proc', '--dev', '/dev'],
      ...[
        ...sized,
        '--tmpfs',
        '/box',
        ...(has('files') ? [...sized, '--tmpfs', '/tmp'] : ['--ro-bind', '/tmp', '/tmp']),
      ],
      ...[...sized, '--tmpfs', '/dev/shm'],
      ...(has('outside') ? [] : ['--bind', folder, '/mnt']),
      ...['--remount-ro', '/', '--remount-ro', '/dev', '--chdir', '/box'],
      ...(has('filter') ? ['--seccomp', '9'] : []),
      ...['--', ...command],
    ]
    const child = spawn('/bin/sh', ['-c', 'exec 9<"$0"; exec "$@"', program, ...bwrap], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: has('environment') ? { PATH: '/usr/bin:/bin' } : process.env,
    })
    child.stdout.on('data', (chunk: Buffer) => onOutput('stdout', chunk))
    child.stderr.on('data', (chunk: Buffer) => onOutput('stderr', chunk))
    const [code] = await once(child, 'close')
    return { code, exceeded: null, ms: 0, kept: null }
  }
}
