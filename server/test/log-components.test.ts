import { readdir, readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { COMPONENTS } from '../src/logging/levels.ts'
import { RunningServer, until } from './running-server.ts'

/** Who says what in the log. */

test('refused calls of older paths are told, and every one at debug', async () => {
  const server = await RunningServer.start(onTestFinished)
  const lines = async (query: string) => (await server.call('GET', `/api/logs?${query}`)).body.items
  await server.call('PATCH', '/api/logging', { components: { legacy: 'debug' } })
  expect((await fetch(`${server.url}/debug/get/time`)).status).toBe(401)
  await until(async () => (await lines('component=legacy')).length === 2)
  expect((await lines('component=legacy&level=warn')).map(({ fields }: { fields: object }) => fields)).toMatchObject([
    { status: 401 },
  ])
})

test('every component that is offered logs something', async () => {
  // As `logging.of(...)`, or `logOf(...)` in the pipeline.
  const sources = new URL('../src/', import.meta.url)
  const names = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const text = (await Promise.all(names.map((name) => readFile(new URL(name, sources), 'utf8')))).join('\n')
  const silent = COMPONENTS.filter((name) => !text.includes(`.of('${name}')`) && !text.includes(`logOf('${name}')`))
  expect(silent).toEqual([])
})
