import { expect, onTestFinished, test } from 'vitest'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

setStage()

test('the reference of the API in a browser: by areas, as a page of ours, and nothing of it is missing', async () => {
  const visit = await Visit.begin(browser)
  onTestFinished(() => visit.close())
  const { page } = visit
  await page.goto(`${system.server.http}/docs`)
  for (const area of ['cameras', 'labels and training', 'logging'])
    await page.getByRole('heading', { name: new RegExp(`^${area}`) }).waitFor()
  expect(await page.title()).toBe('ajar: reference of the API')
  expect(await page.getByRole('heading', { name: /^default/ }).count()).toBe(0)
  expect(await page.locator('.topbar img').isVisible()).toBe(false)
  expect(await page.getByRole('link', { name: '/docs/code' }).getAttribute('href')).toBe('/docs/code/')
  expect(visit.faults).toEqual([])
})
