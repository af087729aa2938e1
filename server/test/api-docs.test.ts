import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { OPERATIONS } from '../src/datasessions/operations.ts'
import { RunningServer } from './running-server.ts'

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: { default?: unknown } }[]
  requestBody?: { content: Record<string, { schema: { oneOf?: AskedFor[] } }> }
  tags?: string[]
  summary?: string
  description?: string
}

interface AskedFor {
  properties: {
    name: { const?: string; enum?: string[]; not?: { enum: string[] } }
    input_data: { properties: Record<string, object>; required?: string[] }
  }
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

test.each(['/api/datasessions/{id}/operations/ post', '/api/datasessions/{id}/operations/{op}/ put'])(
  '%s tells what each operation takes, as it declares it',
  (call) => {
    const [path = '', method = ''] = call.split(' ')
    const body = reference.paths[path]?.[method]?.requestBody?.content['application/json']?.schema
    const byName = Map.groupBy(
      body?.oneOf ?? [],
      ({ properties }) => properties.name.const ?? properties.name.enum?.[0],
    )
    const own = OPERATIONS.map(({ name }) => name)
    expect([...byName.keys()]).toEqual([...own, undefined])
    // The last is for tasks, which come and go: any other name.
    expect(byName.get(undefined)).toMatchObject([{ title: 'A task', properties: { name: { not: { enum: own } } } }])
    for (const { name, description, inputs } of OPERATIONS) {
      const [schema] = byName.get(name) ?? []
      expect(schema).toMatchObject({ title: name, description })
      const told = schema?.properties.input_data
      expect(Object.keys(told?.properties ?? {})).toEqual(Object.keys(inputs))
      for (const [key, field] of Object.entries(inputs)) {
        expect(told?.properties[key]).toMatchObject({ title: field.name, description: field.description })
        if ('minimum' in field && 'maximum' in field && (field.type === 'int' || field.type === 'float'))
          expect(told?.properties[key]).toMatchObject({ minimum: field.minimum, maximum: field.maximum })
        if (field.type === 'select') expect(told?.properties[key]).toMatchObject({ enum: field.options })
      }
    }
  },
)

test('the page bears our name, and leads to the reference of the code', async () => {
  const { body } = await server.call('GET', '/docs', undefined, null)
  expect(body).toContain('<title>ajar')
  const { info } = (await server.call('GET', '/docs/json', undefined, null)).body
  expect(info.description).toContain('(/docs/code/)')
})
