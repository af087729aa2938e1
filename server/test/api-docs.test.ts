import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

interface Operation {
  tags?: string[]
  summary?: string
  description?: string
}

interface Reference {
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
}

let server: RunningServer
let reference: Reference
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  reference = (await server.call('GET', '/docs/json', undefined, null)).body
})

test('every call stands in one area, says what it does, and who may call it', () => {
  const areas = reference.tags.map(({ name }) => name)
  const calls = Object.entries(reference.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ call: `${method} ${path}`, ...operation })),
  )
  const bare = calls.filter(
    ({ tags = [], summary, description }) =>
      tags.length !== 1 || !areas.includes(tags[0] ?? '') || !summary || !/Needs (no|a) token/.test(description ?? ''),
  )
  expect(bare.map(({ call }) => call)).toEqual([])
  const used = new Set(calls.flatMap(({ tags }) => tags))
  expect(areas.filter((area) => !used.has(area))).toEqual([])
})

test('the page bears our name, and leads to the reference of the code', async () => {
  const { body } = await server.call('GET', '/docs', undefined, null)
  expect(body).toContain('<title>ajar')
  const { info } = (await server.call('GET', '/docs/json', undefined, null)).body
  expect(info.description).toContain('(/docs/code/)')
})
