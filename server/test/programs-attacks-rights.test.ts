import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { leftBy } from './attacks/attack.ts'
import { asOrdinary, Caller, callerFor, KINDS } from './attacks/caller.ts'
import { compiled, compiledBytes } from './attacks/compiled.ts'

/** What would give rights that its caller has: programs of root with set-user-id, and the terminal that it was started in. */

/** A program of root that all may run, with set-user-id and set-group-id; `/var/tmp` honours both where `/tmp` may not. */
function programOfRoot(): { folder: string; file: string } {
  const folder = mkdtempSync(join('/var/tmp', 'ajar-rights-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'attack')
  writeFileSync(file, compiledBytes('rights'))
  chmodSync(file, 0o6755)
  chmodSync(folder, 0o755)
  return { folder, file }
}

describe.each(KINDS)('In a box that is made by: %s', (kind) => {
  let caller: Caller
  beforeEach(async (context) => {
    caller = await callerFor(kind, context)
  })

  test('a program of root with set-user-id runs as everybody else does', async () => {
    const shows = [{ from: programOfRoot().folder, to: '/shown' }]
    const ran = await caller.run({ command: ['/shown/attack'], shows })
    expect(ran).toMatchObject({ error: null, end: { code: 0, exceeded: null } })
    expect(ran.stdout).toMatch(/^runs as 1002\n/)
    expect(ran.stdout).toMatch(/\ndone\n$/)
    expect(ran.stdout).not.toContain('THROUGH')
  })

  test('a program that a build gave set-user-id runs as whoever runs it', async () => {
    const built = await caller.run({
      command: ['/bin/sh', '-c', 'chmod 6755 attack && stat -c "%a %u" attack'],
      files: compiled('rights'),
      keeps: { paths: ['.'], mostBytes: 20e6, when: 'always' },
      user: 'build',
    })
    expect(built.stdout).toMatch(/^6755 1001\n$/)
    const ran = await caller.run({
      command: ['/bin/sh', '-c', 'stat -c %u attack; ./attack'],
      files: Buffer.from(built.end?.kept ?? '', 'base64'),
    })
    expect(ran.stdout).toMatch(/^1002\nruns as 1002\n/)
    expect(ran.stdout).toMatch(/\ndone\n$/)
    expect(ran.stdout).not.toContain('THROUGH')
    expect(await leftBy(caller)).toBe('')
  })

  test('nothing is typed into the terminal that its caller was started in', async (context) => {
    needsProgram('script', 'bsdutils', context)
    const inTerminal = await Caller.start(kind, afterFile, { terminal: true })
    const { stdout } = await inTerminal.run({
      command: ['/box/attack', 'ajar-was-here'],
      files: compiled('terminal'),
    })
    expect(stdout).not.toContain('THROUGH')
    expect(stdout).toMatch(/\ndone\n$/)
    await inTerminal.kill()
    expect(inTerminal.shown).not.toContain('ajar-was-here')
  })
})

describe('Without a box', () => {
  beforeEach((context) => callerFor('root', context))

  test('a program of root with set-user-id runs as root', () => {
    const [program, ...args] = [...asOrdinary(), programOfRoot().file]
    const printed = execFileSync(program as string, args, { encoding: 'utf8' })
    expect(printed).toMatch(/^runs as 0\nTHROUGH another user: 0 instead of 54321\nTHROUGH becoming root: 0/)
  })

  test('a terminal is typed into', (context) => {
    needsProgram('script', 'bsdutils', context)
    const { folder } = programOfRoot()
    writeFileSync(join(folder, 'terminal'), compiledBytes('terminal'), { mode: 0o755 })
    const command = `${join(folder, 'terminal')} ajar-was-here own`
    const printed = execFileSync('script', ['--quiet', '--command', command, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(printed).toContain('THROUGH typed')
    expect(printed).toContain('ajar-was-here')
  })
})
