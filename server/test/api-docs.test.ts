import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: { default?: unknown } }[]
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

test('no parameter that has a default must be given, and those without are as their routes say', () => {
  const calls = Object.entries(reference.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [] }]) => ({ call: `${method} ${path}`, parameters })),
  )
  const withDefault = calls.flatMap(({ call, parameters }) =>
    parameters.filter(({ schema }) => schema?.default !== undefined).map((one) => ({ call, ...one })),
  )
  expect(withDefault.length).toBeGreaterThan(15)
  expect(withDefault.filter(({ required }) => required).map(({ call, name }) => `${call} ${name}`)).toEqual([])
  const history = calls.find(({ call }) => call === 'get /api/cameras/{device}/{camera}/history')?.parameters ?? []
  const ofQuery = history.filter((one) => one.in === 'query').map(({ name, required }) => [name, required ?? false])
  expect(Object.fromEntries(ofQuery)).toEqual({ from: true, to: true, points: false })
})

test('the page bears our name, and leads to the reference of the code', async () => {
  const { body } = await server.call('GET', '/docs', undefined, null)
  expect(body).toContain('<title>ajar')
  const { info } = (await server.call('GET', '/docs/json', undefined, null)).body
  expect(info.description).toContain('(/docs/code/)')
})
