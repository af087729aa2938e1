import { cameraId, frameId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { LEARNERS, type Learner, shotIn } from '../http/nouns.ts'
import { iso, isoOrNull, NullableTime, Time } from '../http/shapes.ts'

const Journey = Type.Object({
  frame: Type.String({ description: '`device/name/ms`, of a reading too' }),
  capturedAt: Time,
  receivedAt: Time,
  storedAt: NullableTime,
  classifiedAt: NullableTime,
  recordedAt: NullableTime,
  outcome: Type.Union([Type.Enum(['pending', 'classified', 'skipped', 'refused', 'stored']), Type.Null()], {
    description:
      '`stored`: a reading of a sensor without states, of which nobody is asked; null where it is not kept any more what became of it (AJAR_RETAIN_RESULTS_DAYS)',
  }),
})

export interface JourneyPorts {
  database: StateDatabase
  archive: Pick<Archive, 'find' | 'isPending'>
  sources: Sources
}

/** When each step of a frame's, or of a reading's, journey happened. */
export function journeyRoutes(http: Http, ports: JourneyPorts) {
  for (const learner of LEARNERS)
    http.get(
      `${learner.shotPath}/journey`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: `When each step of ${learner.shot} happened`,
          params: learner.shotParams,
          response: { 200: Journey },
        },
      },
      async ({ params }) => {
        const shot = shotIn(params)
        const journey = (await journeyOf(ports, learner, shot)) ?? (await journeyOfValue(ports, learner, shot))
        if (!journey) throw notFound(`${learner.shot.replace(/^an? /, 'the ')} ${frameId(shot)}`)
        return { frame: frameId(shot), capturedAt: iso(shot.capturedAtMs), ...journey }
      },
    )
}

type Shot = ReturnType<typeof shotIn>

/** Of what takes the way of frames; null where there is no such one. */
async function journeyOf({ database, archive, sources }: JourneyPorts, learner: Learner, shot: Shot) {
  const { capturedAtMs } = shot
  // A sensor of which nobody is asked is no source.
  const source = learner.kind === 'camera' ? sources.at(learner, shot).id : cameraId(shot)
  if (learner.kind === 'sensor' && sources.find(source)?.kind !== 'sensor') return null
  const isPending = await archive.isPending(source, capturedAtMs)
  const known = await database.read
    .selectFrom('frames')
    .selectAll()
    .where('camera', '=', source)
    .where('captured_at', '=', capturedAtMs)
    .executeTakeFirst()
  // What was refused under this id gave it up to the one that waits.
  const row = isPending && known?.stored_at === null ? null : known
  const frame = row ? null : await archive.find(source, capturedAtMs)
  if (!row && !frame) return null
  return {
    receivedAt: iso(row?.received_at ?? frame?.receivedAt ?? 0),
    storedAt: isoOrNull(row?.stored_at ?? frame?.storedAt ?? null),
    classifiedAt: isoOrNull(row?.classified_at ?? null),
    recordedAt: isoOrNull(row?.recorded_at ?? null),
    outcome: row?.outcome ?? (isPending ? ('pending' as const) : null),
  }
}

/** Of a reading that nobody is asked about: its store is its record. */
async function journeyOfValue({ database }: JourneyPorts, { kind }: Learner, shot: Shot) {
  if (kind !== 'sensor') return null
  const row = await database.read
    .selectFrom('readings')
    .select(['received_at', 'stored_at'])
    .where('device', '=', shot.device)
    .where('sensor', '=', shot.camera)
    .where('at', '=', shot.capturedAtMs)
    .executeTakeFirst()
  if (!row) return null
  const storedAt = isoOrNull(row.stored_at ?? null)
  return {
    receivedAt: iso(row.received_at),
    ...{ storedAt, classifiedAt: null, recordedAt: storedAt, outcome: 'stored' as const },
  }
}
