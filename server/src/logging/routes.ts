import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import type { OpenStreams } from '../http/open-streams.ts'
import { listOf, Milliseconds, nullable } from '../http/shapes.ts'
import { Followers } from './followers.ts'
import { COMPONENTS, isComponent, LEVELS } from './levels.ts'
import { Line, lineBody } from './line-body.ts'
import type { Logging } from './logging.ts'

const Level = Type.Enum([...LEVELS])
const LoggingState = Type.Object({
  level: Level,
  components: Type.Record(Type.String(), nullable(Level), {
    description: 'the level of each component; null: the general one',
  }),
  file: Type.Object({
    enabled: Type.Boolean(),
    path: Type.String(),
    bytes: Type.Integer({ description: 'of the newest file' }),
    droppedLines: Type.Integer({ description: 'since the start, that the disk did not take' }),
    trouble: nullable(Type.String({ description: 'why the disk takes no lines' })),
  }),
})
const strict = { additionalProperties: false }
const LoggingChange = Type.Object(
  {
    level: Type.Optional(Level),
    components: Type.Optional(Type.Record(Type.String(), nullable(Level))),
    file: Type.Optional(Type.Object({ enabled: Type.Boolean() }, strict)),
  },
  strict,
)
const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }))
const Query = Type.Object({
  level: Type.Optional(Type.Enum([...LEVELS], { description: 'this one and what is more important' })),
  component: text(COMPONENTS.join(', ')),
  frame: text('id of a frame: device/camera/capturedAtMs'),
  camera: text('id of a camera: device/camera'),
  job: text('id of a job'),
  text: text('stands somewhere in the line'),
  from: Type.Optional(Milliseconds),
  to: Type.Optional(Milliseconds),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200 }),
  cursor: Type.Optional(Type.Integer({ description: 'only lines before this one' })),
  follow: Type.Boolean({ default: false, description: 'go on as server-sent events' }),
})

/** What was logged lately, and how much is logged. */
export function logRoutes(http: Http, logging: Logging): OpenStreams {
  const followers = new Followers(logging.recent)
  http.get(
    '/api/logs',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'The last lines of the log, the newest first',
        description:
          'With follow=true, server-sent events: `line`, from the last `limit` lines on, the oldest first, or from the ' +
          'header Last-Event-ID; `gap` where lines went unseen (`{"lines": how many, or null}`); and `alive` ' +
          'every 15 s (`{"at": milliseconds}`, by the clock of the server).',
        querystring: Query,
        response: {
          200: {
            description: 'the lines or, with follow=true, events as they happen',
            content: { 'application/json': { schema: listOf(Line) }, 'text/event-stream': { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor, follow, ...filter } = request.query
      knownComponent(filter.component, 'component')
      if (follow && cursor !== undefined)
        throw badRequest(
          'bad_request',
          'who follows goes on after the header Last-Event-ID: leave out cursor',
          'cursor',
        )
      if (follow) return followers.follow(request, reply, filter, limit)
      const found = logging.recent.newest(filter, limit + 1, cursor)
      const items = found.slice(0, limit)
      return { items: items.map(lineBody), next: found.length > limit ? String(items.at(-1)?.id) : null }
    },
  )

  const state = () => ({ level: logging.levels.general, components: logging.levels.own, file: logging.file })
  http.get(
    '/api/logging',
    {
      config: { access: 'operator' },
      schema: { summary: 'What is logged, and where', response: { 200: LoggingState } },
    },
    async () => state(),
  )

  http.patch(
    '/api/logging',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change levels, or switch the file on and off',
        description: 'It holds until the server ends: AJAR_LOG_LEVEL and AJAR_LOG_FILE say what it starts with.',
        body: LoggingChange,
        response: { 200: LoggingState },
      },
    },
    async (request) => {
      const { level, components = {}, file } = request.body
      for (const name of Object.keys(components)) knownComponent(name, `components.${name}`)
      logging.levels.set(level, components)
      const by = callerName(request)
      if (level || request.body.components) logging.tellChange(by, { generalLevel: level, components })
      if (file) logging.switchFile(file.enabled, by)
      return state()
    },
  )
  return followers.streams
}

/** @throws HttpError 400 `unknown_component`: who misspells one would change or wait for nothing */
function knownComponent(name: string | undefined, field: string) {
  if (name === undefined || isComponent(name)) return
  throw badRequest('unknown_component', `${name} is no component: ${COMPONENTS.join(', ')} are`, field)
}
