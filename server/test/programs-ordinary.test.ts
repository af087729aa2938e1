import { spawnSync } from 'node:child_process'
import { beforeEach, expect, test } from 'vitest'
import { needs, needsProgram } from '../../test/setup/needs.ts'
import { needsBoxes } from './boxed.ts'
import { asDelegated, RICH_USER } from './delegated.ts'
import { needsLanguage } from './performed.ts'

beforeEach(needsBoxes)
beforeEach((context) => needs(process.geteuid?.() === 0, 'only root can become another user', context))

const ENTRY = new URL('../src/programs/perform/perform-program.ts', import.meta.url)

/** Performs each of the requests, and prints what it said and how it ended. */
const SCRIPT = `
const { performProgram } = await import(${JSON.stringify(ENTRY.href)})
const limits = { ms: 30_000, memoryBytes: 256e6, processes: 100 }
for (const { files, mode } of JSON.parse(process.argv[1])) {
  const said = []
  const request = { files, mode, main: '', switches: {}, name: '', lab: false }
  const outcome = await performProgram(request, limits, (told) => said.push(...told), new AbortController().signal)
  console.log(JSON.stringify({ ...outcome, said }))
}
`

test('an ordinary user with a cgroup and users of his own has programs built and run, cases included', {
  timeout: 180_000,
}, async (context) => {
  needsProgram('newuidmap', 'uidmap', context)
  await needsLanguage('c', context)
  const main =
    '#include <stdio.h>\n#include <unistd.h>\nint main(int n, char **v) { printf("%s %d\\n", v[1], getuid()); }'
  const requests = [
    { mode: 'submit', files: [file('main.c', main), file('lab_io.txt', 'in 0:a\nout 0:a 1002\nin 1:b\nout 1:c\n')] },
    { mode: 'run', files: [file('main.ts', 'const n: number = 42\nconsole.log(n)\n')] },
  ]
  const [program = '', ...args] = [
    ...asDelegated(RICH_USER),
    ...[process.execPath, '--input-type=module', '-e', SCRIPT, JSON.stringify(requests)],
  ]
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: {}, cwd: '/' })
  const [lab, run] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  expect(stderr).toBe('')
  expect(lab.status).toBe(1)
  expect(lab.said.slice(-2, -1)).toEqual([
    { type: 'console', data: 'Wrong: it printed "b 1002", and "c" was expected.', ref: '1' },
  ])
  const { cases } = JSON.parse(lab.said.at(-1).data)
  expect([cases[0].status, cases[1].status]).toEqual(['Success', 'Failed'])
  expect(run).toMatchObject({ status: 0, isSuccess: true })
  expect(run.said.at(-1)).toEqual({ type: 'stdout', data: '42' })
})

const file = (basename: string, contents: string) => ({ basename, contents })
