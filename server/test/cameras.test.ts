import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Cameras } from '../src/devices/cameras.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('changes that overlap each other and an activation all count, in memory and on the disk', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const cameras = new Cameras(database)
  await cameras.start()
  await cameras.ensure({ device: 'pi', camera: 'cam' })
  await Promise.all([
    cameras.change('pi/cam', { states: ['open', 'closed'] }), // looks for labels first, and so writes last
    database.write
      .updateTable('cameras')
      .set({ active_model: 'pi/cam@1' })
      .where('id', '=', 'pi/cam')
      .execute()
      .then(() => cameras.activated('pi/cam', 'pi/cam@1')),
    cameras.change('pi/cam', { threshold: 0.5 }),
    cameras.change('pi/cam', {}),
  ])
  const changed = { states: ['open', 'closed'], threshold: 0.5, debounce: 3, activeModel: 'pi/cam@1' }
  expect(cameras.get('pi/cam')).toMatchObject(changed)
  const again = new Cameras(database)
  await again.start()
  expect(again.get('pi/cam')).toMatchObject(changed)
})
