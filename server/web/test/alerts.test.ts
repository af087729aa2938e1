import { beforeEach, expect, test, vi } from 'vitest'
import type { AlertBody } from '../src/api/alert-bodies.ts'
import { Alerts } from '../src/live/alerts.ts'
import { alertsInWords } from '../src/live/announcements.ts'
import { byUrgency } from '../src/live/urgency.ts'
import { openAt, serve, stub } from './browser.ts'

const at = (second: number) => new Date(1_800_000_000_000 + second * 1000).toISOString()
const alert = (id: number, more: Partial<AlertBody> = {}): AlertBody => ({
  ...{ id, rule: 'r', name: 'Door open', kind: 'state', subject: 'pi/door', severity: 'warning', state: 'firing' },
  ...{ since: at(id), firedAt: at(id), resolvedAt: null, acknowledgedAt: null, acknowledgedBy: null },
  ...{ text: 'pi/door is open', value: 'open' },
  ...more,
})
const ended = (id: number) => alert(id, { state: 'resolved', resolvedAt: at(id + 60) })
const ids = () => alerts.all.value?.map(({ id }) => id)

let alerts: Alerts
let news: string[]

beforeEach(() => {
  openAt('/')
  alerts = new Alerts()
  news = []
  alerts.onNews(({ id, state }) => news.push(`${id} ${state}`))
})

test('those that stand are loaded page by page, and told apart by what they are about', async () => {
  const calls = serve((call) =>
    call.includes('cursor=more')
      ? [200, { items: [alert(3, { subject: 'pi' })], next: null }]
      : [200, { items: [alert(1), alert(2, { acknowledgedAt: at(9) })], next: 'more' }],
  )
  expect(alerts.all.value).toBeNull()
  await alerts.load()
  expect(calls).toHaveLength(2)
  expect(ids()).toEqual([3, 2, 1])
  expect(alerts.of('pi/door').map(({ id }) => id)).toEqual([2, 1])
  expect(alerts.of('pi').map(({ id }) => id)).toEqual([3])
  expect(alerts.of('pi/other')).toEqual([])
  expect(alerts.unacknowledged.value).toBe(2)
  expect(alerts.gravest.value).toBe('warning')
  alerts.take(alert(3, { subject: 'pi', severity: 'info' }))
  alerts.take(ended(1))
  expect([alerts.unacknowledged.value, alerts.gravest.value]).toEqual([1, 'info'])
  alerts.take(alert(4, { severity: 'critical', acknowledgedAt: at(9) }))
  expect(alerts.gravest.value).toBe('info')
  alerts.take(ended(3))
  expect(alerts.gravest.value).toBeNull()
})

test('what is loaded is no news', async () => {
  serve(() => [200, { items: [alert(1)], next: null }])
  await alerts.load()
  expect(news).toEqual([])
})

test('what is heard is told once: firing, seen, ended', async () => {
  serve(() => [200, { items: [alert(1)], next: null }])
  await alerts.load()
  alerts.take(alert(2, { state: 'pending', firedAt: null }))
  expect(ids()).toEqual([1])
  alerts.take(alert(2))
  alerts.take(alert(2, { acknowledgedAt: at(5), acknowledgedBy: 'mara' }))
  expect(ids()).toEqual([2, 1])
  expect(alerts.unacknowledged.value).toBe(1)
  alerts.take(ended(1))
  alerts.take(ended(1))
  expect(ids()).toEqual([2])
  expect(news).toEqual(['2 firing', '1 resolved'])
})

test('an answer that was asked for before an event does not undo it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  serve(() => [200, { items: [alert(1)], next: null }])
  const fetchNow = fetch
  stub('fetch', async (...asked: Parameters<typeof fetch>) => {
    await promise
    return fetchNow(...asked)
  })
  const loading = alerts.load()
  alerts.take(alert(2))
  alerts.take(ended(1))
  resolve()
  await loading
  expect(ids()).toEqual([2])
})

test('an answer to whoever was signed in before is shown to nobody', async () => {
  const answers: PromiseWithResolvers<void>[] = []
  serve(() => [200, { items: [alert(answers.length)], next: null }])
  const fetchNow = fetch
  stub('fetch', async (...asked: Parameters<typeof fetch>) => {
    const answer = Promise.withResolvers<void>()
    answers.push(answer)
    const said = await fetchNow(...asked)
    await answer.promise
    return said
  })
  const before = alerts.load()
  alerts.forget()
  const after = alerts.load()
  answers[0]?.resolve()
  await before
  expect(alerts.all.value).toBeNull()
  answers[1]?.resolve()
  await after
  expect(ids()).toEqual([2])
})

test('a server that is away is asked again; one that refuses is not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let answer: [number, object] | null = null
  const calls = serve(() => answer)
  await alerts.load()
  answer = [403, {}]
  await vi.advanceTimersByTimeAsync(60_000)
  vi.useRealTimers()
  expect(calls).toHaveLength(2)
  expect(alerts.all.value).toBeNull()
})

test('alerts are read out by name, many of them as numbers', () => {
  expect(alertsInWords([])).toBeNull()
  expect(alertsInWords([alert(1), ended(2)])).toBe(
    'Alert, warning: Door open, pi/door. Alert ended: Door open, pi/door',
  )
  expect(alertsInWords([alert(1), ended(1)])).toBe('Alert ended: Door open, pi/door')
  expect(alertsInWords([alert(1), alert(2), alert(3), ended(4)])).toBe('3 alerts fired, 1 ended')
})

test('what nobody has seen stands first, then what is gravest, then what is newest', () => {
  const seen = { acknowledgedAt: at(99), severity: 'critical' as const }
  const all = [alert(1), alert(2, seen), alert(3, { severity: 'critical' }), alert(4), alert(5, { severity: 'info' })]
  expect(all.sort(byUrgency).map(({ id }) => id)).toEqual([3, 4, 1, 5, 2])
})
