/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: Grafana's variables are written like this */

import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'

/** The data source of a dashboard is its first variable, so that a dashboard can be imported into any Grafana. */
export const SOURCE = { type: 'influxdb', uid: '${datasource}' }

/** One query in InfluxQL as Grafana's data source keeps it. */
interface InfluxQuery extends Dataquery {
  refId: string
  datasource: typeof SOURCE
  query: string
  rawQuery: true
  resultFormat: 'time_series' | 'table'
  alias?: string
}

export interface Query {
  influxql: string
  /** Name of each series; `$tag_camera` is the value of a tag. */
  alias?: string
  /** One table of all; else one series for each group. */
  table?: boolean
}

/** Queries of a panel, named A, B, ... as Grafana does. */
export function targets(...queries: Query[]): Builder<Dataquery>[] {
  return queries.map(({ influxql, alias, table }, index) => {
    const query: InfluxQuery = {
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: SOURCE,
      query: influxql.replace(/\s+/g, ' ').trim(),
      rawQuery: true,
      resultFormat: table ? 'table' : 'time_series',
      ...(alias === undefined ? {} : { alias }),
      _implementsDataqueryVariant() {},
    }
    return { build: () => query }
  })
}

/**
 * The range of the dashboard, of which at most the last days: single frames of a year are some thirty million of each
 * camera. What is older is read from the rollups.
 */
export const lastDays = (days: number) => `$timeFilter AND time >= \${__to}ms - ${days}d`

/**
 * Transitions of the range and of a month before it, so that a timeline knows the state it begins in; of a range longer
 * than a month the last month, for nobody can tell thousands of changes apart.
 */
export const SINCE_BEFORE =
  'time >= ${__from}ms - 30d AND time >= ${__to}ms - 60d AND time <= ${__to}ms AND "superseded" = false'

/** What is newest, whatever the range of the dashboard. */
export const WITHIN_A_YEAR = 'time > now() - 365d'

/** Counted in each step of a panel and told per hour, so that a figure means the same at every zoom. */
export const perHour = (sum: string) => `${sum} * 3600000 / $__interval_ms`
export const perMinute = (sum: string) => `${sum} * 60000 / $__interval_ms`

/**
 * Of all results of hours, each counted alike. Weighted in the query, by one query around another, it took InfluxDB four
 * times as long: 10 s of a core for a year of 50 cameras.
 */
export const MEAN_CONFIDENCE = 'sum("confidence_sum") / sum("confident")'
