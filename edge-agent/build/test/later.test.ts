import { Agent } from 'node:https'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { laterModule, lighter } from '../lighter.ts'
import { agentScript } from '../script.ts'

const later = (name: string) =>
  import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(laterModule(name))}`)

test('what is loaded later can be called, made, extended, compared, and asked for what belongs to it', async () => {
  const crypto = await later('node:crypto')
  const https = await later('node:https')
  const real = await import('node:crypto')
  expect(crypto.createHash('sha256').update('x').digest('hex')).toBe(real.hash('sha256', 'x', 'hex'))
  const key = crypto.createSecretKey(Buffer.from('secret'))
  expect(key).toBeInstanceOf(real.KeyObject)
  expect(key instanceof crypto.KeyObject).toBe(true)
  expect(crypto.KeyObject.from).toBe(real.KeyObject.from)
  expect('from' in crypto.KeyObject).toBe(true)
  expect(() => new crypto.X509Certificate('none')).toThrow(/PEM/)
  expect(crypto.constants.RSA_PKCS1_PADDING).toBe(real.constants.RSA_PKCS1_PADDING)
  expect({ ...crypto.constants }).toEqual({ ...real.constants })
  class Ours extends (https.Agent as typeof Agent) {
    ours = 1
  }
  const agent = new Ours({ maxSockets: 3 })
  expect([agent.ours, agent.maxSockets, agent instanceof Agent, agent instanceof Ours]).toEqual([1, 3, true, true])
  expect(new https.Agent()).toBeInstanceOf(Agent)
  expect((await later('node:http')).METHODS).toContain('GET')
})

test('a build of these sources meets all that is to be left out', async () => {
  expect((await agentScript()).code).toContain('.cacheNumbers=!1')
}, 60_000)

test('a build that does not meet it fails', async () => {
  const entry = { name: 'entry', resolveId: (name: string) => name, load: () => 'export default 1' }
  const bundle = await rolldown({ input: 'entry.js', plugins: [lighter(), entry] })
  const built = bundle.generate({}).finally(() => bundle.close())
  await expect(built).rejects.toThrow(/is to be left out is not there: .*debug.*\.\/tls.*writeToStream/s)
})
