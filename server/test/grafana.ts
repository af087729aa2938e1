/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Grafana's variables are written like this */

import { readdirSync, readFileSync } from 'node:fs'

/**
 * What Grafana asks InfluxDB for a dashboard, as far as a test needs it: variables and macros are put into queries as its
 * data source for InfluxQL does.
 */

const FOLDER = new URL('../../deploy/grafana/dashboards/', import.meta.url)
/** Steps of a graph: what Grafana rounds to when it divides a range by the width of a panel. */
const STEPS = ['1s', '2s', '5s', '10s', '15s', '20s', '30s', '1m', '2m', '5m', '10m', '15m', '20m', '30m', '1h', '2h']
  .concat(['3h', '6h', '12h', '1d', '7d'])
  .map((text) => ({ text, ms: msOf(text) }))
const POINTS_OF_A_PANEL = 1000

export interface Range {
  from: number
  to: number
}

/** The values of variables; a list is what a variable with several of them has. */
export type Values = Record<string, string | string[]>

export interface Asked {
  dashboard: string
  panel: string
  influxql: string
  /** Steps are at least so long, as `1m`. */
  interval?: string
}

/** Every query of every panel, and of every variable. */
export function queriesOfDashboards(): Asked[] {
  return readdirSync(FOLDER).flatMap((file) => {
    const { title, panels, templating } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))
    const ofPanels = panels.flatMap((panel: Panel) =>
      (panel.targets ?? []).map(({ refId, query }) => ({
        dashboard: title,
        panel: `${panel.title} ${refId}`,
        influxql: query,
        ...(panel.interval === undefined ? {} : { interval: panel.interval }),
      })),
    )
    const ofVariables = templating.list
      .filter(({ type }: Variable) => type === 'query')
      .map(({ name, query }: Variable) => ({ dashboard: title, panel: `variable ${name}`, influxql: query }))
    return [...ofPanels, ...ofVariables]
  })
}

interface Panel {
  title: string
  interval?: string
  targets?: { refId: string; query: string }[]
}

interface Variable {
  name: string
  type: string
  query: string
}

/** The query as InfluxDB gets it. */
export function rendered({ influxql, interval }: Asked, { from, to }: Range, values: Values): string {
  const least = Math.max((to - from) / POINTS_OF_A_PANEL, interval === undefined ? 0 : msOf(interval))
  const step = STEPS.find(({ ms }) => ms >= least) ?? { text: '30d', ms: msOf('30d') }
  const macros: [name: string, value: string][] = [
    ['$timeFilter', `time >= ${from}ms and time <= ${to}ms`],
    ['$__interval_ms', String(step.ms)],
    ['$__interval', step.text],
    ['${__from}', String(from)],
    ['${__to}', String(to)],
  ]
  const withMacros = macros.reduce((text, [name, value]) => text.replaceAll(name, value), influxql)
  return withMacros.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, plain) => {
    const value = values[braced ?? plain]
    if (value === undefined) throw new Error(`nobody says what $${braced ?? plain} is: ${influxql}`)
    return Array.isArray(value) ? `(${value.map(escaped).join('|')})` : value
  })
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

function msOf(text: string): number {
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  return Number(text.slice(0, -1)) * (units[text.slice(-1)] ?? Number.NaN)
}

/** What an answer of InfluxDB says: `ok`, or what is wrong with it. */
export function judge(answer: InfluxAnswer): string {
  const wrong = [answer, ...(answer.results ?? [])].flatMap(({ error }) => error ?? [])
  if (wrong.length > 0) return `InfluxDB says: ${wrong.join(', ')}`
  const series = (answer.results ?? []).flatMap((result) => result.series ?? [])
  const filled = new Map<string, boolean>()
  for (const { columns, values } of series)
    columns.forEach((column, index) => {
      if (column !== 'time') filled.set(column, filled.get(column) || values.some((row) => row[index] !== null))
    })
  if (filled.size === 0) return 'the answer is empty'
  const empty = [...filled].filter(([, isFilled]) => !isFilled).map(([column]) => column)
  return empty.length === 0 ? 'ok' : `nothing is in ${empty.join(', ')}`
}

export interface InfluxAnswer {
  error?: string
  results?: { error?: string; series?: { columns: string[]; values: unknown[][] }[] }[]
}
