import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { JobRow } from '../src/database/schema.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { CAMERA, label } from './lesson.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** How things stand: status, seconds, failure. */
async function said(server: RunningServer, query = ''): Promise<string[]> {
  const paths = ['/training/get/training_status', '/training/get/training_time', '/debug/get/training_failure']
  return Promise.all(paths.map(async (path) => (await server.call('GET', path + query)).body))
}

const NOT_FAILED = '<TRAINING NOT FAILED YET>'
const train = (server: RunningServer, camera: string) =>
  server.call('POST', '/training/post/train', { TYPE: 'CAMERA', DATA: camera })

describe('the latest training', () => {
  let server: RunningServer
  let database: StateDatabase
  beforeAll(async () => {
    server = await RunningServer.start(afterFile)
    database = await openStateDatabase(server.dataDir)
    afterFile(() => database.close())
  })

  /** Adds the row of a job as if it had come to this by itself. */
  async function add(
    camera: string,
    state: JobRow['state'],
    times: Partial<JobRow>,
    message?: string,
    kind = 'training',
  ) {
    const error_json = message === undefined ? null : JSON.stringify({ code: 'failed', message })
    const row = { id: crypto.randomUUID(), kind, camera, state, phase: null, progress: 0, params_json: '{}' }
    const ended = { result_json: null, error_json, started_at: null, finished_at: null, starts: 1 }
    await database.write
      .insertInto('jobs')
      .values({ ...row, ...ended, created_at: 0, ...times })
      .execute()
  }

  test('is what is told, of all cameras or of one', async () => {
    expect(await said(server)).toEqual(['MODEL_DOESNT_EXIST', '0.0', NOT_FAILED])
    await add('pi/a', 'done', { created_at: 1, started_at: 1_000, finished_at: 3_500 }, undefined, 'purge')
    await add('pi/a', 'cancelled', { created_at: 2, started_at: 1_000, finished_at: 3_500 })
    expect(await said(server)).toEqual(['MODEL_DOESNT_EXIST', '0.0', NOT_FAILED])
    await add('pi/a', 'done', { created_at: 10, started_at: 1_000, finished_at: 13_345 })
    expect(await said(server)).toEqual(['FINISHED_TRAINING', '12.345', NOT_FAILED])
    await add('pi/a', 'failed', { created_at: 20, started_at: 1_000, finished_at: 4_000 }, 'open has 1 labelled frame')
    expect(await said(server)).toEqual(['TRAINING_FAILED', '3.0', 'open has 1 labelled frame'])
    await add('pi/b', 'running', { created_at: 30, started_at: 5_000 })
    expect(await said(server)).toEqual(['TRAINING_IN_PROGRESS', '0.0', 'open has 1 labelled frame'])
    await add('pi/b', 'queued', { created_at: 30 })
    expect(await said(server)).toEqual(['START_TRAINING', '0.0', 'open has 1 labelled frame'])
    await add('pi/b', 'cancelled', { created_at: 40 })
    expect(await said(server)).toEqual(['START_TRAINING', '0.0', 'open has 1 labelled frame'])

    expect(await said(server, '?camera=pi/a')).toEqual(['TRAINING_FAILED', '3.0', 'open has 1 labelled frame'])
    expect(await said(server, '?camera=pi/b')).toEqual(['START_TRAINING', '0.0', NOT_FAILED])
    expect(await said(server, '?camera=pi/c')).toEqual(['MODEL_DOESNT_EXIST', '0.0', NOT_FAILED])
    await database.write.deleteFrom('jobs').execute()
  })
})

test('a camera is trained from its labelled frames, and that is known after a restart', {
  timeout: 120_000,
}, async () => {
  const dataDir = await temporaryFolder(afterFile)
  const server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir })
  await label(server, 1)
  expect(await train(server, CAMERA)).toMatchObject({
    status: 400,
    body: expect.stringMatching(/^open has 1 labelled frames, at least \d+ are needed$/),
  })
  expect((await said(server))[0]).toBe('MODEL_DOESNT_EXIST')
  await label(server, 6, 10)
  expect(await train(server, CAMERA)).toMatchObject({ status: 200, body: 'Success' })
  const seen = new Set<string>()
  await until(async () => {
    const [status = ''] = await said(server)
    seen.add(status)
    return /^(FINISHED_TRAINING|TRAINING_FAILED)$/.test(status)
  })
  const after = await said(server)
  expect(after).toEqual(['FINISHED_TRAINING', expect.stringMatching(/^\d+\.\d+$/), NOT_FAILED])
  for (const status of seen) expect(status).toMatch(/^(START_TRAINING|TRAINING_IN_PROGRESS|FINISHED_TRAINING)$/)
  expect(Number(after[1])).toBeGreaterThan(0)
  expect((await server.call('GET', `/api/cameras/${CAMERA}`)).body.model).toBe(`${CAMERA}@1`)
  await server.app.close()
  const again = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir })
  expect(await said(again)).toEqual(after)
})
