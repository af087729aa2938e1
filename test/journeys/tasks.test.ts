import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { System, until } from './system.ts'

/** Notes that it begins, and waits until the test lets it go. */
const HOLD = `#!/bin/sh
here=$(dirname "$0")
while [ $# -gt 0 ]; do case $1 in -o) out=$2;; esac; shift; done
echo x >> "$here/.begun"
while [ ! -e "$here/.go" ]; do sleep 0.05; done
echo '{"held":true}' > "$out/result.json"
echo '___TASK STATUS___'
echo "{\\"outfile\\":\\"$out/result.json\\"}"
`

test('the server is killed in the middle of a task: it runs again once, what it had started is gone, and one result stays', {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-tasks-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'hold'), HOLD)
  await chmod(join(folder, 'hold'), 0o755)
  const system = await System.start({ AJAR_TASKS_DIR: folder })
  onTestFinished(() => system.close())
  const begun = () =>
    existsSync(join(folder, '.begun')) ? readFileSync(join(folder, '.begun'), 'utf8').trim().split('\n').length : 0
  const { id } = await system.api.send<{ id: string }>('POST', '/api/tasks/hold', {})
  await until(() => begun() === 1)
  await system.killServer()
  await until(() => !isRunning(join(folder, 'hold')))
  await system.startServer()
  await until(() => begun() === 2)
  await writeFile(join(folder, '.go'), '')
  const run = await until(async () => {
    const one = await system.api.get<{ state: string; result: unknown }>(`/api/task-runs/${id}`)
    return one.state === 'done' && one
  })
  expect(run).toMatchObject({ result: { kind: 'json', value: { held: true } } })
  expect(begun()).toBe(2)
  const laboratory = join(system.dataDir, 'laboratory')
  expect(readdirSync(join(laboratory, 'results'))).toHaveLength(1)
  await until(() => readdirSync(join(laboratory, 'scratch')).length === 0)
})

function isRunning(program: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(program)
      } catch {
        return false
      }
    })
}
