import { decoded } from './decoded.ts'

/** One that cannot be had is asked for again after so long, then after twice as long. Milliseconds. */
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 64_000

/** @param width pixels; the server keeps pictures of 160, 320, 640 and 1280 ready */
export const pictureAddress = (frame: string, width?: number) =>
  `/api/frames/${frame}/image${width === undefined ? '' : `?width=${width}`}`

export interface WantedPicture {
  frame: string | null
  alt: string
  /** Whether somebody asked for this very frame: then no other one is shown in its place, not even while it comes. */
  isChosen?: boolean
}

/**
 * Keeps the newest picture of a camera in a place of the page. At most one is on its way, frames that come meanwhile are
 * passed over, and the old picture stays until the new one is decoded, so that nothing flickers. Nothing is loaded for a
 * place that is out of view or a page that nobody looks at.
 */
export class PictureLoader {
  readonly #place: HTMLElement
  readonly #width: number
  readonly #ending = new AbortController()
  readonly #observer: IntersectionObserver
  #wanted: WantedPicture = { frame: null, alt: '' }
  #shown: string | null = null
  /** Not asked for now: it failed, or it is gone for good. */
  #passedOver: string | null = null
  #retryMs = FIRST_RETRY_MS
  #retry: ReturnType<typeof setTimeout> | undefined
  #isInView = false
  /** The picture that is on its way. */
  #loading: AbortController | null = null

  constructor(place: HTMLElement, width: number) {
    this.#place = place
    this.#width = width
    this.#observer = new IntersectionObserver((entries) => {
      this.#isInView = entries.at(-1)?.isIntersecting ?? false
      this.#load()
    })
  }

  start() {
    this.#observer.observe(this.#place)
    document.addEventListener('visibilitychange', () => this.#load(), { signal: this.#ending.signal })
  }

  /** Where there is no frame, or another one was chosen, the place is empty at once. */
  show(wanted: WantedPicture) {
    const { frame, isChosen = false } = wanted
    const wasChosen = this.#wanted.isChosen ?? false
    const isOther = frame !== this.#wanted.frame
    this.#wanted = wanted
    if (frame === null) this.#empty('none')
    else if (isOther && (isChosen || wasChosen)) this.#empty('coming')
    else if (this.#place.dataset.picture === 'none') this.#place.dataset.picture = 'coming'
    this.#load()
  }

  /** The server is back: one that failed while it was away is asked for at once. */
  again() {
    if (this.#place.dataset.picture !== 'failed') return
    clearTimeout(this.#retry)
    this.#retryMs = FIRST_RETRY_MS
    this.#passedOver = null
    this.#load()
  }

  close() {
    this.#ending.abort()
    this.#loading?.abort()
    clearTimeout(this.#retry)
    this.#observer.disconnect()
  }

  #empty(why: 'none' | 'coming' | 'gone') {
    this.#loading?.abort()
    this.#loading = null
    this.#shown = null
    this.#place.dataset.picture = why
    this.#place.replaceChildren()
  }

  #load() {
    if (this.#isDue()) void this.#loadNext()
  }

  async #loadNext() {
    const { frame, alt } = this.#wanted
    if (frame === null) return
    const loading = new AbortController()
    this.#loading = loading
    const answer = await decoded(pictureAddress(frame, this.#width), loading.signal)
    if (this.#loading !== loading || loading.signal.aborted) return // the place was emptied meanwhile
    this.#loading = null
    if (answer === 'gone') this.#giveUp(frame)
    else if (answer === 'failed') this.#tryLater(frame)
    else this.#put(frame, answer, alt)
    this.#load()
  }

  #put(frame: string, image: HTMLImageElement, alt: string) {
    this.#shown = frame
    this.#retryMs = FIRST_RETRY_MS
    image.alt = alt
    this.#place.dataset.picture = 'shown'
    this.#place.replaceChildren(image)
  }

  /** A picture that is older than one that is gone is gone as well. */
  #giveUp(frame: string) {
    clearTimeout(this.#retry)
    this.#passedOver = frame
    if (frame === this.#wanted.frame) this.#empty('gone')
  }

  /** A newer frame is asked for at once. */
  #tryLater(frame: string) {
    this.#passedOver = frame
    this.#place.dataset.picture = 'failed'
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#passedOver = null
      this.#load()
    }, this.#retryMs)
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS)
  }

  #isDue(): boolean {
    const isSeen = this.#isInView && document.visibilityState === 'visible' && !this.#ending.signal.aborted
    const { frame } = this.#wanted
    return isSeen && !this.#loading && frame !== null && frame !== this.#shown && frame !== this.#passedOver
  }
}
