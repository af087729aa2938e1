import { describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

const server = await RunningServer.start(afterFile)
const { call } = { call: server.call.bind(server) }
const codeOf = async (method: string, path: string, body?: object) => {
  const answer = await call(method, path, body)
  return [answer.status, answer.body?.error?.code ?? null]
}

describe('a sensor is set up', () => {
  test('before its first reading, and is listed then', async () => {
    const { status, body } = await call('PATCH', '/api/sensors/hall/csi', { states: ['0', '90'], threshold: 0.5 })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 'hall/csi', device: 'hall', sensor: 'csi', at: null, value: null })
    expect(body.source).toMatchObject({
      ...{ states: ['0', '90'], threshold: 0.5, debounce: 3, staleAfterMs: 60_000, vector: null },
      ...{ model: null, follows: null, state: { state: 'unknown', reason: 'no_model' } },
    })
    expect((await call('GET', '/api/sensors/hall/csi')).body).toEqual(body)
    expect((await call('GET', '/api/sensors?device=hall')).body.items).toEqual([body])
    expect((await call('GET', '/api/cameras')).body.items).toEqual([])
  })

  test('with a view of its readings', async () => {
    const vector = {
      parts: [
        { name: 'amplitude', length: 53, kind: 'value' },
        { name: 'phase', length: 53, kind: 'phase' },
      ],
      window: 8,
    }
    expect((await call('PATCH', '/api/sensors/hall/radio', { vector })).body.source.vector).toEqual(vector)
    expect((await call('PATCH', '/api/sensors/hall/radio', { vector: null })).body.source.vector).toBe(null)
  })

  const part = (length: number, name = 'value') => ({ name, length, kind: 'value' })
  test.each([
    ['a window of none', { parts: [part(1)], window: 0 }, 'bad_request'],
    ['a window of 65', { parts: [part(1)], window: 65 }, 'bad_request'],
    ['no parts', { parts: [], window: 1 }, 'bad_request'],
    ['a part of nothing', { parts: [part(0)], window: 1 }, 'bad_request'],
    ['4097 numbers', { parts: [part(4000), part(97, 'more')], window: 1 }, 'too_long'],
    ['two parts of a name', { parts: [part(1), part(2)], window: 1 }, 'same_name'],
    ['the name of all together', { parts: [part(1, 'fused')], window: 1 }, 'reserved'],
    ['a kind that is none', { parts: [{ ...part(1), kind: 'sound' }], window: 1 }, 'bad_request'],
    ['a fraction of a number', { parts: [part(1.5)], window: 1 }, 'bad_request'],
  ])('not with %s', async (_, vector, code) => {
    expect(await codeOf('PATCH', '/api/sensors/hall/wrong', { vector })).toEqual([400, code])
    expect((await call('GET', '/api/sensors/hall/wrong')).status).toBe(404)
  })

  test.each([
    ['a state that ajar says itself', 'hall/wrong', { states: ['unknown'] }, 'reserved'],
    ['a mark', 'hall/wrong', { states: ['ignore'] }, 'reserved'],
    ['what is of cameras', 'hall/wrong', { masks: [] }, 'bad_request'],
    ['the device of doors', 'doors/front', {}, 'reserved'],
    ['the device of older clients', 'legacy/front', {}, 'reserved'],
  ])('not with %s', async (_, sensor, body, code) => {
    expect(await codeOf('PATCH', `/api/sensors/${sensor}`, body)).toEqual([400, code])
  })

  test('neither where a camera is, nor is a camera where it is', async () => {
    await call('PATCH', '/api/cameras/hall/eye', {})
    expect(await codeOf('PATCH', '/api/sensors/hall/eye', {})).toEqual([409, 'other_kind'])
    expect(await codeOf('PATCH', '/api/cameras/hall/csi', {})).toEqual([409, 'other_kind'])
  })
})

describe('what can be asked of every source', () => {
  const span = 'from=0&to=1000'
  test.each(['state', 'results', 'transitions', `ribbon?${span}`, `history?${span}`, `time-in-state?${span}`])(
    '%s: under its own noun alone',
    async (what) => {
      await call('PATCH', '/api/sensors/hall/csi', {})
      await call('PATCH', '/api/cameras/hall/eye', {})
      expect((await call('GET', `/api/sensors/hall/csi/${what}`)).status).toBe(200)
      expect((await call('GET', `/api/cameras/hall/eye/${what}`)).status).toBe(200)
      expect(await codeOf('GET', `/api/cameras/hall/csi/${what}`)).toEqual([404, 'other_kind'])
      expect(await codeOf('GET', `/api/sensors/hall/eye/${what}`)).toEqual([404, 'other_kind'])
      expect(await codeOf('GET', `/api/sensors/hall/none/${what}`)).toEqual([404, 'not_found'])
      expect(await codeOf('GET', `/api/doors/none/${what}`)).toEqual([404, 'not_found'])
    },
  )

  test.each([
    ['DELETE', '/api/cameras/hall/csi'],
    ['DELETE', '/api/cameras/hall/csi/frames?from=0&to=1'],
    ['POST', '/api/cameras/hall/csi/rollback'],
    ['GET', '/api/cameras/hall/csi/export'],
  ])('%s %s: a sensor is no camera', async (method, path) => {
    expect(await codeOf(method, path)).toEqual([404, 'other_kind'])
  })
})
