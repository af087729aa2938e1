import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

/** A real agent follows what is set on the page Devices, and what becomes of its pictures is told there. */

const DEVICE = 'hall-pi'
const CAMERA = 'front-door'

setStage({
  prepare: async () => {
    const config = {
      device: DEVICE,
      token: await system.addDevice(DEVICE),
      server: system.server.mqtt,
      dataDir: join(system.folder, 'agent'),
      // Its days are as long as ours: from one second to the next nothing changes.
      cameras: [{ name: CAMERA, driver: 'synthetic', width: 320, height: 180, intervalMs: 500, dayMs: 86_400_000 }],
      statusIntervalMs: 1000,
    }
    const file = join(system.folder, 'agent.json')
    await writeFile(file, JSON.stringify(config))
    system.startAgent(file)
  },
})

test('an agent follows the form, counts what it does not send, and goes back to its config file', async () => {
  const visit = await Visit.begin(browser)
  const { page } = visit
  await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto(`${system.server.http}/devices`)
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: DEVICE }) })
  const open = async () => {
    await card.getByRole('button', { name: `When to send: ${CAMERA}` }).click()
    return page.getByRole('dialog', { name: `When ${CAMERA} of ${DEVICE} sends` })
  }
  await card.getByText(/^since \d\d:\d\d: \d+ taken, \d+ sent; 0 dropped in all$/).waitFor()
  await card.getByText('by synthetic').waitFor()

  const form = await open()
  await form.getByLabel('Seconds between two pictures').fill('0.2')
  await form.getByLabel('only when something changes').check()
  await form.getByLabel('Sensitivity').fill('0')
  await form.getByRole('button', { name: 'Send to the device' }).click()
  await card.getByText('It follows its latest settings.').waitFor()
  await card.getByText('takes a picture every 0.2 s, sends what changed, at least every 30 s').waitFor()
  await card.getByText(/taken, [\d,]+ unchanged and not sent, [\d,]+ sent; 0 dropped in all$/).waitFor()

  const again = await open()
  await again.getByLabel('Seconds between two pictures').fill('')
  await again.getByLabel('as its config file says').check()
  await again.getByRole('button', { name: 'Send to the device' }).click()
  await card.getByText('takes a picture every').waitFor({ state: 'detached' })
  await card.getByText('It follows its latest settings.').waitFor()
  const { sent } = await counts()
  const after = await until(async () => onlyIf(await counts(), (later) => later.sent > sent))
  const later = await until(async () => onlyIf(await counts(), (later) => later.sent > after.sent))
  expect(later.gated).toBe(after.gated)
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('why a camera takes no pictures is told at once, without its password, and that it takes them again', async () => {
  const device = 'yard-pi'
  let isOpen = false
  const jpeg = await door('open', 1)
  const webcam = createServer((_request, response) => response.writeHead(isOpen ? 200 : 401).end(isOpen ? jpeg : ''))
  webcam.listen(0, '127.0.0.1')
  onTestFinished(() => void webcam.close().closeAllConnections())
  await once(webcam, 'listening')
  const { port } = webcam.address() as AddressInfo
  const url = `http://viewer:se-cret@127.0.0.1:${port}/snapshot.jpg?key=se-cret`
  const file = join(system.folder, 'yard.json')
  const config = {
    ...{ device, token: await system.addDevice(device), server: system.server.mqtt },
    dataDir: join(system.folder, 'yard'),
    cameras: [{ name: 'yard', driver: 'http-snapshot', url, intervalMs: 500 }],
    statusIntervalMs: 3_600_000,
  }
  await writeFile(file, JSON.stringify(config))
  system.startAgent(file)
  const visit = await Visit.begin(browser)
  const { page } = visit
  await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto(`${system.server.http}/devices`)
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: device }) })
  const fault = card.getByText(`takes no pictures: http://127.0.0.1:${port}: refuses user and password (401)`)
  await fault.waitFor()
  expect(JSON.stringify(await system.api.get(`/api/devices/${device}`))).not.toMatch(/viewer|se-cret/)
  isOpen = true
  await fault.waitFor({ state: 'detached' })
  await page.goto(`${system.server.http}/camera/${device}/yard`)
  await page.locator('.sight img').first().waitFor()
  isOpen = false
  await page.goto(`${system.server.http}/devices`)
  await fault.waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})

interface Counts {
  gated: number
  sent: number
}

/** What the agent last said of its pictures. */
async function counts(): Promise<Counts> {
  type Body = { status: { captures?: Record<string, Counts> } | null }
  const { status } = await system.api.get<Body>(`/api/devices/${DEVICE}`)
  return status?.captures?.[CAMERA] ?? { gated: 0, sent: 0 }
}

function onlyIf<T>(value: T, holds: (value: T) => boolean): T | null {
  return holds(value) ? value : null
}
