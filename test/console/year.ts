import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { door } from '../journeys/pictures.ts'
import type { System } from '../journeys/system.ts'

export const CAMERA = 'yard-pi/gate'
export const OPENINGS_A_YEAR = 365

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Days that are told: longer than a year is. */
const DAYS = 380
const APART = 20 * MINUTE
/** Every day the door opens so long before the time of day at which the test began, for two results. */
const OPENED_BEFORE = 6 * HOUR
const DOUBTFUL_DAYS_AGO = 100
/** As many as can be looked at. */
const NEWEST = 6

export interface Year {
  /** The frame of which the model was least certain, and how much: 0..1. */
  doubtful: string
  confidence: number
  /** Frames of the last minutes, the oldest first. */
  newest: string[]
  /** All results that there are. */
  results: number
}

/**
 * A camera that was looked at for more than a year: what its server would have recorded, by the columns of its database.
 * Its newest frames and the doubtful one have pictures.
 */
export async function tellYear(system: System): Promise<Year> {
  const now = Date.now()
  const doubtfulAt = now - DOUBTFUL_DAYS_AGO * DAY
  const newestAt = Array.from({ length: NEWEST }, (_, i) => now - (NEWEST - i) * MINUTE)
  for (const at of [doubtfulAt, ...newestAt]) {
    await system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${at}`, await door('closed'))
    await system.ended(`${CAMERA}/${at}`)
  }
  await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { states: ['closed', 'open'] })
  await system.stopServer()
  const state = new DatabaseSync(join(system.dataDir, 'state.db'))
  state.exec('begin; delete from results; delete from result_rollups; delete from transitions')
  const say = state.prepare(
    `insert into results (camera, captured_at, model, state, best, confidence, probabilities_json, latency_ms, late)
     values ('${CAMERA}', ?, '${CAMERA}@1', ?, ?, ?, ?, 20, 0)`,
  )
  const change = state.prepare(
    `insert into transitions (camera, at, from_state, to_state, frame_at) values ('${CAMERA}', ?, ?, ?, ${doubtfulAt})`,
  )
  let results = 0
  const result = (at: number, name: 'open' | 'closed', confidence: number) => {
    say.run(at, name, name, confidence, JSON.stringify({ [name]: confidence }))
    results++
  }
  for (let day = DAYS; day > 0; day--) {
    const opened = now - OPENED_BEFORE - (day - 1) * DAY
    // The day ends before the frames that have pictures.
    for (let at = opened - 17 * HOUR; at < opened + OPENED_BEFORE; at += APART) {
      const isOpen = at >= opened && at < opened + 2 * APART
      result(at, isOpen ? 'open' : 'closed', 0.95)
    }
    change.run(opened, 'closed', 'open')
    change.run(opened + 2 * APART, 'open', 'closed')
  }
  const confidence = 0.07
  state.prepare('delete from results where captured_at = ?').run(doubtfulAt)
  result(doubtfulAt, 'closed', confidence)
  for (const at of newestAt) result(at, 'closed', 0.95)
  state.exec('commit')
  state.close()
  await system.startServer()
  return { doubtful: `${CAMERA}/${doubtfulAt}`, confidence, newest: newestAt.map((at) => `${CAMERA}/${at}`), results }
}
