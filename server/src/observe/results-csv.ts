import type { ResultRow } from '../database/schema.ts'
import { iso } from '../http/shapes.ts'

/** A page of results after a key, in the order of the keys. */
export type PageAfter = (key: Pick<ResultRow, 'captured_at' | 'model'> | null, limit: number) => Promise<ResultRow[]>

const PAGE = 1000
const HEADER = 'captured_at,state,confidence,best,reason,model,latency_ms,late\r\n'

/**
 * All results as RFC 4180, a page in memory at a time: the next one is read when the reader has taken the one before.
 * No field can hold a comma or a quote: they are names, numbers and times of ours.
 */
export async function* resultsCsv(pageAfter: PageAfter): AsyncGenerator<string> {
  yield HEADER
  let page = await pageAfter(null, PAGE)
  while (page.length > 0) {
    yield page.map(line).join('')
    page = page.length < PAGE ? [] : await pageAfter(page.at(-1) ?? null, PAGE)
  }
}

function line(row: ResultRow): string {
  const { captured_at, state, confidence, best, reason, model, latency_ms, late } = row
  return `${[iso(captured_at), state, confidence, best, reason, model, latency_ms, late].join()}\r\n`
}
