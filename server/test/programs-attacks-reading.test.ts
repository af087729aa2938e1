import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { tarOf } from '../src/sandbox/tar.ts'
import { attack } from './attacks/attack.ts'
import { type Caller, callerFor, KINDS, runBare } from './attacks/caller.ts'
import { until } from './running-server.ts'

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test("nothing is read of this machine's files, of its caller's environment, or of another run", async () => {
    const secret = `secret-${randomBytes(12).toString('hex')}`
    const { paths } = dataFolder(secret)
    const other = caller.run({
      command: ['/bin/sh', '-c', `echo ${secret} >/tmp/${secret}; echo begun; cat >/dev/null; sleep 3; : ${secret}`],
      environment: { SECRET: secret },
      files: tarOf([{ path: secret, bytes: Buffer.from(secret) }]),
      input: Buffer.from(secret),
    })
    for (const looked of [secret, caller.secret]) {
      const { through, kept, stdout, end } = await attack(caller, 'reading', [backwards(looked), '/', ...paths], {
        limits: { ms: 20_000 },
      })
      expect(through).toEqual([])
      expect(kept.length).toBeGreaterThan(10)
      expect(stdout).toMatch(/\ndone\n$/)
      // That it looks through files at all, its own environment and command line among them.
      expect(Number(/^kept everything: (\d+) files/m.exec(stdout)?.[1])).toBeGreaterThan(20)
      expect([...stdout.matchAll(/^writable (\S+):/gm)].map(([, place]) => place).toSorted()).toEqual(WRITABLE)
      expect(end).toMatchObject({ code: 0 })
    }
    expect((await other).end).toMatchObject({ code: 0 })
  })

  test('who runs in it is somebody else for this machine: not root, not its caller, not who builds, not another run', async () => {
    const mark = `ajar-attack-users-${caller.pid}`
    const runs = [...(['run', 'run', 'build'] as const)].map((user, i) =>
      caller.run({ user, command: ['/bin/sh', '-c', `id -u; sleep 2; : ${mark} number ${i};`] }),
    )
    const seen = await until(() => {
      const list = [0, 1, 2].map((i) => userOf(`${mark} number ${i};`))
      return list.every((one) => one !== null) && (list as { uid: number; capabilities: string }[])
    })
    const uids = seen.map(({ uid }) => uid)
    expect(uids).not.toContain(0)
    if (kind !== 'ordinary user') {
      expect(uids).not.toContain(userOfProcess(caller.pid))
      expect(new Set(uids).size).toBe(3)
    }
    for (const { capabilities } of seen) expect(Number.parseInt(capabilities, 16)).toBe(0)
    const within = (await Promise.all(runs)).map(({ stdout }) => Number(stdout))
    expect(within[0]).toBe(within[1])
    expect(within[0]).not.toBe(within[2])
    expect(within).not.toContain(0)
  })
})

test('without a box a secret is found', async () => {
  const secret = `secret-${randomBytes(12).toString('hex')}`
  const { folder, paths } = dataFolder(secret)
  const printed = await runBare('reading', [backwards(secret), folder, ...paths])
  expect(printed).toMatch(/^THROUGH paths of this machine: \d+$/m)
  for (const path of paths) expect(printed).toContain(`THROUGH secret: ${path}\n`)
  expect(printed).toMatch(/^THROUGH processes: /m)
})

/** What is mounted so that it can be written to: what changes the kernel in `/proc` refuses it, and devices keep nothing. */
const DEVICES = ['full', 'null', 'pts', 'random', 'tty', 'urandom', 'zero'].map((name) => `/dev/${name}`)
const WRITABLE = [...DEVICES, '/dev/shm', '/proc', '/tmp', '/box'].toSorted()

/** As a server has one; readable for all, so that nothing but the box keeps anybody off. */
function dataFolder(secret: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-data-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  mkdirSync(join(folder, 'keys'))
  const paths = [join(folder, 'state.db'), join(folder, 'keys', 'admin')]
  for (const path of paths) writeFileSync(path, secret)
  chmodSync(folder, 0o755)
  return { folder, paths }
}

function backwards(text: string): string {
  return [...text].toReversed().join('')
}

function userOf(mark: string) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      // The shell itself, not bubblewrap, which has it among its arguments.
      if (words[0] !== '/bin/sh' || words[1] !== '-c' || !words[2]?.includes(mark) || !/^id -u/.test(words[2])) continue
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return {
        uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]),
        capabilities: /^CapBnd:\s+(\w+)/m.exec(status)?.[1] ?? '',
      }
    } catch {
      // it ended
    }
  return null
}

function userOfProcess(pid: number): number {
  return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
