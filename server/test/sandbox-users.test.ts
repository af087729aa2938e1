import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { needs, needsProgram } from '../../test/setup/needs.ts'
import { endLeftOverBoxes } from '../src/cgroups/cgroup.ts'
import { findHierarchies } from '../src/cgroups/hierarchies.ts'
import { needsBoxes } from './boxed.ts'
import { asDelegated, asRootOf, PLAIN_USER, RICH_USER } from './delegated.ts'
import { leftOf } from './left-of.ts'
import { until } from './running-server.ts'

const SAME_USER = { AJAR_PROGRAMS_SAME_USER: '1' }
const CHILD = fileURLToPath(new URL('sandbox-child.ts', import.meta.url))

beforeEach(needsBoxes)
beforeEach((context) => needs(process.geteuid?.() === 0, 'only root can become each of these users', context))

/** @returns lines that the child printed; boxes of its own user are wanted unless `environment` says otherwise */
function child(prefix: string[], scripts: string[], environment: Record<string, string> = SAME_USER) {
  const [program, ...args] = [...prefix, process.execPath, CHILD, JSON.stringify(scripts)]
  const { stdout, stderr } = spawnSync(program as string, args, { encoding: 'utf8', env: environment, cwd: '/' })
  if (!stdout) throw new Error(stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.each([
  { who: 'root', kind: 'root', prefix: () => [] as string[] },
  { who: 'an ordinary user with sub-uids', kind: 'sub-uids', prefix: () => asDelegated(RICH_USER) },
  { who: 'an ordinary user without a name', kind: 'own', prefix: () => asDelegated(PLAIN_USER) },
])('boxes of $who', ({ kind, prefix }) => {
  const withTools = (context: TestContext) => kind === 'sub-uids' && needsProgram('newuidmap', 'uidmap', context)

  test('are bounded by the kernel, and say whose user they are', (context) => {
    withTools(context)
    const [machine, plain, memory, processes, places] = child(prefix(), [
      'id -u; cat /proc/self/uid_map | wc -l; grep -c "^Cap...:.0000000000000000$" /proc/self/status; grep NoNewPrivs /proc/self/status',
      'head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null',
      'i=0; while [ $((i += 1)) -lt 40 ]; do sleep 3 & done; wait',
      'for place in / /usr /etc /dev /proc; do echo x >$place/x && echo "wrote to $place"; done 2>/dev/null; echo end',
    ])
    expect(machine).toMatchObject({ users: kind, missing: [] })
    expect(machine.weak).toHaveLength(kind === 'own' ? 1 : 0)
    expect(plain).toMatchObject({ code: 0, exceeded: null })
    // Of the five sets of rights four are empty: the bounding one says what a set-uid program might get, which there is none of.
    expect(plain.stdout).toMatch(/^1002\n1\n[45]\nNoNewPrivs:\t1\n$/)
    expect(memory.exceeded).toBe('memory')
    expect(processes.exceeded).toBe('processes')
    expect(places.stdout).toBe('end\n')
  })

  test('are of another user than the one who starts them, where there are others', async (context) => {
    withTools(context)
    const [program, ...args] = [...prefix(), process.execPath, CHILD, JSON.stringify([`sleep 3; : who-${kind}`])]
    const caller = spawn(program as string, args, { env: SAME_USER, cwd: '/', stdio: 'ignore' })
    onTestFinished(() => void caller.kill('SIGKILL'))
    const inBox = () => leftOf(`who-${kind}`, 'sandbox-child').filter(isNested)
    await until(() => inBox().length > 0)
    const uids = inBox().map((pid) => Number(/^Uid:\t(\d+)/m.exec(statusOf(pid))?.[1]))
    const [from, to] = { root: [0x70000000, 0x7fffffff], 'sub-uids': [700000000, 700065536] }[kind] ?? [
      PLAIN_USER,
      PLAIN_USER,
    ]
    for (const uid of uids) expect(uid >= (from as number) && uid <= (to as number), `user ${uid}`).toBe(true)
  })

  test('end with a kill -9 of whoever started them', async (context) => {
    withTools(context)
    const mark = `killed-${process.pid}-${kind}`
    const script = `(setsid sh -c 'sleep 25; : ${mark}' &) ; sleep 25; : ${mark}`
    const [program, ...args] = [...prefix(), process.execPath, CHILD, JSON.stringify([script])]
    const caller = spawn(program as string, args, { env: SAME_USER, cwd: '/', stdio: 'ignore' })
    onTestFinished(() => void caller.kill('SIGKILL'))
    await until(() => leftOf(mark, 'sandbox-child').some(isNested))
    caller.kill('SIGKILL') // unshare, setpriv and node are one process
    await until(() => leftOf(mark, 'vitest').length === 0)
    const left = () => findHierarchies('box').flatMap(({ base }) => boxesIn(base, caller.pid as number))
    if (kind !== 'root') return // theirs lie in a cgroup that goes with the test
    expect(left()).not.toEqual([])
    child([], [])
    expect(left()).toEqual([])
  })
})

test('root of a namespace has its boxes be of the users that it was given', (context) => {
  needsProgram('newuidmap', 'uidmap', context)
  const [machine, end] = child(asRootOf('numbers that nobody has'), ['id -u'])
  expect(machine).toEqual({ users: 'root', missing: [], weak: [] })
  expect(end).toMatchObject({ code: 0, stdout: '1002\n' })
})

test('an ordinary user who has no other one makes no boxes, unless that is wanted', () => {
  const [machine, refused] = child(asDelegated(PLAIN_USER), ['echo it runs'], { AJAR_PROGRAMS_SAME_USER: '0' })
  expect(refused).toBeUndefined()
  expect(machine).toMatchObject({ users: 'own', weak: [] })
  expect(machine.missing).toEqual([
    { what: expect.stringMatching(/no other user/), mend: expect.stringMatching(/install uidmap.*\/etc\/subuid.*=1/) },
  ])
})

test('root that has no other user makes no boxes', () => {
  const [machine] = child(asRootOf('nobody'), [])
  expect(machine.missing).toContainEqual(
    expect.objectContaining({ what: expect.stringMatching(/^root has no other user/) }),
  )
})

test('processes in a box whose maker is gone are ended by the next one that makes boxes', async () => {
  const hierarchies = findHierarchies('box')
  const gone = spawnSync('true').pid
  const stray = spawn('sleep', ['30'])
  onTestFinished(() => void stray.kill('SIGKILL'))
  const ended = new Promise((resolve) => stray.once('exit', (_, signal) => resolve(signal)))
  const folders = hierarchies.map(({ base }) => join(base, `ajar-box-${gone}-0123456789abcdef01234567`))
  for (const folder of folders) {
    mkdirSync(folder)
    writeFileSync(join(folder, 'cgroup.procs'), String(stray.pid))
  }
  expect(await endLeftOverBoxes(hierarchies)).toBe(folders.length)
  expect(await ended).toBe('SIGKILL')
  expect(folders.filter(existsSync)).toEqual([])
})

test('a box finds no descriptor of whoever started the process that made it', () => {
  // Far behind all others: node closes only those that follow one another.
  const prefix = ['bash', '-c', `exec 251</etc/hostname; exec "$@"`, 'bash']
  const [, end] = child(prefix, ['ls /proc/self/fd | sort -n | tr "\\n" " "'])
  expect(end.stdout).toBe('0 1 2 3 ') // the third is that of ls itself
})

function boxesIn(base: string, pid: number): string[] {
  return readdirSync(base).filter((name) => name.startsWith(`ajar-box-${pid}-`))
}

function isNested(pid: number): boolean {
  return /^NSpid:\t\d+\t\d+/m.test(statusOf(pid))
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
