import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { type Answer, RunningServer, until } from './running-server.ts'
import { importCsv, packets, trainSensor } from './sensor-lesson.ts'
import { bays, hasData, seeded, TRUTHS, type Truth, teachCamera } from './two-eyes.ts'

/** A real camera and a real channel of radio that see one door: pictures of bays, and packets of a door's angle. */

/** What an angle says of the door, where bays stand for it: shut is empty. */
const SAYS: Record<string, Truth> = Object.fromEntries(
  ['0', '15', '30', '45', '60', '75', '90'].map((angle) => [angle, angle === '0' ? 'empty' : 'occupied']),
)
/** Packets of each angle that are learned from; what comes after them is sent as it goes. */
const LEARNED = 120
const PICTURES = 14
const MOMENTS = 40
/** Of 40 moments, where one of the two knows nothing: so many the other may be better by luck. */
const CHANCE = 1
/**
 * Where both know something, moments at which only one of joined and the better one is right are some in a hundred either
 * way: of 400 moments the camera alone was right at 15, joined alone at 13. More moments, and the sign test, tell whether
 * that is a fair coin still.
 */
const MORE_MOMENTS = 120
const LEAST_PROBABLE = 0.005
const STEP_MS = 2000

const random = seeded(5)
const any = <T>(of: T[]): T => of[Math.floor(random() * of.length)] as T

/** How probable it is that a fair coin shows heads so often at least. */
function luck(heads: number, throws: number): number {
  let [ways, sum] = [1, 0]
  for (let tails = 0; tails <= throws - heads; tails++) {
    sum += ways
    ways = (ways * (throws - tails)) / (tails + 1)
  }
  return sum / 2 ** throws
}

let server: RunningServer
let byAngle: Map<string, number[][]>
let clock = Date.now() - 3_600_000

const door = async (name: string) => (await server.call('GET', `/api/doors/${name}`)).body
const memberOf = ({ members }: Answer['body'], id: string) =>
  members.find(({ source }: { source: string }) => source === id)
const both = () => ({ empty: bays('empty'), occupied: bays('occupied') })

/** Sends a reading. @returns what its model says of it */
async function read(sensor: string, value: number[], at: number): Promise<string> {
  const { status, body } = await server.call('POST', `/api/sensors/${sensor}/readings?at=${at}`, { value })
  if (status > 201) throw new Error(JSON.stringify(body))
  return until(async () => {
    const reading = (await server.call('GET', `/api/readings/${sensor}/${at}`)).body
    return reading.result?.best
  })
}

/** Imports packets and learns from them. @param labelOf what people say of a packet of this angle */
async function teachRadio(sensor: string, header: string, labelOf: (angle: string) => string) {
  const lines = [...byAngle].flatMap(([angle, of]) =>
    of.slice(0, LEARNED).map((numbers) => [labelOf(angle), ...numbers].join(',')),
  )
  const imported = await importCsv(server, sensor, [header, ...lines].join('\n'))
  if (imported.state !== 'done') throw new Error(JSON.stringify(imported))
  const trained = await trainSensor(server, sensor)
  if (trained.state !== 'done') throw new Error(JSON.stringify(trained.error))
}

beforeAll(async () => {
  if (!hasData) return
  server = await RunningServer.start(afterFile)
  await server.call('POST', '/api/devices', { name: 'pi' })
  const { header, rows } = await packets()
  byAngle = new Map(
    Object.keys(SAYS).map((angle) => [
      angle,
      rows.filter(({ label }) => label === angle).map(({ numbers }) => numbers),
    ]),
  )
  await teachRadio('pi/csi', header, (angle) => angle)
  await teachRadio('pi/noise', header, () => any(Object.keys(SAYS)))
  await teachCamera(server, { camera: 'pi/bay', next: both(), perState: PICTURES })
  await teachCamera(server, { camera: 'pi/dice', next: both(), perState: PICTURES, labelOf: () => any(TRUTHS) })
}, 240_000)

describe.skipIf(!hasData).each([
  ['whose labels are its own, beside a channel that learned nothing', 'pi/bay', 'pi/noise'],
  ['that learned nothing, beside a channel whose labels are its own', 'pi/dice', 'pi/csi'],
  ['and a channel, whose labels are both their own', 'pi/bay', 'pi/csi'],
])('a camera %s', (_, camera, sensor) => {
  const bothKnow = camera === 'pi/bay' && sensor === 'pi/csi'
  const name = `${camera}-${sensor}`.replaceAll('pi/', '')

  test('joined is no worse than the better one', { timeout: 120_000 }, async () => {
    const members = [{ source: camera }, { source: sensor, states: SAYS }]
    const made = await server.call('POST', '/api/doors', { name, states: TRUTHS, debounce: 1, members })
    expect(made.status).toBe(201)
    const pictures = both()
    for (const state of TRUTHS) for (let i = 0; i < PICTURES; i++) pictures[state]()
    const right = { joined: 0, camera: 0, sensor: 0 }
    /** Moments at which only one of the two was right. */
    const only = { camera: { joined: 0, itself: 0 }, sensor: { joined: 0, itself: 0 } }
    for (let i = 0; i < (bothKnow ? MORE_MOMENTS : MOMENTS); i++) {
      const truth = any(TRUTHS)
      const angle = any(Object.keys(SAYS).filter((one) => SAYS[one] === truth))
      const of = byAngle.get(angle) ?? []
      const packet = any(of.slice(LEARNED)) as number[]
      clock += STEP_MS
      const at = clock
      const [seen, heard] = await Promise.all([
        server.send(camera, pictures[truth](), at).then(async (frame) => (await server.ended(frame)).result.best),
        read(sensor, packet, at),
      ])
      const { joined } = await door(name)
      const was = { joined: joined.best === truth, camera: seen === truth, sensor: SAYS[heard] === truth }
      for (const who of ['joined', 'camera', 'sensor'] as const) right[who] += Number(was[who])
      for (const who of ['camera', 'sensor'] as const) {
        only[who].joined += Number(was.joined && !was[who])
        only[who].itself += Number(was[who] && !was.joined)
      }
    }
    const body = await door(name)
    const [ofCamera, ofSensor] = [memberOf(body, camera), memberOf(body, sensor)]
    if (bothKnow) {
      for (const { joined, itself } of [only.camera, only.sensor])
        expect(luck(itself, itself + joined), JSON.stringify({ right, only })).toBeGreaterThan(LEAST_PROBABLE)
    } else expect(right.joined).toBeGreaterThanOrEqual(Math.max(right.camera, right.sensor) - CHANCE)
    expect(ofSensor.says).toMatch(/empty|occupied/)
    if (camera === 'pi/dice') expect(ofCamera.weight).toBeLessThan(0.4)
    if (sensor === 'pi/noise') expect(ofSensor.weight).toBeLessThan(0.4)
    if (sensor === 'pi/csi') expect(ofSensor.weight).toBeGreaterThan(0.5)
  })
})
