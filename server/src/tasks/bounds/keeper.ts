import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type { Containment } from './containment.ts'
import type { Covers } from './covers.ts'
import { type NamelessFile, namelessFile } from './nameless-file.ts'

/** What a keeper puts upon the command before it starts it; null: nothing. */
export interface Rlimits {
  /** Of each file that is written. */
  fileBytes: number | null
  /** Of private memory of each process, whether it is used or not. */
  dataBytes: number | null
  /** Processes and threads of the user, together with those that are none of the command's. */
  userProcesses: number | null
}

export interface Order {
  /** The first is an absolute path, else the shell would take its own `test` for it. */
  command: readonly string[]
  folder: string
  environment: Record<string, string>
  rlimits: Rlimits
  /** What is laid over folders before; null: nothing. */
  covers: Covers | null
}

/** A shell that waits for its one order. */
export interface Keeper {
  process: ChildProcess
  pid: number
  stdout: Readable
  stderr: Readable
  /** As long as it is open the command may live: whatever closes it, the kernel too, is the end of everything. */
  life: Writable
  /** Lines: `begun`, then the exit code of the command. */
  told: Readable
  orders: Writable
  /** Where it finds what it has to mount. */
  table: NamelessFile
  /** Stands in the environment of the command, where that is how it is found. */
  mark: string
}

export const MARK = 'BOUNDED_RUN'
/** What a keeper says when it has its order, or where it cannot be where it belongs. */
export const BEGUN = 'begun'
export const NOT_PLACED = 'misplaced'
/** What it says in place of a code, where the covers cannot be laid. */
export const NOT_COVERED = 'uncovered'

/*
 * The descriptors: 3 is the pipe of life, 4 tells, 6 brings the order, 7 is the table of mounts, 5 is the standard error of the
 * command (the shell itself would write "Killed" there). The arguments are files to join. A shell has what it starts in the background ignore
 * SIGINT, and that stays so: the one whom no command can end is the one that reads the pipe of life, so it has to be the first.
 */
const BEGIN = `exec 5>&2 2>/dev/null
newline='
'
{
  trap : TERM
  exec 3<&-
  for file; do echo 0 >"$file" || { echo ${NOT_PLACED} >&4; exit; }; done
  ulimit -c 0
  IFS= read -r order <&6 || exit
  exec 6<&-
  echo ${BEGUN} >&4
  eval "$order"
  "$@" 2>&5 4>&- 5>&- 7<&-
  echo $? >&4
} &
exec 4>&- 5>&- 6<&- 7<&- >&-
`

/** As the first process of a PID namespace: with it the kernel ends all others. */
const FIRST = `${BEGIN}read -r _ <&3`

/*
 * Elsewhere whoever started it looks for what is left, and says so. Where that one is gone the keeper looks itself: for all
 * of its session, in its cgroup, or that carry its mark. They are stopped before they are ended, else a fork bomb is quicker.
 */
const SWEEPING = `${BEGIN}read -r order <&3
[ "$order" != done ] || exit 0
found() {
  for file; do while read -r pid; do echo "$pid"; done <"$file"; done
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    set -- \${line##*) }
    [ "$4" != $$ ] || [ "$1" = Z ] || echo "\${line%% *}"
  done
  grep -lsz "^${MARK}=$${MARK}$" /proc/[0-9]*/environ | while IFS=/ read -r _ _ pid _; do echo "$pid"; done
}
round=0
while [ "$((round += 1))" -lt 100 ]; do
  some=
  for pid in $(found "$@"); do
    [ "$pid" != $$ ] && kill -STOP "$pid" && some="$some $pid"
  done
  [ -n "$some" ] || exit 0
  [ "$round" -lt 3 ] || kill -KILL $some
done`

/**
 * Starts a keeper. Its `process` tells of an error where it cannot be.
 * @param joins files that whoever writes `0` to is in the cgroup
 */
export function startKeeper(containment: Containment, joins: readonly string[]): Keeper {
  const mark = randomBytes(16).toString('hex')
  const script = containment.unshare ? FIRST : SWEEPING
  const table = namelessFile()
  const [program, ...args] = [...(containment.unshare ?? []), '/bin/sh', '-c', script, 'ajar-keeper', ...joins]
  const child = spawn(program as string, args, {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', ...(containment.unshare ? {} : { [MARK]: mark }) },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'ignore', 'pipe', table.descriptor],
    detached: true, // a terminal's Ctrl-C is for whoever called, who then ends this in order
  })
  const [, stdout, stderr, life, told, , orders] = child.stdio as unknown as [
    ...[null, Readable, Readable, Writable, Readable, null, Writable],
  ]
  for (const event of ['exit', 'error']) child.once(event, () => table.close())
  for (const pipe of [life, orders]) pipe.on('error', () => {}) // it may be gone already
  return { process: child, pid: child.pid ?? 0, stdout, stderr, life, told, orders, table, mark }
}

/** Has a keeper start its command. */
export function give(keeper: Keeper, { command, folder, environment, rlimits, covers }: Order): void {
  const { fileBytes, dataBytes, userProcesses } = rlimits
  if (covers) keeper.table.write(covers.table)
  const words = [
    ...(covers ? laid(covers) : []),
    `cd ${quoted(folder)} || exit;`,
    'unset PATH;',
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)};`),
    fileBytes === null ? '' : `ulimit -f ${Math.ceil(fileBytes / 512)};`, // of 512 bytes, as POSIX has it
    dataBytes === null ? '' : `ulimit -d ${Math.ceil(dataBytes / 1024)};`,
    // dash says -p where others say -u.
    userProcesses === null ? '' : `ulimit -u ${userProcesses} || ulimit -p ${userProcesses};`,
    `set -- ${command.map(quoted).join(' ')}`,
  ]
  keeper.orders.end(`${words.join(' ')}\n`)
}

/** Sources are held open, and are not to be looked for by their names: these lead to the covers. */
function laid({ opens }: Covers): string[] {
  return [
    ...opens.map(({ descriptor, folder }) => `exec ${descriptor}<${quoted(folder)};`),
    `mount -n -c -a -T /proc/self/fd/7 </dev/null || { echo ${NOT_COVERED} >&4; exit; };`,
    ...opens.map(({ descriptor }) => `exec ${descriptor}<&-;`),
  ]
}

/** Has it, and what it keeps, end. */
export function release(keeper: Keeper): void {
  keeper.orders.end()
  keeper.life.end('done\n')
}

/** For a shell, on one line. */
function quoted(word: string): string {
  if (word.includes('\0')) throw new Error('no argument of a command can have a NUL in it')
  return `'${word.replaceAll("'", `'\\''`).replaceAll('\n', `'"$newline"'`)}'`
}
