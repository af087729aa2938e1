import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

/** What the README shows to whoever has programs run, as it stands there. */

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const SERVER = fileURLToPath(new URL('..', import.meta.url))

const shown = (pattern: RegExp) => pattern.exec(README)?.[1] ?? expect.fail(`README does not have ${pattern}`)

async function start(context: TestContext): Promise<RunningServer> {
  const server = await RunningServer.start(onTestFinished)
  const { available, reason } = (await server.call('GET', '/api/programs/languages')).body
  needs(available, String(reason), context)
  return server
}

test('its calls have a program run, and read it to its end', async (context) => {
  const server = await start(context)
  const program = JSON.parse(shown(/-d '(\{"mode":"run".+?\})'/s))
  const question = JSON.parse(shown(/check_output\/.+-d '(.+?)'/))
  const { identifier } = (await server.call('POST', '/run_program/', program)).body
  const read = await until(async () => {
    const { body } = await server.call('POST', '/check_output/', { ...question, identifier })
    return body.completed && body
  })
  expect(read).toMatchObject({ message: 'SUCCESS', status: 0 })
  expect(read.output).toContainEqual({ msg: { type: 'stdout', data: '42' } })
})

test('its WebSocket tells of a program as it runs', async (context) => {
  const server = await start(context)
  const code = shown(/```js\n((?:(?!```).)*?run_program\/ws.+?)```/s).replace(
    'localhost:20002',
    new URL(server.url).host,
  )
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    ...{ cwd: SERVER, env: { TOKEN: ADMIN_TOKEN }, stdio: ['ignore', 'pipe', 'inherit'] },
  })
  onTestFinished(() => void child.kill())
  let said = ''
  child.stdout?.on('data', (chunk) => {
    said += chunk
  })
  await once(child, 'close')
  const lines = said.trim().split('\n')
  expect(lines).toEqual(expect.arrayContaining(['stdout Hello, Ann Bee', 'stderr oh']))
  expect(lines.at(-1)).toBe('FAILURE 3')
})
