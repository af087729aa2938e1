import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { BoxedCommand } from './box.ts'
import { limiter } from './limiter.ts'
import type { MachineBox } from './machine.ts'
import { closeTheirs, descriptors, type PipeEnd } from './pipes.ts'
import type { BoxUser } from './users.ts'
import { viewOf } from './view.ts'

/** The process that a box is, from the shell that it begins as to bubblewrap: its end is that of the box. */
export interface Chain {
  process: ChildProcess
  stdout: Readable
  stderr: Readable
  /** What goes wrong before the command begins is said here. */
  faults: Readable
  told: Readable
  kept: Readable
}

/** What our shell in the box says when all is laid out, and the command begins. */
export const BEGUN = 'begun'
/** How the shell outside ends where a cgroup cannot be joined. */
export const NOT_PLACED = 125
const FILTER = 7
const OPEN_FILES = 1024
/** The most that proc_pid_oom_score_adj(5) knows. */
const FIRST_TO_GO = 1000
/** A folder that is full says so; only a file with holes is longer, and its writer is ended. */
const SPARE_BLOCKS = 128

/**
 * @param joins files that whoever writes `0` to is in the cgroup
 * @throws where a process cannot be started at all
 */
export function startChain(command: BoxedCommand, machine: MachineBox, user: BoxUser, joins: readonly string[]): Chain {
  const { files, input } = command
  const { filter, bwrap } = machine
  const words = [
    ...['-c', outside(command), 'ajar-box', ...joins, '--', ...as(machine, user)],
    ...[bwrap, ...viewOf(command, FILTER), '--'],
    ...['/bin/sh', '-c', inside(command), 'ajar-box'],
  ]
  const { pipe, keepToOurselves } = descriptors()
  const ends: PipeEnd[] = []
  const end = (who: 'writes' | 'reads') => {
    const made = pipe(who)
    ends.push(made)
    return made
  }
  try {
    const [stdout, stderr, stdin] = [end('writes'), end('writes'), input && end('reads')]
    keepToOurselves()
    const child = spawn('/bin/sh', words, {
      cwd: '/',
      env: {}, // that of the first process in a box can be read there
      stdio: [
        ...[stdin?.theirs ?? 'ignore', stdout.theirs, 'pipe', 'pipe', files ? 'pipe' : 'ignore'],
        ...[stderr.theirs, 'pipe', 'pipe'],
      ] as StdioOptions,
      detached: true, // a terminal's Ctrl-C is for whoever called, who then ends this in order
    })
    const [, , faults, told, toFiles, , kept, toFilter] = child.stdio as unknown as Socket[]
    give(stdin?.ours, input)
    give(toFiles, files)
    give(toFilter, filter)
    return { process: child, stdout: stdout.ours, stderr: stderr.ours, faults, told, kept } as Chain
  } catch (error) {
    for (const { ours } of ends) ours.destroy()
    throw error
  } finally {
    closeTheirs(ends)
  }
}

/** Who ends without having read it has its reasons. */
function give(pipe: Writable | undefined, bytes: Uint8Array | null): void {
  if (!bytes || !pipe) return
  pipe.on('error', () => {})
  pipe.end(bytes)
}

/** What a unit of systemd may have given. */
const WITHOUT_RIGHTS = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all']

function as({ users }: MachineBox, { uid }: BoxUser): string[] {
  if (uid === 'own') return []
  const namespace =
    users.kind === 'sub-uids' ? ['/usr/bin/unshare', '--user', '--map-root-user', '--map-auto', '--'] : []
  const user = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups']
  return [...namespace, '/usr/bin/setpriv', ...user, ...WITHOUT_RIGHTS, '--']
}

/**
 * The arguments are files to join, `--`, and what is to be run. A dump, an endless file and an endless loop have their end.
 * Where the machine itself has no memory left, boxes go before whatever else runs.
 */
function outside({ limits: { ms, folderBytes } }: BoxedCommand): string {
  const seconds = Math.ceil(ms / 1000) * availableParallelism() + 1
  return `while [ "$1" != -- ]; do echo 0 >"$1" || exit ${NOT_PLACED}; shift; done
shift
echo ${FIRST_TO_GO} 2>/dev/null >/proc/self/oom_score_adj
ulimit -n ${OPEN_FILES}
ulimit -f ${Math.ceil(folderBytes / 512) + SPARE_BLOCKS}
ulimit -t ${seconds}
exec ${limiter().join(' ')} "$@"`
}

/*
 * In the box, as its user. The descriptors: 2 is where faults are told (a shell would write "Killed" there), 3 tells that the
 * command begins, 4 brings its files, 5 is its standard error, 6 takes what is kept. Who tells it to nobody ends, and the box
 * with it: from then on the kernel sees to that. What the command left behind is ended before anything is kept. Its words
 * stand in the script, for bubblewrap takes no more than 9000.
 */
function inside({ command, files, keeps }: BoxedCommand): string {
  const keep = keeps
    ? `${keeps.when === 'success' ? '[ "$code" = 0 ] || exit "$code"\n' : ''}kill -9 -1
tar -c -f - -- ${keeps.paths.map(quoted).join(' ')} >&6 2>/dev/null`
    : ''
  return `${files ? 'tar -x -f - <&4 2>&5 || exit\nexec 4<&-' : ''}
echo ${BEGUN} >&3 || exit
exec 3>&-
set -- ${command.map(quoted).join(' ')}
"$@" 2>&5 5>&- 6>&-
code=$?
${keep}
exit "$code"`
}

/** For a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
