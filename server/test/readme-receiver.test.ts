import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../test/setup/free-port.ts'
import { makeSecret, signedHeaders } from '../src/alerts/webhook/sign.ts'
import { until } from './running-server.ts'

/** The receiver of webhooks that the README has, as it stands there. */

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const fenced = (language: string, holding: string) =>
  [...README.matchAll(new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, 'gs'))]
    .map(([, code = '']) => code)
    .find((code) => code.includes(holding)) ?? expect.fail(`README has no ${language} with ${holding}`)

test('takes the message that the README shows, and refuses one of anybody else, changed, or old', async () => {
  const [secret, port] = [makeSecret(), await freePort()]
  const code = fenced('js', 'webhook-signature').replace('9000', String(port))
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: { SECRET: secret } })
  onTestFinished(() => void child.kill())
  let heard = ''
  child.stdout.on('data', (chunk) => {
    heard += chunk
  })
  const body = fenced('json', 'alert.firing')
  const post = async (by: string, at: number, sent = body) =>
    (
      await fetch(`http://127.0.0.1:${port}`, {
        method: 'POST',
        headers: signedHeaders(by, 'msg_1', at, body),
        body: sent,
      })
    ).status
  const now = Date.now()
  expect(await until(() => post(secret, now).catch(() => null))).toBe(204)
  expect(await post(makeSecret(), now)).toBe(401)
  expect(await post(secret, now, body.replace('firing', 'closed'))).toBe(401)
  expect(await post(secret, now - 600_000)).toBe(401)
  expect((await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body })).status).toBe(401)
  await until(() => heard.includes('\n'))
  expect(heard).toBe('msg_1 pi/front-door is open since 14:03 CET\n')
})
