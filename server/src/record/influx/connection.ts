import { request as httpRequest, Agent as PlainAgent } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'

/** From the first byte sent to the last one read. */
const REQUEST_MS = 10_000
/** Nothing that is asked for is longer; a page of a proxy is not read to its end. */
const MOST_ANSWER_BYTES = 64 * 1024
const MOST_WORDS = 300
const LONGEST_PAUSE_MS = 5 * 60_000

export interface InfluxAccess {
  /** `http://[user:password@]host:port/database` */
  url: URL
  /** Of InfluxDB 2.x, instead of a user. */
  token: string | null
  /** For tests. */
  requestMs?: number
}

/** InfluxDB did not do what it was asked: it is away, or says no. Nothing of ours is wrong with that. */
export class InfluxError extends Error {
  readonly code = 'influx_unavailable'
  readonly fault = 'environment'
  /** Null: there was no answer, or none within its time (`isLate`). */
  readonly status: number | null
  readonly isLate: boolean
  /** What it says in its own words; null where what answered may be something else, such as a proxy. */
  readonly said: string | null
  /** It wants to be left alone for so long. */
  readonly pauseMs: number

  constructor(message: string, { status = null, isLate = false, said = null, pauseMs = 0 }: Partial<InfluxError> = {}) {
    super(message)
    this.status = status
    this.isLate = isLate
    this.said = said
    this.pauseMs = pauseMs
  }
}

/** What a statement answered: rows by the names of their columns. */
export type Row = Record<string, string | number | boolean | null>

interface Call {
  method: string
  path: string
  query?: Record<string, string>
  body?: { type: string; text: string }
  signal?: AbortSignal | undefined
}

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  text: string
}

/**
 * The calls of InfluxDB 1.x that 2.x answers too. Everything has a bound: the time of a call, what is read of an answer.
 * Who we are stands in a header, never in the address, which logs and proxies keep.
 */
export class InfluxConnection {
  /** The name of the database. */
  readonly database: string
  /** `host:port/database` */
  readonly target: string
  readonly #url: URL
  readonly #authorization: string | null
  readonly #requestMs: number
  readonly #agent: PlainAgent
  readonly #closing = new AbortController()
  #version: string | null = null

  constructor({ url, token, requestMs = REQUEST_MS }: InfluxAccess) {
    const { protocol, hostname, pathname } = url
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    const port = url.port || (protocol === 'https:' ? 443 : 8086)
    this.database = decodeURIComponent(pathname.slice(1))
    this.target = `${hostname}:${port}/${this.database}`
    this.#url = new URL(`${protocol}//${hostname}:${port}`)
    const basic = user || password ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : null
    this.#authorization = token === null ? basic : `Token ${token}`
    this.#requestMs = requestMs
    const options = { keepAlive: true, maxSockets: 1 }
    this.#agent = protocol === 'https:' ? new TlsAgent(options) : new PlainAgent(options)
  }

  /** Whether it is known to be of the second generation, which has buckets instead of databases and policies. */
  get hasBuckets(): boolean {
    return /^v?[2-9]\./.test(this.#version ?? '')
  }

  /** Asks which version it is, where no answer has said so yet. @throws InfluxError */
  async knowVersion() {
    if (this.#version === null) await this.#succeed({ method: 'GET', path: '/ping' })
  }

  /**
   * Writes points, all or none as far as this knows.
   * @param policy the retention policy; null: the database's default
   * @throws InfluxError
   */
  async write(lines: string[], policy: string | null, signal?: AbortSignal) {
    const query = { db: this.database, ...(policy === null ? {} : { rp: policy }), precision: 'ms' }
    const body = { type: 'text/plain; charset=utf-8', text: lines.join('\n') }
    await this.#succeed({ method: 'POST', path: '/write', query, body, signal })
  }

  /** Runs one statement of InfluxQL. @throws InfluxError */
  async run(statement: string): Promise<Row[]> {
    const form = new URLSearchParams({ db: this.database, q: statement }).toString()
    const body = { type: 'application/x-www-form-urlencoded', text: form }
    const { status, text } = await this.#succeed({ method: 'POST', path: '/query', body })
    const [result] = resultsIn(text)
    if (result?.error !== undefined)
      throw new InfluxError(`InfluxDB says: ${result.error}`, { status, said: result.error })
    const [series] = result?.series ?? []
    return (series?.values ?? []).map((values) =>
      Object.fromEntries((series?.columns ?? []).map((name, i) => [name, values[i] ?? null])),
    )
  }

  /** Ends what is under way; nothing more is asked. */
  close() {
    this.#closing.abort()
    this.#agent.destroy()
  }

  async #succeed(call: Call): Promise<Answer> {
    const answer = await this.#ask(call)
    const version = answer.headers['x-influxdb-version']
    if (typeof version === 'string') this.#version = version
    if (answer.status >= 200 && answer.status < 300) return answer
    throw refusal(answer)
  }

  #ask({ method, path, query = {}, body, signal }: Call): Promise<Answer> {
    const url = new URL(path, this.#url)
    url.search = new URLSearchParams(query).toString()
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const late = new InfluxError(`InfluxDB did not answer within ${this.#requestMs} ms`, { isLate: true })
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const payload = Buffer.from(body?.text ?? '')
    const request = send(url, {
      ...{ method, agent: this.#agent, signal: AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]) },
      headers: {
        ...(this.#authorization === null ? {} : { authorization: this.#authorization }),
        ...(body ? { 'content-type': body.type, 'content-length': payload.length } : {}),
      },
    })
    const timer = setTimeout(() => {
      reject(late)
      request.destroy()
    }, this.#requestMs)
    request.on('error', (error) => reject(new InfluxError(`InfluxDB cannot be reached: ${wordsOf(error)}`)))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      const done = () => {
        const text = Buffer.concat(chunks).toString('utf8', 0, MOST_ANSWER_BYTES)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      }
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length < MOST_ANSWER_BYTES) return
        done()
        request.destroy()
      })
      response.on('end', done)
      response.on('error', () => reject(new InfluxError('the answer of InfluxDB broke off')))
    })
    request.end(payload)
    return promise.finally(() => clearTimeout(timer))
  }
}

/** What to do about some of its words. */
const ADVICE: [RegExp, string][] = [
  // 1.x goes on saying so when there is room: what writes its log remembers the error.
  [/no space left on device/, '; make room on its disk, then restart it'],
  [/cache-max-memory-size exceeded/, '; its disk does not keep up, or cache-max-memory-size is too small'],
]

function refusal({ status, headers, text }: Answer): InfluxError {
  const said = saidIn(text)
  const header = headers['x-influxdb-error']
  const words = said ?? (typeof header === 'string' ? header : text.replace(/<[^>]*>/g, ' '))
  const pause = Number(headers['retry-after'] ?? 0)
  const pauseMs = pause > 0 ? Math.min(pause * 1000, LONGEST_PAUSE_MS) : 0
  const quoted = words.replace(/\s+/g, ' ').trim().slice(0, MOST_WORDS)
  const advice = ADVICE.find(([pattern]) => pattern.test(words))?.[1] ?? ''
  const message = `InfluxDB answered ${status}: ${quoted}${advice}`
  return new InfluxError(message, { status, said, pauseMs })
}

/** What 1.x (`error`) or 2.x (`code` and `message`) says of a request. */
function saidIn(text: string): string | null {
  try {
    const { error, code, message } = JSON.parse(text) as Record<string, unknown>
    if (typeof error === 'string') return error
    return typeof code === 'string' && typeof message === 'string' ? message : null
  } catch {
    return null
  }
}

interface Result {
  error?: string
  series?: { columns: string[]; values: Row[string][][] }[]
}

function resultsIn(text: string): Result[] {
  try {
    return (JSON.parse(text) as { results?: Result[] }).results ?? []
  } catch {
    throw new InfluxError('what answers a query is not InfluxDB')
  }
}

/** Of several addresses that were tried, the error has no words of its own. */
function wordsOf(error: Error): string {
  const { message, code } = error as NodeJS.ErrnoException
  const [first] = error instanceof AggregateError ? error.errors : []
  return message || (first as Error | undefined)?.message || code || 'no connection'
}
