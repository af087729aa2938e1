import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AlertRow } from '../database/schema-alerts.ts'
import { conflict, notFound } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'
import type { Log } from '../logging/levels.ts'
import type { AlertKind, Facts, Found } from './alert-kind.ts'
import type { AlertRows, Change } from './alert-rows.ts'
import { endedInWords, firingInWords } from './alert-words.ts'
import type { AlertRule, Rules } from './rules.ts'
import { afterAbsence, afterClockStep, type Course, step } from './step.ts'
import type { Moment, Subjects } from './subjects.ts'
import { Watch } from './watch.ts'

export interface EnginePorts {
  rules: Pick<Rules, 'enabled' | 'find'>
  subjects: Subjects
  rows: AlertRows
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. */
  monotonic(): number
}

const LOOK_MS = 1000
/** It takes some milliseconds, and then others have their turn: two hundred rules of a thousand cameras are twenty times as many. */
const LOOKS_AT_ONCE = 10_000
/** Changes in one transaction: others write between two. */
const AT_ONCE = 200
const PRUNE_MS = 600_000
/** What stands costs memory, and a message each that is retained. */
const MOST_STANDING = 10_000
/** Places that only alerts of the server itself take: all cameras at once do not hide that its disk is full. */
const FOR_SERVER = 200
/** So often a row says by when its alert was still looked at. */
const NOTE_MS = 60_000

type Subject = Facts[keyof Facts]

/**
 * Looks every second what the rules say, and takes each alert one step further: the row, the event and the messages to
 * webhooks are one transaction. Nothing changes here before it is committed, so what a disk refuses is done at a later look.
 */
export class Engine {
  readonly #ports: EnginePorts
  readonly #watch: Watch
  /** Alerts that have not ended, by `rule subject`. */
  readonly #standing = new Map<string, AlertRow>()
  /** A look and what people do to alerts come one after the other. */
  readonly #turn = new InTurn(1)
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #isClosing = false
  #trouble: string | null = null
  #isFull = false
  #notedAt = 0
  #prunedAt = Number.NEGATIVE_INFINITY

  constructor(ports: EnginePorts) {
    this.#ports = ports
    this.#watch = new Watch(ports)
  }

  /** Knows again what stood; nobody looked since. */
  async load() {
    const now = this.#watch.begin()
    const rows = await this.#ports.rows.standing()
    this.#standing.clear()
    for (const row of rows) this.#standing.set(keyOf(row), { ...row, ...afterAbsence(row, row.looked_at, now) })
    this.#notedAt = now
  }

  start() {
    const again = async () => {
      this.#looking = this.look()
      await this.#looking
      if (!this.#isClosing) this.#timer = setTimeout(again, LOOK_MS)
    }
    this.#timer = setTimeout(again, LOOK_MS)
  }

  async close() {
    this.#isClosing = true
    clearTimeout(this.#timer)
    await this.#looking
    await this.#note(this.#ports.now()).catch(() => {}) // the disk refuses: then a minute more does not count
  }

  /** Those that fire; those that are pending too, where they are asked for. */
  alerts({ pending = false } = {}): AlertRow[] {
    return [...this.#standing.values()].filter(({ state }) => pending || state === 'firing')
  }

  /** Why nothing is looked at right now, or null. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Whether so many alerts stand that new ones find no place. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** One look at all there is; never rejects. */
  async look(): Promise<void> {
    try {
      await this.#turn.run(() => this.#look())
      if (this.#trouble !== null) this.#ports.log.info('alerts are looked at again')
      this.#trouble = null
    } catch (error) {
      if (this.#trouble === null) this.#ports.log.warn({ err: error }, 'alerts cannot be looked at; trying again')
      this.#trouble = (error as Error).message
    }
  }

  /**
   * Somebody has seen that it stands, or takes that back.
   * @throws HttpError 404; 409 `not_standing` where it has ended, or does not fire yet
   */
  acknowledge(id: number, by: string | null): Promise<AlertRow> {
    return this.#turn.run(async () => {
      const alert = [...this.#standing.values()].find((one) => one.id === id)
      if (alert?.state !== 'firing') {
        if (!(await this.#ports.rows.find(id))) throw notFound(`the alert ${id}`)
        throw conflict('not_standing', `the alert ${id} does not stand: there is nothing to acknowledge`)
      }
      if ((alert.acknowledged_at !== null) === (by !== null)) return alert
      const acknowledged_at = by === null ? null : this.#ports.now()
      const to = by === null ? 'unacknowledged' : 'acknowledged'
      const [changed = alert] = await this.#commit([{ to, alert: { ...alert, acknowledged_at, acknowledged_by: by } }])
      return changed
    })
  }

  /** Somebody has seen those of them that stand and that nobody had seen. @returns these, as they are now */
  acknowledgeAll(ids: ReadonlySet<number>, by: string): Promise<AlertRow[]> {
    return this.#turn.run(async () => {
      const seen = { acknowledged_at: this.#ports.now(), acknowledged_by: by }
      const changes = this.alerts()
        .filter(({ id, acknowledged_at }) => ids.has(id) && acknowledged_at === null)
        .map((alert): Change => ({ to: 'acknowledged', alert: { ...alert, ...seen } }))
      return this.#commitAll(changes)
    })
  }

  async #look() {
    const { moment, step: clockStep } = this.#watch.look()
    if (clockStep !== 0)
      for (const [key, alert] of this.#standing)
        this.#standing.set(key, { ...alert, ...afterClockStep(alert, clockStep) })
    const changes = await this.#changes(moment)
    await this.#commitAll(changes)
    if (clockStep !== 0 || Math.abs(moment.now - this.#notedAt) >= NOTE_MS) await this.#note(moment.now)
    if (Math.abs(moment.now - this.#prunedAt) < PRUNE_MS) return
    this.#prunedAt = moment.now
    await this.#ports.rows.prune()
  }

  async #changes(moment: Moment): Promise<Change[]> {
    const { rules } = this.#ports
    const enabled = rules.enabled()
    const facts = await this.#facts(enabled, moment)
    const changes: Change[] = []
    const looked = new Set<string>()
    let standing = this.#standing.size
    let isFull = false
    let looks = 0
    for (const rule of enabled) {
      if (rule.kind === null) continue
      const kind = rule.kind
      const most = kind.subject === 'server' ? MOST_STANDING : MOST_STANDING - FOR_SERVER
      for (const subject of subjectsOf(rule, facts[kind.subject])) {
        const key = keyOf({ rule: rule.id, subject: subject.subject })
        const alert = this.#standing.get(key)
        if (alert) looked.add(key)
        if (++looks % LOOKS_AT_ONCE === 0) await nextTurn()
        const change = changeOf(rule, kind, subject, alert, moment, standing < most)
        if (change === 'no_room') isFull = true
        else if (change) {
          changes.push(change)
          if (!alert) standing += 1
        }
      }
    }
    this.#isFull = isFull
    for (const [key, alert] of this.#standing) {
      if (looked.has(key)) continue
      const rule = rules.find(alert.rule)
      if (rule?.enabled && rule.kind === null) continue // another release goes on with it
      changes.push(ended(alert, this.#whyUnlooked(alert, rule, facts), moment.now))
    }
    return changes
  }

  async #facts(rules: AlertRule[], moment: Moment) {
    const { subjects } = this.#ports
    const sensors = rules.flatMap(({ kind, params }) => kind?.sensorsOf?.(params) ?? [])
    const readings = await subjects.readings([...new Set(sensors)])
    return {
      camera: subjects.cameras(moment),
      device: subjects.devices(moment, readings),
      server: subjects.server(moment),
    }
  }

  #whyUnlooked({ subject }: AlertRow, rule: AlertRule | null, facts: Record<string, ReadonlyMap<string, unknown>>) {
    if (rule === null) return 'its rule was deleted'
    if (!rule.enabled) return 'its rule was switched off'
    if (rule.kind && facts[rule.kind.subject]?.has(subject)) return 'its rule is not about it any more'
    return this.#ports.subjects.whyGone(subject)
  }

  async #commitAll(changes: Change[]): Promise<AlertRow[]> {
    const rows: AlertRow[] = []
    for (let i = 0; i < changes.length; i += AT_ONCE) rows.push(...(await this.#commit(changes.slice(i, i + AT_ONCE))))
    return rows
  }

  /** Writes changes, and makes them known. @returns the rows that were written */
  async #commit(changes: Change[]): Promise<AlertRow[]> {
    const { committed, tell } = await this.#ports.rows.write(changes)
    for (const { to, alert } of committed) {
      if (to === 'dropped' || to === 'resolved') this.#standing.delete(keyOf(alert))
      else this.#standing.set(keyOf(alert), alert)
    }
    tell()
    return committed.map(({ alert }) => alert)
  }

  /** Rows say what counts of the time until now; a start goes by that. */
  async #note(now: number) {
    this.#notedAt = now
    await this.#ports.rows.note([...this.#standing.values()].filter(isPending), now)
  }
}

function isPending({ state }: AlertRow): boolean {
  return state === 'pending'
}

function keyOf({ rule, subject }: Pick<AlertRow, 'rule' | 'subject'>): string {
  return `${rule} ${subject}`
}

function subjectsOf({ subject }: AlertRule, all: ReadonlyMap<string, Subject>): Iterable<Subject> {
  if (subject === null) return all.values()
  const only = all.get(subject)
  return only ? [only] : []
}

function changeOf(
  rule: AlertRule,
  kind: AlertKind,
  facts: Subject,
  alert: AlertRow | undefined,
  moment: Moment,
  hasRoom: boolean,
): Change | 'no_room' | null {
  const look = kind.look(facts as never, rule.params, alert?.state === 'firing')
  const next = step(alert ?? null, look, rule, moment)
  if (next === null) return null
  if (!alert && !hasRoom) return 'no_room'
  const { now } = moment
  switch (next.to) {
    case 'pending':
      if (!look.holds) return null
      return { to: 'pending', alert: { ...blank(rule, kind, facts.subject, look, now), ...next.changes } }
    case 'firing': {
      if (!look.holds) return null
      const fresh = blank(rule, kind, facts.subject, look, now)
      const text = firingInWords(look.text, next.changes.since, now)
      return { to: 'fired', alert: { ...fresh, id: alert?.id ?? fresh.id, ...next.changes, fired_at: now, text } }
    }
    case 'kept':
      return alert ? { to: 'kept', alert: { ...alert, ...next.changes, looked_at: now } } : null
    default:
      return alert ? ended(alert, 'why' in look ? look.why : undefined, now) : null
  }
}

/**
 * What never fired leaves no trace; what did goes on to say what was found.
 * @param why where it is not simply over
 */
function ended(alert: AlertRow, why: string | undefined, now: number): Change {
  if (alert.state === 'pending') return { to: 'dropped', alert }
  const text = endedInWords(alert.was, (alert.clear_since ?? now) - alert.since, why)
  const end = { state: 'resolved', resolved_at: now, clear_since: null, text } as const
  return { to: 'resolved', alert: { ...alert, ...end } }
}

/** The row gives it its id. */
function blank(rule: AlertRule, kind: AlertKind, subject: string, { text, was, value }: Found, now: number): AlertRow {
  const nothing: Course & Partial<AlertRow> = {
    ...{ state: 'pending', since: now, unseen_ms: 0, unseen_since: null, clear_since: null },
  }
  return {
    ...{ id: 0, rule: rule.id, name: rule.name, kind: kind.name, subject, severity: rule.severity, ...nothing },
    ...{ looked_at: now, fired_at: null, resolved_at: null, acknowledged_at: null, acknowledged_by: null },
    ...{ text, was, value_json: JSON.stringify(value) },
  }
}
