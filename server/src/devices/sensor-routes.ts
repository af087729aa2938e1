import { lengthOf, MOST_NUMBERS, plainView, type VectorView } from '@ajar/models'
import { cameraId } from '@ajar/protocol'
import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import { badRequest, conflict, notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { refIn, SENSOR } from '../http/nouns.ts'
import { listOf, Name } from '../http/shapes.ts'
import { isReserved, refuseReserved } from './devices.ts'
import { newestLength } from './newest-length.ts'
import { knownSensor, knownSensors, SensorBody, type SensorBodyPorts, shownSensor } from './sensor-body.ts'
import { refuseReservedStates, sensorSettings } from './source-settings.ts'
import type { Source, SourceSettings } from './sources.ts'

export interface SensorRoutesPorts extends SensorBodyPorts {
  change(sensor: string, change: Partial<SourceSettings>, author: string): Promise<Source>
  /** Resolves when the sensor is gone with its readings; false: a job is still at it. */
  remove(device: string, sensor: string, author: string): Promise<boolean>
}

/** Whoever asked is answered after so long, done or not: a proxy, or the console, would not wait longer. */
const ANSWER_MS = 10_000
/** What a sensor that follows another has of that one. */
const FOLLOWED = ['states', 'threshold', 'vector']
/** What the estimator of all parts together is called. */
const FUSED = 'fused'

export function sensorRoutes(http: Http, ports: SensorRoutesPorts) {
  const { database, sources, change, remove } = ports

  http.get(
    '/api/sensors',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Sensors with the newest reading of each; one is forgotten when its last reading goes for its age',
        description: 'One that is set up stays until it is removed.',
        querystring: Type.Object({
          device: Type.Optional(Name),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 500 }),
          cursor: Type.Optional(
            Type.String({ pattern: '^[a-z0-9-]{1,32}/[a-z0-9-]{1,32}$', description: '`next` of the page before' }),
          ),
        }),
        response: { 200: listOf(SensorBody) },
      },
    },
    async ({ query: { device, limit, cursor } }) => {
      const [ofDevice = '', name = ''] = cursor?.split('/') ?? []
      const rows = await knownSensors(database, { device, from: { device: ofDevice, name }, limit: limit + 1 })
      const items = rows.slice(0, limit).map((row) => shownSensor(row, ports))
      const next = rows[limit]
      return { items, next: next ? `${next.device}/${next.name}` : null }
    },
  )

  http.get(
    SENSOR.path,
    {
      config: { access: 'viewer' },
      schema: { summary: 'One sensor', params: SENSOR.params, response: { 200: SensorBody } },
    },
    async ({ params }) => {
      const { device, camera: name } = refIn(params)
      const row = await knownSensor(database, device, name)
      if (!row) throw notFound(`the sensor ${device}/${name}`)
      return shownSensor(row, ports)
    },
  )

  http.patch(
    SENSOR.path,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Set a sensor up: its states, threshold, debounce, and how its readings are seen',
        description:
          'From then on its readings, numbers or lists of numbers of one length, are classified as frames are; others are ' +
          'refused (not_a_vector, wrong_length). A sensor may be set up before its first reading. Its name may not be ' +
          'that of a camera (other_kind). Models made from now on see readings as `vector` says; the active one goes on ' +
          'with its own.',
        params: SENSOR.params,
        body: Type.Partial(Type.Object(sensorSettings), { additionalProperties: false }),
        response: { 200: SensorBody },
      },
    },
    async (request) => {
      const { params, body } = request
      const ref = refIn(params)
      const id = cameraId(ref)
      refuseReservedStates(body.states)
      if (body.vector) refuseUselessView(body.vector)
      if (isReserved(ref.device) && !sources.find(id)) refuseReserved(ref.device, 'device')
      const length = await newestLength(database, ref)
      if (body.vector && length !== null && lengthOf(body.vector) !== length)
        throw badRequest('wrong_length', wrongLength(length), 'vector')
      refuseFollowed(sources.find(id), body)
      const source = await sources.ensure(ref, undefined, { kind: 'sensor' })
      if (!source) throw badRequest('too_many_sensors', `${ref.device} has 64 sensors with states already`)
      const vector = body.vector ?? (source.vector || length === null ? undefined : plainView(length))
      await refuseOtherLength(source, 'vector' in body ? (body.vector ?? null) : source.vector)
      await change(id, { ...body, ...(vector ? { vector } : {}) }, callerName(request))
      const row = await knownSensor(database, ref.device, ref.camera)
      if (!row) throw notFound(`the sensor ${id}`)
      return shownSensor(row, ports)
    },
  )

  /** What was labelled could never be seen again. */
  const refuseOtherLength = async ({ id, vector }: Source, next: VectorView | null) => {
    if (!vector || (next && lengthOf(next) === lengthOf(vector))) return
    const labels = database.read.selectFrom('labels').select('captured_at').where('camera', 'in', sources.taughtBy(id))
    if (!(await labels.limit(1).executeTakeFirst())) return
    const why = `labelled readings of ${id} have ${lengthOf(vector)} numbers: remove these labels first`
    throw conflict('length_in_use', why)
  }

  http.delete(
    SENSOR.path,
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Remove a sensor with all that it read, and with its labels, models and results',
        description:
          'Its device may then have another one in its place. Where it is still sent it comes again with its next ' +
          'reading, so take it out of the agent first. Millions of readings take longer than an answer may (202): the ' +
          'oldest go first, and the sensor with the last of them, of which the event `sensor` tells. What one that is set up ' +
          'sends meanwhile is refused (being_deleted). Points in InfluxDB stay.',
        params: SENSOR.params,
        response: {
          202: Type.Object({ removed: Type.Literal(false, { description: 'it goes on' }) }),
          204: Type.Null({ description: 'it is gone' }),
        },
      },
    },
    async (request, reply) => {
      const { device, camera: sensor } = refIn(request.params)
      if (await within(ANSWER_MS, remove(device, sensor, callerName(request)), false))
        return reply.status(204).send(null)
      return reply.status(202).send({ removed: false as const })
    },
  )
}

/** Readings of the new length are refused as long as it has parts: these have to go first. */
function wrongLength(length: number): string {
  const otherwise = 'set vector to null where it reads otherwise from now on, and its parts after the next reading'
  return `its newest reading has ${length} numbers, and these parts have another sum: ${otherwise}`
}

/** Its own would never be asked for. */
function refuseFollowed(source: Source | null, change: object) {
  if (!source?.follows) return
  const given = FOLLOWED.filter((setting) => setting in change)
  if (given.length === 0) return
  const why = `${source.id} has the ${given.join(', ')} of ${source.follows}: set them there`
  throw conflict('follows', why)
}

function refuseUselessView(view: VectorView) {
  const { parts } = view
  if (lengthOf(view) > MOST_NUMBERS)
    throw badRequest('too_long', `a reading has ${MOST_NUMBERS} numbers at most, and these parts more`, 'vector.parts')
  const names = parts.map(({ name }) => name)
  if (new Set(names).size < names.length) throw badRequest('same_name', 'two parts have one name', 'vector.parts')
  if (names.includes(FUSED))
    throw badRequest(
      'reserved',
      `\`${FUSED}\` is what all parts together are called: choose another name`,
      'vector.parts',
    )
}

/** What the promise resolves to, or `late` after so long. */
async function within<T>(ms: number, promise: Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), ms)
  })
  try {
    return await Promise.race([promise, enough])
  } finally {
    clearTimeout(timer)
  }
}
