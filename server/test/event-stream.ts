import type { Undo } from './temporary-folder.ts'

export interface ServerEvent {
  event: string
  id: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every kind
  data: any
}

/** A reader of server-sent events, of GET /api/events unless told, as a browser is one. */
export class EventStream {
  readonly events: ServerEvent[] = []
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>
  readonly #abort = new AbortController()

  private constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#abort = abort
    this.ended = this.#read(body).catch(() => {})
  }

  static async open(
    undo: Undo,
    url: string,
    {
      token,
      query = '',
      path = `/api/events${query}`,
      lastEventId,
    }: { token: string; query?: string; path?: string; lastEventId?: number | string },
  ): Promise<EventStream> {
    const abort = new AbortController()
    const resume = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${token}`, ...resume },
      signal: abort.signal,
    })
    if (response.status !== 200 || !response.body) throw new Error(`${response.status}`)
    const stream = new EventStream(response.body, abort)
    undo(async () => stream.close())
    return stream
  }

  close() {
    this.#abort.abort()
  }

  async #read(body: ReadableStream<Uint8Array>) {
    let text = ''
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
    }
  }

  #take(block: string) {
    const fields = Object.fromEntries(
      block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
    )
    if (fields.event)
      this.events.push({ event: fields.event, id: Number(fields.id), data: JSON.parse(fields.data ?? '') })
  }
}
