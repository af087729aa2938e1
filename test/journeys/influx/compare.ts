import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { InfluxdProcess } from '../../setup/influxd.ts'

/** What names each point that is to be there: read past the server's own code from its rows, and asked of InfluxDB. */
export type Keys = Record<'result' | 'probability' | 'transition' | 'reading', string[]>

interface Recorded {
  camera: string
  at: number
  state: string
  model: string
  probabilities: string | null
}

/** @param dataDir of a server, which may run */
export function recordedIn(dataDir: string): Keys {
  const database = new DatabaseSync(join(dataDir, 'state.db'), { readOnly: true, timeout: 10_000 })
  try {
    const all = <Row>(sql: string) => database.prepare(sql).all() as Row[]
    const results = all<Recorded>(
      'select camera, captured_at as at, state, model, probabilities_json as probabilities from results',
    )
    return {
      result: results.map(({ camera, at, state, model }) => `${camera} ${state} ${model || 'none'} ${at}`).toSorted(),
      probability: results
        .flatMap(({ camera, at, probabilities }) =>
          Object.keys(JSON.parse(probabilities ?? '{}')).map((state) => `${camera} ${state} ${at}`),
        )
        .toSorted(),
      transition: all<Recorded & { to_state: string }>('select camera, at, to_state from transitions')
        .map(({ camera, at, to_state }) => `${camera} ${to_state} ${at}`)
        .toSorted(),
      reading: all<{ device: string; sensor: string; at: number; value_json: string }>('select * from readings')
        .map(({ device, sensor, at, value_json }) => `${device}/${sensor} ${value_json} ${at}`)
        .toSorted(),
    }
  } finally {
    database.close()
  }
}

export async function pointsIn(influxd: InfluxdProcess, database: string, user: string): Promise<Keys> {
  const ask = async (query: string, keyOf: (row: Record<string, unknown>) => string) =>
    (await influxd.query(database, query, user)).map(keyOf).toSorted()
  const ofCamera = ({ device, camera, state, time }: Record<string, unknown>, ...more: unknown[]) =>
    [`${device}/${camera}`, state, ...more, time].join(' ')
  return {
    result: await ask('select device, camera, state, model, latency_ms from result where skipped = false', (row) =>
      ofCamera(row, row.model),
    ),
    probability: await ask('select device, camera, state, value from probability', (row) => ofCamera(row)),
    transition: await ask('select device, camera, state, "to" from transition where superseded = false', (row) =>
      ofCamera(row),
    ),
    reading: await ask(
      'select device, sensor, value from reading',
      ({ device, sensor, value, time }) => `${device}/${sensor} ${value} ${time}`,
    ),
  }
}

/** What is missing, and what is there that should not be or is there twice. */
export function differences(wanted: Keys, found: Keys): string[] {
  return (Object.keys(wanted) as (keyof Keys)[]).flatMap((measurement) => {
    const [want, have] = [new Set(wanted[measurement]), new Set(found[measurement])]
    const twice = found[measurement].length - have.size
    return [
      ...[...want.difference(have)].map((key) => `not there: ${measurement} ${key}`),
      ...[...have.difference(want)].map((key) => `there without cause: ${measurement} ${key}`),
      ...(twice > 0 ? [`${twice} points of ${measurement} are there twice`] : []),
    ]
  })
}
