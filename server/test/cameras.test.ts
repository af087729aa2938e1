import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Sources } from '../src/devices/sources.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('changes that overlap each other and an activation all count, in memory and on the disk', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const sources = new Sources(database)
  await sources.start()
  await sources.ensure({ device: 'pi', camera: 'cam' })
  await Promise.all([
    sources.change('pi/cam', { states: ['open', 'closed'] }), // looks for labels first, and so writes last
    database.write
      .updateTable('cameras')
      .set({ active_model: 'pi/cam@1' })
      .where('id', '=', 'pi/cam')
      .execute()
      .then(() => sources.activated('pi/cam', 'pi/cam@1')),
    sources.change('pi/cam', { threshold: 0.5 }),
    sources.change('pi/cam', {}),
  ])
  const changed = { states: ['open', 'closed'], threshold: 0.5, debounce: 3, activeModel: 'pi/cam@1' }
  expect(sources.get('pi/cam')).toMatchObject(changed)
  const again = new Sources(database)
  await again.start()
  expect(again.get('pi/cam')).toMatchObject(changed)
})
