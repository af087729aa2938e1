import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { framesIn, restoreTo } from './backed-up.ts'
import { CAMERA, door, jobEnded, label, train } from './lesson.ts'
import { RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PATIENCE_MS = 240_000

describe('backups of a running server', { timeout: PATIENCE_MS }, () => {
  test('are asked for, listed, restored and removed; the restored server knows all that it knew', async () => {
    const backups = join(await temporaryFolder(afterFile), 'backups')
    const server = await RunningServer.start(afterFile, { AJAR_BACKUP_DIR: backups })
    const labelled = await label(server, 12)
    const { result } = await train(server)
    const others: string[] = []
    for (const minute of [3, 4, 5]) others.push(await server.send(CAMERA, await door('open', minute)))
    for (const frame of others) await server.ended(frame)
    const device = await server.call('POST', '/api/devices', { name: 'pi-one' })
    const viewer = await server.call('POST', '/api/tokens', { name: 'a viewer', role: 'viewer' })
    expect((await server.call('GET', '/api/backups')).body).toMatchObject({ items: [], next: null, folder: backups })

    const asked = await server.call('POST', '/api/backups')
    expect(asked).toMatchObject({ status: 202, body: { kind: 'backup', camera: null } })
    expect(await server.call('POST', '/api/backups', { allFrames: true })).toMatchObject({
      status: 409,
      body: { error: { code: 'backup_running' } },
    })
    const job = await jobEnded(server, asked.body.id)
    expect(job).toMatchObject({ state: 'done', error: null })
    const { items, nextAt } = (await server.call('GET', '/api/backups')).body
    expect(items).toMatchObject([{ kind: 'asked', complete: true, models: 1 }])
    expect(items[0].frames).toBeGreaterThanOrEqual(labelled.length)
    expect(Date.parse(nextAt)).toBeGreaterThan(Date.now())

    const last = await server.call('DELETE', `/api/backups/${items[0].name}`)
    expect(last).toMatchObject({ status: 409, body: { error: { code: 'last_backup' } } })
    mkdirSync(join(backups, 'ajar-20200101T000000Z'))
    expect((await server.call('DELETE', '/api/backups/ajar-20200101T000000Z')).status).toBe(204)
    for (const name of ['ajar-20200101T000000Z', '..', '.lock', encodeURIComponent('../backups')])
      expect((await server.call('DELETE', `/api/backups/${name}`)).status).toBe(404)

    const dataDir = join(await temporaryFolder(afterFile), 'data')
    await restoreTo(dataDir, join(backups, items[0].name))
    const before = framesIn(join(server.dataDir, 'frames'))
    const after = framesIn(join(dataDir, 'frames'))
    expect(Object.keys(after)).toEqual(expect.arrayContaining(labelled))
    for (const [id, digest] of Object.entries(after)) expect(digest).toBe(before[id])

    const restored = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir })
    expect((await restored.call('GET', '/api/jobs?kind=backup')).body.items).toEqual([])
    const [frame = ''] = labelled
    expect((await restored.call('GET', `/api/frames/${frame}/image`)).status).toBe(200)
    // At most one of them made a transition: the others have no picture any more, and say so as after pruning.
    const gone = others.filter((one) => !(one in after))
    expect(gone.length).toBeGreaterThanOrEqual(2)
    for (const one of gone)
      expect(await restored.call('GET', `/api/frames/${one}/image`)).toMatchObject({
        status: 404,
        body: { error: { code: 'pruned' } },
      })
    const again = await restored.send(CAMERA, await door('closed', 5))
    expect(await restored.ended(again)).toMatchObject({ outcome: 'classified', result: { model: result.model } })
    expect((await restored.call('GET', '/api/cameras', undefined, viewer.body.token)).status).toBe(200)
    const credential = { username: 'pi-one', password: device.body.token, clientId: 'pi-one' }
    await (await mqtt.connectAsync(restored.mqttUrl, credential, false)).endAsync()
    expect(readdirSync(dataDir)).not.toContain('backups')
  })
})
