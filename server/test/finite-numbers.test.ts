import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.send('pi/cam', await plainJpeg(7))
})

const OF_CAMERA = '/api/cameras/pi/cam'
test.each([
  [`${OF_CAMERA}/history?to=5&from`, 'from'],
  [`${OF_CAMERA}/history?from=0&to`, 'to'],
  [`${OF_CAMERA}/history?from=0&to=5&points`, 'points'],
  [`${OF_CAMERA}/time-in-state?from=0&to`, 'to'],
  [`${OF_CAMERA}/results?limit`, 'limit'],
  [`${OF_CAMERA}/results?format=csv&every`, 'every'],
  [`${OF_CAMERA}/transitions?cursor`, 'cursor'],
  [`${OF_CAMERA}/ribbon?from=0&to`, 'to'],
  [`${OF_CAMERA}/frames.zip?from=0&to`, 'to'],
  ['/api/alerts?limit', 'limit'],
  ['/api/readings?device=pi&limit', 'limit'],
])('%s has to be a number that has an end', async (path, field) => {
  for (const value of ['Infinity', '-Infinity', '1e999', '9'.repeat(400)]) {
    const { status, body } = await server.call('GET', `${path}=${value}`)
    expect({ value, status, ...body.error }).toMatchObject({ value, status: 400, code: 'bad_request', field })
  }
})

test('a path has no such number either', async () => {
  expect((await server.call('GET', '/api/frames/pi/cam/Infinity')).status).toBe(400)
})

test('a text may say what it likes', async () => {
  expect((await server.call('GET', '/api/alerts?subject=Infinity')).body).toEqual({ items: [], next: null })
})
