/** What the wall asks the server for, without a browser around it: the stream of events, and each new frame at the width of a tile. */
export class WallViewer {
  readonly #base: string
  readonly #headers: Record<string, string>
  readonly #ending = new AbortController()
  /** Newest frame of each camera that is not here yet, and cameras whose picture is on its way. */
  readonly #wanted = new Map<string, string>()
  readonly #loading = new Set<string>()
  bytes = 0
  pictures = 0

  constructor(base: string, token: string) {
    this.#base = base
    this.#headers = { authorization: `Bearer ${token}` }
  }

  start() {
    void this.#listen().catch((error) => {
      if (!this.#ending.signal.aborted) throw error
    })
  }

  close() {
    this.#ending.abort()
  }

  async #listen() {
    const { signal } = this.#ending
    const answer = await fetch(`${this.#base}/api/events`, { headers: this.#headers, signal })
    let rest = ''
    for await (const chunk of answer.body ?? []) {
      this.bytes += chunk.length
      const lines = (rest + Buffer.from(chunk).toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: {"frame"')) this.#want(JSON.parse(line.slice(6)))
    }
  }

  #want({ frame, camera }: { frame: string; camera: string }) {
    this.#wanted.set(camera, frame)
    if (!this.#loading.has(camera)) void this.#load(camera).catch(() => {})
  }

  /** One at a time for each camera: what comes meanwhile is passed over. */
  async #load(camera: string) {
    this.#loading.add(camera)
    for (let frame = this.#wanted.get(camera); frame !== undefined; frame = this.#wanted.get(camera)) {
      this.#wanted.delete(camera)
      const address = `${this.#base}/api/frames/${frame}/image?width=320`
      const answer = await fetch(address, { headers: this.#headers, signal: this.#ending.signal })
      this.bytes += (await answer.arrayBuffer()).byteLength
      if (answer.ok) this.pictures += 1
    }
    this.#loading.delete(camera)
  }
}
