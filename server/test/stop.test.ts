import { once } from 'node:events'
import { createServer } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ClassifyPool } from '../src/classify/classify-pool.ts'
import { loggingFor, startApp } from '../src/index.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, settingsFor, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const start = (dataDir: string) => RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })

test('a frame that could not be recorded before the stop is recorded after the next start', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const first = await start(dataDir)
  const database = new DatabaseSync(`${dataDir}/state.db`, { timeout: 5000 })
  await first.ended(await first.send('pi/cam', await plainJpeg(1))) // the camera exists
  database.exec('begin immediate')
  const frame = await first.send('pi/cam', await plainJpeg())
  const { body } = await until(async () => {
    const answer = await first.call('GET', '/api/health/ready')
    return answer.status === 503 && /locked/.test(JSON.stringify(answer.body)) && answer
  })
  expect(body.checks.find(({ name }: { name: string }) => name === 'state')).toMatchObject({ level: 'error' })
  expect((await first.call('GET', `/api/frames/${frame}`)).body.outcome).toBe('pending')
  await first.app.close() // does not wait for the disk
  database.exec('rollback')
  database.close()
  const second = await start(dataDir)
  expect(await second.ended(frame)).toMatchObject({ outcome: 'classified' })
})

test('states are known again after a start', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const first = await start(dataDir)
  for (let i = 0; i < 4; i++) await first.ended(await first.send('pi/cam', await plainJpeg(i)))
  const state = (await first.call('GET', '/api/cameras/pi/cam/state')).body
  await first.app.close()
  const second = await start(dataDir)
  expect((await second.call('GET', '/api/cameras/pi/cam/state')).body).toEqual(state)
})

test('a data folder is used by one server at a time', async () => {
  const { dataDir } = await RunningServer.start(onTestFinished)
  await expect(start(dataDir)).rejects.toMatchObject({
    code: 'data_dir_in_use',
    message: expect.stringContaining('AJAR_DATA_DIR'),
  })
})

test('a port that is in use is named, and nothing is left open', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(async () => void taken.close())
  const { port } = taken.address() as { port: number }
  const dataDir = await temporaryFolder(onTestFinished)
  for (const name of ['AJAR_HTTP_PORT', 'AJAR_MQTT_PORT']) {
    const settings = settingsFor(dataDir, { [name]: String(port) })
    const starting = startApp(
      settings,
      loggingFor(settings, () => {}),
    )
    await expect(starting).rejects.toThrow(new RegExp(`port ${port}|${port}.*in use`))
  }
  await start(dataDir) // the folder was given back both times
})

test('a pool whose threads cannot start keeps what it is given until it is closed', async () => {
  const framesFolder = await temporaryFolder(onTestFinished)
  let lost = 0
  const options = { framesFolder, engine: 'auto', backbone: 'no-such-backbone' } as const
  const pool = new ClassifyPool(1, options, { onEngine: () => {}, onThreadLost: () => void lost++ })
  pool.start()
  await until(() => lost > 0)
  const answer = pool.classify({ jpeg: await plainJpeg(), stored: null, model: { id: 'a@1', folder: framesFolder } })
  await pool.close()
  expect((await answer).kind).toBe('failed')
})
