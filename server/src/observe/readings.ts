import { Type } from 'typebox'
import type { FewAtOnce } from '../http/few-at-once.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, Milliseconds, Name, nullable, Time } from '../http/shapes.ts'
import { inFileName, refuseEmpty } from '../http/span.ts'
import { ReadingPages, type ReadingPagesPorts, type Said } from './reading-pages.ts'
import { Format, orText, PAGE, sendRows } from './rows-as-text.ts'

const ReadingBody = Type.Object({
  device: Type.String(),
  sensor: Type.String(),
  at: Time,
  value: Type.Unknown({ description: 'number, text or list of numbers' }),
})
const AtBody = Type.Object({ ...ReadingBody.properties, unit: nullable(Type.String()) })

/** Several sensors may have a reading of the same instant: `at/sensor`. */
const CURSOR = '^\\d{1,16}/[a-z0-9-]{1,32}$'
/** What was read a day before a frame says nothing of it. */
const BESIDE_MS = 86_400_000

/** Readings over a span, and those of one instant. */
export function readingRoutes(http: Http, { texts, ...ports }: ReadingPagesPorts & { texts: FewAtOnce }) {
  const { read } = ports.database
  const readings = new ReadingPages(ports)

  http.get(
    '/api/readings',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'Readings of a device over a span, oldest or newest first; a page of long lists holds fewer than `limit`',
        description: 'Also those of sensors that are set up, as far as they are kept and have ended their journey.',
        querystring: Type.Object({
          device: Name,
          sensor: Type.Optional(Name),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          order: Type.Enum(['oldest', 'newest'], { default: 'oldest' }),
          limit: Type.Integer({ minimum: 1, maximum: 5000, default: 500 }),
          cursor: Type.Optional(Type.String({ pattern: CURSOR, description: '`next` of the page before' })),
          format: Format,
        }),
        response: { 200: orText(listOf(ReadingBody)) },
      },
    },
    async ({ query }, reply) => {
      refuseEmpty(query)
      const { device, sensor, format } = query
      const sensors = sensor === undefined ? await readings.sensorsOf(device) : [sensor]
      if (format !== 'json')
        return sendRows(reply, format, texts, {
          name: [device, ...(sensor === undefined ? [] : [sensor]), 'readings'].join('-') + inFileName(query),
          pages: readings.pages({ ...query, sensors, limit: PAGE }),
          shown: bodyOf,
          columns: COLUMNS,
        })
      const { items, next } = await readings.page({ ...query, sensors })
      return { items: items.map(bodyOf), next }
    },
  )

  http.get(
    '/api/readings/at',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'What the sensors of a device read last at an instant, such as that of a frame; nothing older than a day',
        querystring: Type.Object({ device: Name, at: Milliseconds }),
        response: { 200: Type.Object({ items: Type.Array(AtBody) }) },
      },
    },
    async ({ query: { device, at } }) => {
      const known = await read.selectFrom('sensors').select(['name', 'unit']).where('device', '=', device).execute()
      const units = new Map(known.map(({ name, unit }) => [name, unit]))
      const sensors = await readings.sensorsOf(device)
      const last = await readings.newestOfEach({ device, sensors, from: Math.max(0, at - BESIDE_MS), to: at + 1 })
      return { items: last.map((said) => ({ ...bodyOf(said), unit: units.get(said.sensor) ?? null })) }
    },
  )
}

const COLUMNS: Record<string, (said: Said) => string | number | null> = {
  at: ({ at }) => iso(at),
  device: ({ device }) => device,
  sensor: ({ sensor }) => sensor,
  value: ({ value }) => (typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)),
}

function bodyOf({ device, sensor, at, value }: Said) {
  return { device, sensor, at: iso(at), value }
}
