import { join } from 'node:path'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, onTestFinished, test } from 'vitest'
import { FrameStore } from '../src/database/frames/frame-store.ts'
import { MIGRATIONS } from '../src/database/migrations.ts'
import type { StateTables } from '../src/database/schema.ts'
import { SqliteThreadDialect } from '../src/database/sqlite-dialect.ts'
import { backUp, restoreTo, rowsOf } from './backed-up.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'
const AT = Date.UTC(2026, 0, 2)

/** A data folder with one labelled frame, as a release left it that knew fewer migrations. */
async function olderData(folder: string, known: string[], jpeg: Uint8Array) {
  const frames = await FrameStore.open(join(folder, 'frames'), () => {})
  await frames.put({ camera: CAMERA, capturedAt: AT, receivedAt: AT, dup: false, jpeg, ended: true })
  await frames.close()
  const state = new Kysely<StateTables>({
    dialect: new SqliteThreadDialect({ path: join(folder, 'state.db'), readOnly: false }),
  })
  const migrations = Object.fromEntries(known.map((name) => [name, MIGRATIONS[name] as never]))
  const { error } = await new Migrator({
    db: state,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  expect(error).toBeUndefined()
  const settings = { states_json: '["open","closed"]', threshold: 0.8, debounce: 3, stale_after_ms: 1, created_at: 1 }
  const camera = { id: CAMERA, device: 'pi', name: 'cam', ...settings }
  await state.insertInto('cameras').values(camera).execute()
  const label = { camera: CAMERA, captured_at: AT, state: 'open', author: 'ann', labelled_at: AT }
  await state.insertInto('labels').values(label).execute()
  await state.destroy()
}

const NAMES = Object.keys(MIGRATIONS)

// The first release with backups knew twelve.
test.each(NAMES.slice(-4, -1))(
  'a backup of a data folder that knows nothing after %s is restored and started',
  async (last) => {
    const folder = await temporaryFolder(onTestFinished)
    const jpeg = await plainJpeg(7)
    const bytes = new Uint8Array(jpeg) // the store takes the other ones away
    await olderData(folder, NAMES.slice(0, NAMES.indexOf(last) + 1), jpeg)
    const backups = join(await temporaryFolder(onTestFinished), 'backups')
    const { name, counts } = await backUp(folder, backups)
    expect(counts).toMatchObject({ kept: 1, gone: 0 })
    const target = join(await temporaryFolder(onTestFinished), 'data')
    await restoreTo(target, join(backups, name))
    expect(
      rowsOf(target, 'kysely_migration')
        .map((row) => (row as { name: string }).name)
        .at(-1),
    ).toBe(last)

    const server = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: target })
    expect((await server.call('GET', `/api/cameras/${CAMERA}`)).body).toMatchObject({ states: ['open', 'closed'] })
    const labels = await server.call('GET', `/api/labels?camera=${CAMERA}`)
    expect(labels.body.counts).toMatchObject({ open: 1 })
    const picture = await fetch(`${server.url}/api/frames/${CAMERA}/${AT}/image`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    expect(new Uint8Array(await picture.arrayBuffer())).toEqual(bytes)
    expect(rowsOf(target, 'kysely_migration')).toHaveLength(NAMES.length)
  },
)
