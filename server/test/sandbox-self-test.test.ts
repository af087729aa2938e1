import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { needs, needsProgram } from '../../test/setup/needs.ts'
import { type BoxEnd, BoxError, type BoxedCommand } from '../src/sandbox/box.ts'
import { noBound, noBox } from '../src/sandbox/self-test/mend.ts'
import { selfTest } from '../src/sandbox/self-test/self-test.ts'
import { needsBoxes } from './boxed.ts'
import { asDelegated, PLAIN_USER, RICH_USER } from './delegated.ts'
import { type Weakness, weakBox } from './sandbox/weak-box.ts'

const SELF_TEST = import.meta.resolve('../src/sandbox/self-test/self-test.ts')
const ENDED: BoxEnd = { code: 0, exceeded: null, ms: 1, kept: null }

test('the boxes of this machine pass', async (context) => {
  await needsBoxes(context)
  expect(await selfTest()).toEqual({ ok: true })
})

test.for([
  ['with sub-uids', RICH_USER],
  ['without another user', PLAIN_USER],
] as const)('so do those of an ordinary user %s', async ([, uid], context) => {
  await needsBoxes(context)
  needs(process.geteuid?.() === 0, 'only root can become each of these users', context)
  if (uid === RICH_USER) needsProgram('newuidmap', 'uidmap', context)
  const script = `import { selfTest } from ${JSON.stringify(SELF_TEST)}\nconsole.log(JSON.stringify(await selfTest()))`
  const [program = '', ...args] = [...asDelegated(uid), process.execPath, '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { AJAR_PROGRAMS_SAME_USER: '1' },
    cwd: '/',
  })
  expect(stdout, stderr).toBe('{"ok":true}\n')
})

const WEAK: [Weakness | null, RegExp[]][] = [
  [null, []],
  ['filter', [/every system call/, /may call ptrace/, /may call socket/, /may call tiocsti/]],
  ['network', [/in the net namespace/, /reaches what listens/]],
  ['processes', [/in the pid namespace/]],
  ['files', [/reads files/]],
  ['environment', [/reads files or the environment/]],
  ['bounds', [/fills \/box/, /fills \/tmp/, /fills \/dev\/shm/]],
  ['outside', [/writes to \/mnt/, /fills \/mnt/]],
]

test.for(WEAK)('a box that is weak by its %s is found out', async ([weakness, found], context) => {
  await needsBoxes(context)
  const folder = mkdtempSync(join('/var/tmp', 'ajar-weak-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const attempts = weakBox(weakness, folder)
  let boxes = 0
  // The first one tries to leave; the others are of its limits.
  const said = await whats((command) => (boxes++ === 0 ? attempts(command) : Promise.resolve(ENDED)))
  const leaving = said.filter((what) => !BOUNDS.some((bound) => bound.test(what)))
  for (const what of found) expect(leaving).toContainEqual(expect.stringMatching(what))
  if (found.length === 0) expect(leaving).toEqual([])
})

const BOUNDS = [/the memory of programs/, /the number of processes/, /never ends is not ended/]

test('limits that nobody enforces are found out, and so is what outlives its box', async (context) => {
  await needsBoxes(context)
  const said = await whats(async (command) => {
    const mark = command.command.at(-1) as string
    if (/^30\.\d+$/.test(mark)) {
      const staying = spawn('/usr/bin/sleep', [mark], { stdio: 'ignore' })
      onTestFinished(() => void staying.kill('SIGKILL'))
    }
    return ENDED
  })
  for (const what of [...BOUNDS, /outlives it/]) expect(said).toContainEqual(expect.stringMatching(what))
})

test('a machine without boxes is told how it is mended', async (context) => {
  await needsBoxes(context)
  const outcome = await selfTest(() => Promise.reject(new BoxError('setting up uid map: Permission denied')))
  expect(outcome).toMatchObject({ ok: false, failed: [{ what: expect.stringContaining('setting up uid map') }] })
})

test('a machine that was too busy is not said to be one that nothing can be kept in', async (context) => {
  await needsBoxes(context)
  expect(await whats(() => Promise.resolve({ ...ENDED, code: null, exceeded: 'time' }))).toEqual([
    expect.stringContaining('too busy'),
  ])
})

test.for([
  ['/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1\n', /AppArmor/, /\/etc\/apparmor\.d\/bwrap/],
  ['/proc/sys/kernel/unprivileged_userns_clone', '0\n', /may not make namespaces/, /unprivileged_userns_clone=1/],
  ['/proc/sys/user/max_user_namespaces', '0\n', /no user namespace/, /max_user_namespaces=/],
  ['/.dockerenv', '', /container/, /--security-opt/],
  ['/proc/1/environ', 'A=1\0container=lxc\0', /container/, /outside of it/],
  ['/proc/self/status', 'Name:\tx\nSeccomp:\t2\n', /restricts its system calls/, /RestrictNamespaces=/],
  ['/nothing', '', /^setting up uid map: Permission denied$/, /bwrap --unshare-all/],
] as const)('where %s says %j, a box that fails is explained by that', ([file, text, what, mend]) => {
  const lack = noBox('setting up uid map: Permission denied', (path) => (path === file ? text : null))
  expect(lack).toEqual({ what: expect.stringMatching(what), mend: expect.stringMatching(mend) })
})

test('a Raspberry Pi whose kernel counts no memory is told its line, other machines their unit', () => {
  const pi = (path: string) => (path === '/proc/device-tree/model' ? 'Raspberry Pi 4 Model B Rev 1.4\0' : null)
  expect(noBound('memory', pi)).toMatch(/cgroup_enable=memory cgroup_memory=1/)
  expect(noBound('processes', pi)).toMatch(/Delegate=/)
  expect(noBound('memory', () => null)).toMatch(/Delegate=/)
})

async function whats(run: (command: BoxedCommand) => Promise<BoxEnd>): Promise<string[]> {
  const outcome = await selfTest(run)
  return outcome.ok ? [] : outcome.failed.map(({ what }) => what)
}
