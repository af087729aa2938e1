import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { PacketSender, packetAt } from '../../test/setup/packet-senders.ts'
import type { ResultsTable } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** `/ml`: packets of a Wi-Fi channel, and what is said of them. */

const OPEN = { AJAR_LEGACY_OPEN: '1' }
function senderOf(server: RunningServer, address: string, sockets?: number): PacketSender {
  const sender = new PacketSender(server.app.listening.http, address, sockets)
  afterFile(async () => sender.close())
  return sender
}

/** The readings of a sender that have ended, the newest first. */
async function endedOf(server: RunningServer, { sensor }: PacketSender, count: number) {
  return until(async () => {
    const { body } = await server.call('GET', `/api/sensors/${sensor}/results?limit=1000`)
    return body.items?.length === count ? body.items : null
  })
}

describe('without a model', () => {
  let server: RunningServer
  beforeAll(async () => {
    server = await RunningServer.start(afterFile, OPEN)
  })

  test.each([
    ['a JSON text', JSON.stringify({ payload: JSON.stringify(packetAt(1)) })],
    ['a text with spaces', JSON.stringify({ payload: ` [${packetAt(1).join(', ')}]\r\n` })],
    ['a list', JSON.stringify({ payload: packetAt(1) })],
    ['a body that is encoded twice', JSON.stringify(JSON.stringify({ payload: JSON.stringify(packetAt(1)) }))],
    ['more fields', JSON.stringify({ MAC: '24:0a:c4', payload: packetAt(1) })],
    ['what a board copies from its serial line', `{"payload":"\r\n\n[${packetAt(1).join(',')}]"}`],
  ])('a packet as %s is taken in', async (_, body) => {
    const { status, text, headers } = await senderOf(server, '127.0.0.2').post(body)
    expect({ status, text }).toEqual({ status: 200, text: 'Success' })
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
  })

  test('it is recorded as a reading of a sensor of its sender, and nothing is said of it', async () => {
    const sender = senderOf(server, '127.0.0.3')
    for (let i = 0; i < 3; i++) expect(await sender.send(packetAt(i))).toMatchObject({ text: 'Success' })
    const ended = await endedOf(server, sender, 3)
    expect(ended).toMatchObject(Array(3).fill({ state: 'unknown', reason: 'no_model' }))
    const { body } = await server.call('GET', `/api/sensors/${sender.sensor}`)
    const vector = { parts: [{ name: 'amplitude' }, { name: 'phase' }], window: 1 }
    expect(body.source).toMatchObject({ follows: 'legacy/csi', model: null, vector })
    const patch = (change: object) => server.call('PATCH', `/api/sensors/${sender.sensor}`, change)
    expect(await patch({ states: ['1'] })).toMatchObject({ status: 409, body: { error: { code: 'follows' } } })
    expect(await patch({ debounce: 1 })).toMatchObject({ status: 200, body: { source: { debounce: 1 } } })
    expect(await sender.results()).toBeNull()
    expect(await senderOf(server, '127.0.0.99').results()).toBeNull()
  })

  test('a packet that is none makes no sensor', async () => {
    const sender = senderOf(server, '127.0.0.4')
    expect(await sender.send(packetAt(1).slice(1))).toMatchObject({ status: 400, text: 'Malformed Packet Recieved' })
    expect((await server.call('GET', `/api/sensors/${sender.sensor}`)).status).toBe(404)
  })

  test('who sends faster than it is answered is told so, and others are not in its way', async () => {
    const [eager, other] = [senderOf(server, '127.0.0.5', 300), senderOf(server, '127.0.0.6')]
    const flood = Promise.all(Array.from({ length: 300 }, () => eager.send(packetAt(1))))
    expect(await other.send(packetAt(2))).toMatchObject({ status: 200 })
    const answers = await flood
    const kept = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status !== 200)
    for (const { status, text, headers } of refused) {
      expect({ status, text }).toEqual({ status: 503, text: expect.stringMatching(/^Error, 64 packets of yours wait/) })
      expect(headers['retry-after']).toBe('1')
    }
    // Whatever was called a success is there.
    await endedOf(server, other, 1)
    await endedOf(server, eager, kept.length)
  })
})

/** What a model of packets says. */
function detailsOf(said: Record<'amplitude' | 'phase' | 'fused', string>) {
  const estimators = Object.entries(said).map(([name, state]) => [
    name,
    { state, confidence: 0.75, probabilities: [0.25, 0.75] },
  ])
  return { expected: 11.25, interval: { low: 0, high: 15 }, estimators: Object.fromEntries(estimators) }
}

test('each sender is told of its own newest packet, others of the newest of all, also after a restart', async () => {
  const dataDir = await temporaryFolder(afterFile)
  const first = await RunningServer.start(afterFile, { ...OPEN, AJAR_DATA_DIR: dataDir })
  const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4']
  for (const address of addresses) {
    const sender = senderOf(first, address)
    await sender.send(packetAt(1))
    await endedOf(first, sender, 1)
  }
  await first.app.close()
  const database = await openStateDatabase(dataDir)
  const add = async (address: string, at: number, details: object | null) => {
    const row: ResultsTable = {
      ...{ camera: `legacy/csi-${address.replaceAll('.', '-')}`, captured_at: at, model: 'legacy/csi@1', state: '15' },
      ...{ best: '15', confidence: 0.75, probabilities_json: '{}', reason: null, latency_ms: 1, late: 0 },
      ...{ novelty: 0, signature: null, details_json: details && JSON.stringify(details) },
    }
    await database.write.insertInto('results').values(row).execute()
  }
  const soon = Date.now() + 1000
  await add('127.0.0.2', soon, detailsOf({ amplitude: '0', phase: '15', fused: '15' }))
  await add('127.0.0.2', soon - 500, detailsOf({ amplitude: '15', phase: '15', fused: '15' }))
  await add('127.0.0.3', soon + 1, detailsOf({ amplitude: '15', phase: '0', fused: '0' }))
  await database.close()

  const second = await RunningServer.start(afterFile, { ...OPEN, AJAR_DATA_DIR: dataDir })
  const answers = {
    PREDICTION_M_CLASS: [[0.25, 0.75]],
    PREDICTION_P_CLASS: [[0.25, 0.75]],
    PREDICTION_CLASS: [[0.25, 0.75]],
    EXPECTED: [11.25],
  }
  const newest = { ...answers, PREDICTION_M: [15], PREDICTION_P: [0], PREDICTION: [0] }
  expect(await senderOf(second, '127.0.0.2').results()).toEqual({
    ...{ ...answers, PREDICTION_M: [0], PREDICTION_P: [15], PREDICTION: [15] },
  })
  expect(await senderOf(second, '127.0.0.3').results()).toEqual(newest)
  // Its newest packet came when there was no model.
  expect(await senderOf(second, '127.0.0.4').results()).toBeNull()
  expect(await senderOf(second, '127.0.0.200').results()).toEqual(newest)
  const { headers } = await senderOf(second, '127.0.0.2').call('GET', '/ml/get/inference_results')
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
})
