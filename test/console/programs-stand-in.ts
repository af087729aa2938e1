import type { Page } from 'playwright-core'

/** Stands where the server's programs would, in one page of a browser: says what a test has it say, and keeps what it is asked. */
export class ProgramsStandIn {
  readonly asked: { path: string; body: unknown }[] = []
  readonly #page: Page
  #identifier = 0

  constructor(page: Page) {
    this.#page = page
  }

  async languages(body: object): Promise<void> {
    await this.#page.route('**/api/programs/languages', (route) => route.fulfill({ json: body }))
  }

  /** @param tell what is said over the WebSocket of a run that was asked for; null ends it there */
  async socket(tell: (program: unknown) => (object | null)[]): Promise<void> {
    await this.#page.routeWebSocket('**/run_program/ws', (socket) => {
      socket.onMessage((text) => {
        const { data } = JSON.parse(String(text))
        this.asked.push({ path: 'ws', body: data })
        const frames = tell(data)
        // What is refused is told in one frame, the first.
        if (!frames.some((frame) => frame && 'identifier' in frame))
          socket.send(JSON.stringify({ identifier: `run-${++this.#identifier}`, ...FRAME }))
        for (const frame of frames) {
          if (frame === null) return void socket.close()
          socket.send(JSON.stringify({ ...FRAME, ...frame }))
        }
      })
    })
  }

  /** @param answer of a call with this body, the how manieth it is */
  async answer(path: string, answer: (body: unknown, count: number) => object): Promise<void> {
    let count = 0
    await this.#page.route(`**${path}`, async (route) => {
      const body = route.request().postDataJSON()
      this.asked.push({ path, body })
      await route.fulfill({ json: answer(body, count++) })
    })
  }
}

/** What a run says when there is nothing new. */
export const FRAME = { output: [], status: 0, completed: false, message: 'PENDING' }
