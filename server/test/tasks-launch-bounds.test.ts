import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import type { Limits } from '../src/tasks/task.ts'
import { leftOf } from './left-of.ts'
import { until } from './running-server.ts'
import { executable, failed, LIMITS, launchIn, SUCCESS, someFolders } from './some-launches.ts'
import type { Outcome } from './tasks-launch-child.ts'

const CHILD = fileURLToPath(new URL('tasks-launch-child.ts', import.meta.url))
const isRoot = process.geteuid?.() === 0
/**
 * Bombs of these tests end by themselves, at some hundred processes of some seconds. Should a bound fail and a bomb be wrong as
 * well, this holds: for users by the kernel's count of their processes, for root by a cgroup around all of it.
 */
const GUARD = ['prlimit', '--nproc=1500:1500']
const GUARD_CGROUP = '/sys/fs/cgroup/pids/ajar-test-'
const AS_ROOT = [
  'sh',
  '-c',
  `if mkdir ${GUARD_CGROUP}$$; then echo 700 >${GUARD_CGROUP}$$/pids.max; echo $$ >${GUARD_CGROUP}$$/cgroup.procs; fi 2>/dev/null; exec "$@"`,
  'sh',
]
const AS_NOBODY = [...GUARD, ...(isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [])]
/** As in a container whose root is an ordinary user, and which may make no PID namespaces and no cgroups. */
const WITHOUT_NAMESPACES = [
  ...AS_NOBODY,
  ...['unshare', '--user', '--map-root-user'],
  ...['sh', '-c', 'echo 0 >/proc/sys/user/max_pid_namespaces && exec "$@"', 'sh'],
]

/** Who calls, and what of a machine that has. */
const CALLERS: { name: string; prefix: string[]; isContained: boolean }[] = [
  ...(isRoot ? [{ name: 'by root', prefix: AS_ROOT, isContained: true }] : []),
  { name: 'by an ordinary user', prefix: AS_NOBODY, isContained: true },
  { name: 'where there are neither namespaces nor cgroups', prefix: WITHOUT_NAMESPACES, isContained: false },
]

interface Case {
  does: string
  /** $MARK stands in the arguments of all that may be left. */
  script: string
  limits?: Partial<Limits>
  /** A code, or `fine`. */
  ends: RegExp
  says?: RegExp
}

const CASES: Case[] = [
  { does: 'ends well', script: SUCCESS, ends: /fine/ },
  {
    does: 'leaves a daemon that left its session and ignores signals',
    script: `(trap '' TERM HUP; setsid sh -c 'sleep 25; : '$MARK >/dev/null 2>&1 &)\nsleep 0.05\n${SUCCESS}`,
    ends: /fine/,
  },
  {
    does: 'leaves a child that holds its output open',
    script: `sh -c 'sleep 25; : '$MARK &\n${SUCCESS}`,
    ends: /fine/,
  },
  {
    does: 'hangs',
    script: `sleep 20; : $MARK`,
    limits: { ms: 200 },
    ends: /timeout/,
    says: /^The task took longer than 0\.2 s.*"seconds".*AJAR_TASK_SECONDS/,
  },
  {
    does: 'ignores SIGTERM',
    script: `trap 'echo asked >&2' TERM; i=0; while [ $((i += 1)) -lt 400 ]; do sleep 0.05; done; : $MARK`,
    limits: { ms: 200 },
    ends: /timeout/,
    says: /\nasked/,
  },
  {
    does: 'has too many children',
    script: `exec 2>/dev/null; i=0; while [ $((i += 1)) -lt 300 ]; do sleep 8 & done; sleep 8; : $MARK`,
    ends: /too_many_processes/,
    says: /more than 40 processes and threads.*"processes"/,
  },
  {
    does: 'is a fork bomb',
    script: `bomb() { [ $1 -gt 7 ] || { bomb $(($1 + 1)) | bomb $(($1 + 1)) & sleep 5; }; }; bomb 1 2>/dev/null; sleep 5; : $MARK`,
    limits: { ms: 1500 },
    ends: /too_many_processes|timeout|task_failed/,
  },
  {
    does: 'takes memory in one process',
    script: `/usr/bin/python3 -c 'a = []
for i in range(150): a.append(b"x" * 10_000_000)' $MARK`,
    ends: /too_much_memory/,
    says: /took more than 300 MB of memory.*"memory".*AJAR_TASK_MEMORY/,
  },
  {
    does: 'takes memory in many processes',
    script: `for i in 1 2 3 4 5 6; do /usr/bin/python3 -c 'import time; a = b"x" * 70_000_000; time.sleep(20)' $MARK & done; wait`,
    ends: /too_much_memory/,
  },
  {
    does: 'writes ten gigabytes',
    script: `head -c 10000000000 /dev/zero >"$6/big"; ${SUCCESS}`,
    ends: /too_much_output/,
    says: /wrote more than 50 MB to the disk.*"output".*AJAR_TASK_OUTPUT/,
  },
  {
    does: 'writes many files',
    script: `i=0; while [ $i -lt 100 ]; do head -c 5000000 /dev/zero >"$4/$((i += 1))"; done; : $MARK`,
    ends: /too_much_output/,
  },
  {
    does: 'prints ten gigabytes',
    script: 'head -c 10000000000 /dev/zero',
    ends: /too_much_output/,
    says: /printed more than 50 MB/,
  },
  {
    does: 'floods standard error',
    script: 'yes >&2; : $MARK',
    ends: /too_much_output/,
    says: /printed more than 50 MB/,
  },
]

describe.each(CALLERS)('Called $name', ({ prefix, isContained }) => {
  test('kill -9 of whoever called ends all of it', async (context) => {
    mayRun(prefix, context)
    const { folder, launch } = await prepared({
      script: `(setsid sh -c 'sleep 25; : '$MARK &)\nsleep 25; : $MARK`,
    })
    const [program, ...args] = [...prefix, process.execPath, CHILD, JSON.stringify([launch])]
    const child = spawn(program as string, args, { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    // The script and its daemon.
    await until(() => leftOf(folder, CHILD).length >= 2 && leftOf(`: ${folder}`, CHILD).length > 0)
    onTestFinished(async () => {
      // Whoever waited for an order may take a moment more to end.
      await until(() => hasEnded(() => removeGuard(child.pid)))
    })
    child.kill('SIGKILL') // the programs before it replaced themselves by it
    await until(() => leftOf(folder, CHILD).length === 0)
  })

  test('each bound ends what goes over it, and nothing is left', async (context) => {
    mayRun(prefix, context)
    const runs = await Promise.all(CASES.map(prepared))
    const { outcomes, bounds } = await launches(
      prefix,
      runs.map(({ launch }) => launch),
    )
    for (const [i, { does, ends, says = /./s }] of CASES.entries()) {
      const { code, message, left } = outcomes[i] as Outcome
      expect(`${does}: ${code}`).toMatch(new RegExp(`^${does}: (${ends.source})$`))
      if (code !== 'fine') expect(message).toMatch(says)
      expect(`${does}: ${left} left`).toBe(`${does}: 0 left`)
    }
    expect(bounds.find(({ name }) => name === 'end')?.enforced).toBe(isContained ? 'kernel' : 'watched')
  }, 60_000)
})

test('an aborted one is asked to end, and rejects with the reason once nothing is left', async () => {
  const folders = await someFolders()
  const file = executable(
    folders.folder,
    'task.sh',
    `#!/bin/sh\ntrap 'echo asked >"$6/asked"; exit' TERM\necho begun\nwhile :; do sleep 0.02; done`,
  )
  const abort = new AbortController()
  const run = launchIn(folders, [file], { signal: abort.signal, onLine: () => abort.abort(new Error('enough')) })
  await expect(run).rejects.toThrow('enough')
  expect(readFileSync(join(folders.outFolder, 'asked'), 'utf8')).toBe('asked\n')
  expect(leftOf(folders.folder, CHILD)).toEqual([])
  await expect(launchIn(folders, [file], { signal: abort.signal })).rejects.toThrow('enough')
})

test('files that were there before do not count as output, nor does what others write', async () => {
  const folders = await someFolders()
  const file = executable(folders.folder, 'task.sh', `#!/bin/sh\n${SUCCESS}`)
  spawnSync('sh', [
    '-c',
    `head -c 40000000 /dev/zero >"$1/picture"; head -c 40000000 /dev/zero >"$1/other"`,
    'sh',
    folders.workFolder,
  ])
  await expect(launchIn(folders, [file])).resolves.toMatchObject({ outfile: join(folders.outFolder, 'result') })
})

test('many at a time do not mind one another', async () => {
  const runs = Array.from({ length: 12 }, async (_, i) => {
    const folders = await someFolders()
    const hangs = i % 3 === 0
    const file = executable(folders.folder, 'task.sh', `#!/bin/sh\n${hangs ? 'sleep 20' : SUCCESS}`)
    const run = launchIn(folders, [file], { limits: { ...LIMITS, ms: hangs ? 300 : 20_000 } })
    return hangs ? (await failed(run)).code : (await run).outfile === join(folders.outFolder, 'result')
  })
  expect(await Promise.all(runs)).toEqual(Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 'timeout' : true)))
})

/** A script in a folder of its own, whose path is its mark. */
async function prepared({ script, limits }: Pick<Case, 'script' | 'limits'>) {
  const { folder, workFolder, outFolder } = await someFolders()
  const file = executable(folder, 'task.sh', `#!/bin/sh\nMARK=${folder}\n${script}\n`)
  const launch = {
    command: [file],
    name: 'some',
    params: null,
    workFolder,
    outFolder,
    limits: { ...LIMITS, ...limits },
  }
  return { folder, launch }
}

async function launches(prefix: string[], list: object[]) {
  const [program, ...args] = [...prefix, process.execPath, CHILD, JSON.stringify(list)]
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = (await child.stdout.toArray()).join('').trim().split('\n')
  const outcomes = lines.map((line) => JSON.parse(line))
  const bounds: { name: string; enforced: string }[] = outcomes.pop()
  await until(() => child.exitCode !== null)
  removeGuard(child.pid)
  return { outcomes: outcomes as Outcome[], bounds }
}

/** The shell that made it is the child, by its number. */
function removeGuard(pid: number | undefined): boolean {
  const folder = `${GUARD_CGROUP}${pid}`
  if (!existsSync(folder)) return true
  // What a killed child could not remove is in it.
  for (const name of readdirSync(folder)) if (name.startsWith('ajar-task-')) rmdirSync(join(folder, name))
  rmdirSync(folder)
  return true
}

function hasEnded(remove: () => boolean): boolean {
  try {
    return remove()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw error
  }
}

/** Another user may not read a checkout in somebody's home; and it is up to a machine whether users may make namespaces. */
function mayRun(prefix: string[], context: TestContext) {
  if (prefix === AS_ROOT) return
  const [program, ...args] = [...prefix, 'test', '-r', CHILD]
  if (spawnSync(program as string, args).status !== 0) context.skip(`cannot be done here: ${prefix.join(' ')}`)
}
