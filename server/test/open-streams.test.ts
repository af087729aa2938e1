import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

describe('who reads along', () => {
  const answerTo = (token: string) =>
    fetch(`${server.url}/api/logs?follow=true`, {
      headers: { authorization: `Bearer ${token}` },
      signal: ended(),
    })
  const ended = () => {
    const reading = new AbortController()
    onTestFinished(() => reading.abort())
    return reading.signal
  }

  test('one token takes a part of the places, and health says so', async () => {
    const made = await Promise.all(
      ['loud', 'calm'].map((name) => server.call('POST', '/api/tokens', { name, role: 'operator' })),
    )
    const [loud, calm] = made.map(({ body }) => body.token)
    for (let i = 0; i < 5; i++) expect((await answerTo(loud)).status).toBe(200)
    const refused = await answerTo(loud)
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({
      error: { code: 'too_many_followers', message: '5 readers of the log are open with the token loud: close some' },
    })
    expect((await answerTo(calm)).status).toBe(200)
    const { checks } = (await server.call('GET', '/api/health/ready')).body
    expect(checks.find(({ name }: { name: string }) => name === 'http_connections')).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/^5 readers of the log are open with the token loud: close some, or give/),
    })
    const metrics: string = (await server.call('GET', '/metrics')).body
    expect(metrics).toMatch(/^ajar_http_streams_refused 1$/m)
  })

  test('a cursor is for lines of the past', async () => {
    const { status, body } = await server.call('GET', '/api/logs?follow=true&cursor=7')
    expect(status).toBe(400)
    expect(body.error.field).toBe('cursor')
  })

  test('the reference tells of both forms of the answer', async () => {
    const { paths } = (await server.call('GET', '/docs/json')).body
    const { content } = paths['/api/logs'].get.responses['200']
    expect(Object.keys(content)).toEqual(['application/json', 'text/event-stream'])
    expect(content['application/json'].schema.properties.items.items.properties).toHaveProperty('message')
  })
})
