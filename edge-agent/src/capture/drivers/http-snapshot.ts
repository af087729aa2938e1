import { readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { AgentError, reasonOf } from '../../failure.ts'
import { cameraFields, driver } from '../driver.ts'
import { Authorization } from '../snapshot/authorization.ts'
import { type Answer, Getter } from '../snapshot/get.ts'
import { wholeJpeg } from '../stream/splitter.ts'

/** An IP camera, or whatever else answers GET with a JPEG: asked each `intervalMs`, over one connection. */
export const httpSnapshot = driver({
  name: 'http-snapshot',
  pacedByInterval: true,
  config: Type.Object(
    {
      ...cameraFields,
      driver: Type.Literal('http-snapshot'),
      url: Type.String({ pattern: '^https?://[^\\s]+$', description: 'http://camera.local/snapshot.jpg' }),
      user: Type.Optional(Type.String({ minLength: 1, description: 'where it does not stand in the url' })),
      password: Type.Optional(Type.String()),
      ca: Type.Optional(
        Type.String({ minLength: 1, description: "PEM file: who signed the camera's certificate, or that itself" }),
      ),
      timeoutMs: Type.Integer({
        minimum: 100,
        maximum: 120_000,
        default: 10_000,
        description: 'for one whole picture',
      }),
    },
    { additionalProperties: false },
  ),

  async *open(config, { clock, signal, maxFrameBytes }) {
    const { url, authorization } = addressOf(config)
    const shown = `${url.protocol}//${url.host}` // with many cameras the password stands in the path
    const ca = config.ca === undefined ? null : await readFile(config.ca, 'utf8')
    const getter = await Getter.create({ url, ca, timeoutMs: config.timeoutMs, maxBytes: maxFrameBytes, clock, signal })
    try {
      while (!signal.aborted) {
        const startedAt = clock.monotonic()
        const { body, firstByteAt } = await picture(getter, url, authorization).catch((error: unknown) => {
          if (signal.aborted) return { body: null, firstByteAt: null }
          throw new AgentError('snapshot_failed', 'environment', `${shown}: ${reasonOf(error)}`, error)
        })
        if (body === null) return
        yield { jpeg: body, takenAt: firstByteAt, source: null }
        await clock.sleep(Math.max(0, config.intervalMs - (clock.monotonic() - startedAt)), signal)
      }
    } finally {
      getter.close()
    }
  },
})

function addressOf({ url: text, user, password }: { url: string; user?: string; password?: string }) {
  if (!URL.canParse(text)) throw new AgentError('bad_config', 'caller', 'the url of a snapshot cannot be read')
  const url = new URL(text)
  const name = user ?? decodeURIComponent(url.username)
  const credentials = { user: name, password: password ?? decodeURIComponent(url.password) }
  url.username = ''
  url.password = ''
  return { url, authorization: name === '' ? null : new Authorization(credentials) }
}

/** One picture; where the camera asks who we are, it is told, once. */
async function picture(getter: Getter, url: URL, authorization: Authorization | null): Promise<Answer> {
  const path = `${url.pathname}${url.search}`
  const ask = async () => {
    const header = (await authorization?.header(path)) ?? null
    return getter.get({ accept: 'image/jpeg', ...(header === null ? {} : { authorization: header }) })
  }
  let answer = await ask()
  if (answer.status === 401 && authorization?.heed(answer.headers['www-authenticate'] ?? '')) answer = await ask()
  const jpeg = answer.status === 200 ? wholeJpeg(answer.body) : null
  if (jpeg === null) throw new Error(whyNone(answer, authorization))
  return { ...answer, body: jpeg }
}

function whyNone({ status, headers, body }: Answer, authorization: Authorization | null): string {
  const type = headers['content-type'] ?? 'of no type'
  if (status === 401 || status === 403) {
    return authorization ? `refuses user and password (${status})` : `asks for user and password (${status})`
  }
  if (status >= 300 && status < 400) return `sends us on to another address (${status}): write that into url`
  if (status !== 200) return `answers ${status}`
  if (/^multipart\//i.test(type)) return `sends an endless stream (${type}): url has to be that of a single picture`
  if (body.byteLength > 1 && body[0] === 0xff && body[1] === 0xd8) return `its JPEG of ${body.byteLength} bytes is cut`
  return `its answer of ${body.byteLength} bytes (${type.slice(0, 60)}) is no JPEG`
}
