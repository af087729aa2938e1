import { expect, onTestFinished, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

const CAMERA = 'care-pi/now'
const SOURCE = 'care-pi/source'

setStage()

test('old names are shown and freed, borrowed labels shown and removed', async () => {
  const { api } = system
  const at = Date.now() - 60_000
  for (const [i, camera] of [SOURCE, 'care-pi/before'].entries())
    await api.sendJpeg(`/api/cameras/${camera}/frames?capturedAt=${at}`, await door('open', i))
  await api.send('PATCH', `/api/cameras/${SOURCE}`, { states: ['open', 'closed'] })
  await api.send('PUT', `/api/frames/${SOURCE}/${at}/label`, { state: 'open' })
  await api.send('POST', '/api/cameras/care-pi/before/rename', { to: CAMERA })
  await api.send('POST', `/api/cameras/${CAMERA}/copy`, { from: SOURCE, what: ['states', 'labels'] })

  const { page, faults, context } = await Visit.begin(browser)
  onTestFinished(() => context.close())
  await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto(`${system.server.http}/camera/${CAMERA}`)
  await page.getByText('Borrowed labels', { exact: false }).click()
  await page.getByRole('list', { name: 'Borrowed labels' }).getByText(`1 of ${SOURCE}`).waitFor()
  await page.getByRole('button', { name: `Remove the labels of ${SOURCE}` }).click()
  await page.getByText('It borrowed none').waitFor()
  await page.getByText('Old names', { exact: false }).click()
  await page.getByRole('button', { name: 'Free the name care-pi/before' }).click()
  await page.getByText('It has had no other name').waitFor()
  expect(await api.get(`/api/cameras/${CAMERA}`)).toMatchObject({ aliases: [], borrowed: [] })
  expect(faults).toEqual([])
})
