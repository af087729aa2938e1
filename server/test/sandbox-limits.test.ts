import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { BoxError } from '../src/sandbox/box.ts'
import { boxOfMachine } from '../src/sandbox/machine.ts'
import { runInBox } from '../src/sandbox/run-in-box.ts'
import { BOX_LIMITS, boxed, needsBoxes, shell } from './boxed.ts'
import { leftOf } from './left-of.ts'

const MIB = 1024 * 1024
/** Small, for the kernel to come to its end soon; every bomb here ends by itself. */
const SMALL = { memoryBytes: 48 * MIB, processes: 8 }

beforeEach(needsBoxes)

test('a command that takes too long is ended, with all that it started', async () => {
  const mark = `mark-${process.pid}-time`
  const script = `(trap '' TERM HUP; setsid sh -c 'sleep 20; : ${mark}' >/dev/null 2>&1 &)\necho ready\nsleep 20`
  const end = await boxed(shell(script), { limits: { ms: 700 } })
  expect(end).toMatchObject({ code: null, exceeded: 'time' })
  expect(leftOf(mark, 'vitest')).toEqual([])
})

test('a daemon that outlives the command is ended with the box', async () => {
  const mark = `mark-${process.pid}-daemon`
  const end = await boxed(shell(`setsid sh -c 'sleep 20; : ${mark}' </dev/null >/dev/null 2>&1 & echo done`))
  expect(end).toMatchObject({ code: 0, stdout: 'done\n' })
  expect(leftOf(mark, 'vitest')).toEqual([])
})

test('a daemon that holds the output open does not hold the box, and nothing that it writes late is kept', async () => {
  const keeps = { paths: ['.'], mostBytes: MIB, when: 'always' } as const
  const end = await boxed(shell(`(sleep 20; echo late >late) & echo done`), { keeps })
  expect(end).toMatchObject({ code: 0, stdout: 'done\n' })
  expect((await boxed(shell('ls'), { files: end.kept })).stdout).toBe('')
})

test('what runs in a box has disks when nobody else wants them', async () => {
  const mark = `mark-${process.pid}-disk`
  const ranks: string[] = []
  const rank = () => {
    for (const pid of leftOf(mark, 'bwrap'))
      ranks.push(execFileSync('ionice', ['-p', String(pid)], { encoding: 'utf8' }))
  }
  const end = await boxed(shell(`echo ready; sleep 1; : ${mark}`), {
    onOutput: rank,
  })
  expect(end.exceeded).toBe(null)
  expect(new Set(ranks)).toEqual(new Set(['idle\n']))
})

test('memory is bounded for all processes together', async () => {
  const one = `head -c 24000000 /dev/zero | tail -c 24000000 | { sleep 5; cat; } >/dev/null &\n`
  const end = await boxed(shell(`${one.repeat(3)}wait`), { limits: { ...SMALL, processes: 30 } })
  expect(end.exceeded).toBe('memory')
})

test('one process that takes too much memory is told as that, though its parent goes on', async () => {
  const end = await boxed(shell('head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null; exit 0'), {
    limits: SMALL,
  })
  expect(end.exceeded).toBe('memory')
})

test('files of the box count as memory', async () => {
  const script = 'head -c 30000000 /dev/zero >/tmp/a; head -c 30000000 /dev/zero >/box/b; exit 0'
  const end = await boxed(shell(script), { limits: { ...SMALL, folderBytes: 40 * MIB } })
  expect(end.exceeded).toBe('memory')
})

test('so many processes as may be can be had, and one more is not', async () => {
  const start = (count: number) => `i=0; while [ $((i += 1)) -le ${count} ]; do sleep 2 & done; wait; echo all`
  // The shell of the script is one of the eight.
  expect(await boxed(shell(start(7)), { limits: SMALL })).toMatchObject({ code: 0, exceeded: null, stdout: 'all\n' })
  expect((await boxed(shell(start(40)), { limits: SMALL })).exceeded).toBe('processes')
})

test('what is printed is bounded to the byte, both streams together', async () => {
  const script = 'head -c 600 /dev/zero | tr "\\0" e >&2; i=0; while [ $((i += 1)) -lt 100000 ]; do echo line; done'
  const end = await boxed(shell(script), { limits: { printedBytes: 1000 } })
  expect(end.exceeded).toBe('printed')
  expect(end.stdout.length + end.stderr.length).toBe(1000)
})

test('no place in a box takes more than it may, and most take nothing', async () => {
  const places = '/ /etc /usr /usr/bin /usr/local /usr/src /dev /dev/pts /proc /bin/../lib /var /home'
  const script = `for place in ${places}; do ! echo x >$place/file || echo "wrote to $place"; done 2>/dev/null
for place in /box /tmp /dev/shm; do head -c 20000000 /dev/zero >$place/file; stat -c '%n %s' $place/file; done`
  const { stdout, stderr } = await boxed(shell(script), { limits: { folderBytes: 2 * MIB } })
  const full = ['/box', '/tmp', '/dev/shm'].map((place) => `${place}/file ${2 * MIB}\n`)
  expect(stdout).toBe(full.join(''))
  expect(stderr.match(/No space left on device/g)).toHaveLength(3)
})

test('empty files take no room in a folder, and count as memory', async () => {
  const script = 'i=0; while [ $((i += 1)) -le 100000 ]; do : >f$i; done'
  const end = await boxed(shell(script), { limits: { memoryBytes: 16 * MIB } })
  expect(end.exceeded).toBe('memory')
})

test('a file with holes is no longer than its folder is large', async () => {
  const end = await boxed(shell('truncate -s 10G sparse; stat -c %s sparse'), { limits: { folderBytes: 2 * MIB } })
  expect(end.stdout).not.toBe(`${10 * 1024 * MIB}\n`)
})

test('the signal ends a box, before it begins and in it, and its reason is what comes of it', async () => {
  const nothing = { environment: {}, files: null, keeps: null, input: null, shows: [], limits: BOX_LIMITS }
  const mark = `mark-${process.pid}-abort`
  for (const whenBegun of [true, false]) {
    const abort = new AbortController()
    const run = runInBox({
      ...nothing,
      user: 'run',
      command: shell(`echo begun; sleep 20; : ${mark}`),
      signal: abort.signal,
      onOutput: () => abort.abort(new Error('enough')),
    })
    if (!whenBegun) abort.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    expect(leftOf(mark, 'vitest')).toEqual([])
  }
})

test('a folder of the machine is shown where it is to be seen, and is not written to', async () => {
  const shows = [{ from: '/usr/lib', to: '/usr/local/shown' }]
  const { stdout } = await boxed(shell('ls /usr/local; echo x 2>/dev/null >/usr/local/shown/x || echo refused'), {
    shows,
  })
  expect(stdout).toBe('shown\nrefused\n')
})

test('a box that cannot be made says why', async () => {
  const shows = [{ from: '/nowhere/at/all', to: '/shown' }]
  await expect(boxed(shell('true'), { shows })).rejects.toThrow(BoxError)
  await expect(boxed(shell('true'), { shows })).rejects.toThrow(/nowhere\/at\/all/)
})

test('boxes at once are of other users, and leave no cgroup', async () => {
  const { users, hierarchies } = await boxOfMachine()
  expect(users.kind).toMatch(/^(root|sub-uids|own)$/)
  const all = await Promise.all(Array.from({ length: 5 }, () => boxed(shell('kill -9 -1; echo still here'))))
  for (const end of all) expect([0, 137]).toContain(end.code)
  for (const { base } of hierarchies)
    expect(readdirSync(base).filter((name) => name.startsWith(`ajar-box-${process.pid}-`))).toEqual([])
})
