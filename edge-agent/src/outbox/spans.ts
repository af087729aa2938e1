import type { Item } from './item.ts'

/** Milliseconds since 1970 UTC, both ends included. */
export interface Span {
  fromMs: number
  toMs: number
}

/** Two spans of a camera that overlap become one, so that many are needed only where many cameras have much to tell. */
const KEPT = 256

/** The times around changes and edges, whose frames are important: those that come learn it from here. */
export class Spans {
  #spans: { fromMs: number; toMs: number; camera: string | undefined }[] = []

  add({ fromMs, toMs }: Span, camera?: string): void {
    const touched = this.#spans.find((span) => span.camera === camera && span.fromMs <= toMs && span.toMs >= fromMs)
    if (touched) {
      touched.fromMs = Math.min(touched.fromMs, fromMs)
      touched.toMs = Math.max(touched.toMs, toMs)
      return
    }
    this.#spans.push({ fromMs, toMs, camera })
    if (this.#spans.length > KEPT) this.#spans.shift()
  }

  cover({ kind, source, atMs }: Item): boolean {
    if (kind !== 'frame') return false
    return this.#spans.some(
      ({ fromMs, toMs, camera }) => atMs >= fromMs && atMs <= toMs && (camera === undefined || camera === source),
    )
  }
}
