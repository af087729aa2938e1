import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { type Answer, RunningServer, until } from './running-server.ts'
import { bays, hasData, seeded, TRUTHS, type Truth, teachCamera } from './two-eyes.ts'

/** Pictures that each camera learns from, of each state, and moments of the door after that. */
const LABELLED = 14
const MOMENTS = 40
const STEP_MS = 2000
/** Moments that one may be better by luck. */
const CHANCE = 1

const random = seeded(12)
const anyTruth = () => TRUTHS[Math.floor(random() * 2)] as Truth

/** How often each said the truth. */
interface Right {
  joined: number
  good: number
  other: number
}

let server: RunningServer
let clock = Date.now() - 3_600_000

const door = async (name: string) => (await server.call('GET', `/api/doors/${name}`)).body
const memberOf = ({ members }: Answer['body'], id: string) =>
  members.find(({ source }: { source: string }) => source === id)
const both = () => ({ empty: bays('empty'), occupied: bays('occupied') })

/** Moments of a door at which two cameras send pictures; @param shown what the second one is shown when the door is so */
async function live(name: string, cameras: [string, string], moments: number, shown: (truth: Truth) => Truth) {
  const pictures = cameras.map(both) as [ReturnType<typeof both>, ReturnType<typeof both>]
  for (const next of pictures) for (const state of TRUTHS) for (let i = 0; i < LABELLED; i++) next[state]()
  const right: Right = { joined: 0, good: 0, other: 0 }
  const truths = new Map<number, Truth>()
  for (let i = 0; i < moments; i++) {
    const truth = anyTruth()
    clock += STEP_MS
    truths.set(clock, truth)
    const said = [truth, shown(truth)].map(async (state, one) => {
      const frame = await server.send(cameras[one] ?? '', pictures[one as 0 | 1][state](), clock)
      return (await server.ended(frame)).result.best
    })
    const [good, other] = await Promise.all(said)
    const { joined } = await door(name)
    right.joined += Number(joined.best === truth)
    right.good += Number(good === truth)
    right.other += Number(other === truth)
  }
  return { right, truths }
}

beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

describe.skipIf(!hasData)('a door that a camera sees, and one whose labels were random', () => {
  const cameras: [string, string] = ['pi/bay', 'pi/dice']

  beforeAll(async () => {
    await teachCamera(server, { camera: 'pi/bay', next: both(), perState: LABELLED })
    await teachCamera(server, { camera: 'pi/dice', next: both(), perState: LABELLED, labelOf: anyTruth })
    const members = cameras.map((source) => ({ source }))
    const { status } = await server.call('POST', '/api/doors', { name: 'bay', states: TRUTHS, debounce: 1, members })
    expect(status).toBe(201)
  }, 60_000)

  test('weighs each by what was measured of it', async () => {
    const body = await door('bay')
    const [good, dice] = [memberOf(body, 'pi/bay'), memberOf(body, 'pi/dice')]
    expect(good.measured).toBeGreaterThanOrEqual(LABELLED)
    expect(good.balancedAccuracy).toBeGreaterThan(0.85)
    expect(good.weight).toBeGreaterThan(0.8)
    expect(dice.weight).toBeLessThan(0.4)
  })

  test('joined is no worse than the better one', async () => {
    const { right } = await live('bay', cameras, MOMENTS, (truth) => truth)
    expect(right.joined).toBeGreaterThanOrEqual(Math.max(right.good, right.other) - CHANCE)
    expect(right.good).toBeGreaterThan(0.85 * MOMENTS)
  })

  test('has results, a state and transitions as a camera has, with what each member said', async () => {
    const { body: results } = await server.call('GET', '/api/doors/bay/results?limit=1000')
    expect(results.items.length).toBeGreaterThanOrEqual(MOMENTS)
    const last = results.items.at(-1)
    expect(last.details.members.map(({ source }: { source: string }) => source)).toEqual(cameras)
    expect(Object.keys(last.probabilities)).toEqual(TRUTHS)
    const { body: state } = await server.call('GET', '/api/doors/bay/state')
    expect([...TRUTHS, 'unknown']).toContain(state.state)
    expect(state.frame).toBeNull()
    const { body: transitions } = await server.call('GET', '/api/doors/bay/transitions')
    expect(transitions.items.length).toBeGreaterThan(0)
    const { body: ready } = await server.call('GET', '/api/health/ready')
    expect(ready.checks.filter(({ name }: { name: string }) => name === 'door')).toEqual([])
  })

  test('is what alerts are about, as a camera is', async () => {
    const rule = { kind: 'state', subject: 'doors/bay', forMs: 0, severity: 'warning' }
    for (const state of TRUTHS) {
      const made = await server.call('POST', '/api/alert-rules', { ...rule, name: `It is ${state}`, params: { state } })
      expect(made.status).toBe(201)
    }
    await live('bay', cameras, 4, (truth) => truth)
    const alert = await until(async () => (await server.call('GET', '/api/alerts')).body.items[0])
    expect(alert).toMatchObject({ subject: 'doors/bay' })
  })

  test('knows what its members said last when the server starts again', async () => {
    const before = await door('bay')
    await server.app.close()
    server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: server.dataDir })
    const after = await door('bay')
    expect(after.joined).toEqual(before.joined)
    expect(after.members).toEqual(before.members)
  })
})

describe.skipIf(!hasData)('a door that two cameras see, of which one became random after it was measured', () => {
  const cameras: [string, string] = ['pi/left', 'pi/right']

  beforeAll(async () => {
    for (const camera of cameras) await teachCamera(server, { camera, next: both(), perState: LABELLED })
  }, 60_000)

  test('labels of disagreements take its weight away, and joined is no worse than the better one', async () => {
    const members = cameras.map((source) => ({ source }))
    await server.call('POST', '/api/doors', { name: 'pair', states: TRUTHS, debounce: 1, members })
    const before = memberOf(await door('pair'), 'pi/right')
    expect(before.weight).toBeGreaterThan(0.8)
    const { truths } = await live('pair', cameras, 2 * MOMENTS, anyTruth)

    const { body: list } = await server.call('GET', '/api/doors/pair/disagreements?order=surest&limit=20')
    expect(list.items.length).toBeGreaterThanOrEqual(8)
    for (const { at, members: said } of list.items) {
      const truth = truths.get(Date.parse(at)) ?? truths.get(Date.parse(said[0].at))
      expect(new Set(said.map(({ says }: { says: string }) => says)).size).toBe(2)
      for (const { frame, kind } of said) {
        expect(kind).toBe('camera')
        const { status } = await server.call('PUT', `/api/frames/${frame}/label`, { state: truth })
        expect(status).toBeLessThan(300)
      }
    }
    const again = await server.call('GET', '/api/doors/pair/disagreements?order=surest&limit=20')
    for (const { members: said } of again.body.items) for (const { label } of said) expect(TRUTHS).toContain(label)

    const body = await until(async () => {
      const now = await door('pair')
      return memberOf(now, 'pi/right').since > 0 && now
    })
    const [left, right] = [memberOf(body, 'pi/left'), memberOf(body, 'pi/right')]
    expect(right.weight).toBeLessThan(before.weight / 2)
    expect(left.weight).toBeGreaterThan(0.8)
    const { right: counts } = await live('pair', cameras, 30, anyTruth)
    expect(counts.joined).toBeGreaterThanOrEqual(Math.max(counts.good, counts.other) - CHANCE)
  }, 60_000)
})
