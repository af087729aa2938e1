import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seccompFilter } from '../../src/sandbox/seccomp/filter.ts'

const LIKE_A_BOX = [
  ...['--unshare-all', '--unshare-user', '--new-session', '--die-with-parent', '--uid', '1001', '--gid', '1001'],
  ...['--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/bin', '/bin'],
  ...['--ro-bind-try', '/usr/lib64', '/lib64', '--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
  ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/box', '--chdir', '/box'],
]

/**
 * What a command prints in namespaces of its own, with the box's filter of system calls alone between it and the kernel:
 * no limits, so only for commands that end by themselves.
 * @param shows a folder that it sees as /shown
 */
export function filtered(command: readonly string[], shows: string, isFiltered = true) {
  const filter = seccompFilter()
  if ('missing' in filter) throw new Error(filter.missing)
  const bwrap = [
    ...['bwrap', ...LIKE_A_BOX, '--ro-bind', shows, '/shown', '--ro-bind', process.execPath, '/node'],
    ...(isFiltered ? ['--seccomp', '9'] : []),
    ...['--', ...command],
  ]
  const file = join(shows, 'filter.bpf')
  writeFileSync(file, filter.program)
  const { stdout, stderr, status } = spawnSync('sh', ['-c', 'exec 9<"$0"; exec "$@"', file, ...bwrap], {
    env: { PATH: '/usr/bin:/bin', HOME: '/box' },
    timeout: 60_000,
    encoding: 'utf8',
  })
  return { stdout, stderr, status }
}
