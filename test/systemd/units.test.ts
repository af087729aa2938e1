import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'

/** The unit files and the scripts beside them, judged by the programs that are made for it. */

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url))
const UNITS = join(DEPLOY, 'systemd')
/** systemd's own scale: 0 is shut in, 10 is exposed; what a service of Node can reach is below 2.5. */
const MOST_EXPOSED = 2.5

const run = promisify(execFile)
const analyze = (...args: string[]) => run('systemd-analyze', args, { env: { ...process.env, LC_ALL: 'C' } })

test('systemd understands every line of the units', async (context) => {
  needsProgram('systemd-analyze', 'systemd', context)
  const folder = await mkdtemp(join(tmpdir(), 'ajar-units-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(UNITS, folder, { recursive: true })
  const units = (await readdir(folder)).filter((name) => /\.(service|socket|timer|target)$/.test(name))
  for (const name of units) {
    // Programs that this machine has: what they are called here is what install.sh makes of them there.
    const text = (await readFile(join(folder, name), 'utf8')).replace(/(?<=^Exec\w+=[-+!]?)[^-+!\s]\S*/gm, '/bin/true')
    await writeFile(join(folder, name), text.replaceAll('=%i', '=ajar-server.service'))
  }
  const { stderr } = await analyze('verify', ...units.map((name) => join(folder, name)))
  const ours = stderr.split('\n').filter((line) => line.includes('ajar-'))
  // It came with systemd 254; earlier ones do without, see ajar-server.service.
  expect(ours.filter((line) => !line.includes("Unknown key 'RestartMode'"))).toEqual([])
})

test.each([
  ['server', MOST_EXPOSED],
  ['worker', MOST_EXPOSED],
  // A box is made of namespaces, users and a network of its own.
  ['programs', 2.7],
  ['agent', MOST_EXPOSED],
] as const)('what runs the %s is shut in', async (name, most) => {
  const { stdout } = await analyze('security', '--offline=true', join(UNITS, `ajar-${name}.service`)).catch(
    (error: { stdout: string }) => error,
  )
  const score = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1])
  console.log(`ajar-${name}.service: exposure ${score} of 10`)
  expect(score).toBeLessThan(most)
})

test('shellcheck finds nothing in what root runs', async (context) => {
  needsProgram('shellcheck', 'shellcheck', context)
  // Its parts are sourced by install.sh.
  const scripts = ['deploy/install.sh', ...globSync('deploy/systemd/*.sh', { cwd: join(DEPLOY, '..') })]
  await run('shellcheck', ['--external-sources', ...scripts], { cwd: join(DEPLOY, '..') })
})
