import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Source, SourceSettings, Sources } from '../devices/sources.ts'
import { callerName } from '../http/access.ts'
import { badRequest, conflict } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { DOOR, DOORS } from '../http/nouns.ts'
import { iso, listOf, Milliseconds, Name, nullable, Time } from '../http/shapes.ts'
import { reservedState } from '../marks.ts'
import { disagreementsOf } from './disagreements.ts'
import { goneOf, type Member } from './door.ts'
import { DoorBody, type DoorBodyPorts, doorId, doorSettings, Said, shownDoor, shownSaid } from './door-body.ts'

const strict = { additionalProperties: false }
const Members = Type.Array(
  Type.Object(
    {
      source: Type.String({ description: 'device/name of a camera or sensor' }),
      states: Type.Optional(
        Type.Record(Type.String(), Type.String(), {
          description: 'what its states say of the door, `{"0": "closed"}`; states of the same name need no mention',
        }),
      ),
    },
    strict,
  ),
  { maxItems: 16, description: 'cameras and sensors that see the door; in place of those before' },
)
const Disagreement = Type.Object({
  at: Time,
  fromAt: Time,
  toAt: Time,
  results: Type.Integer({ description: 'so many results of the door in a row tell of it; `at` is the surest' }),
  state: Type.String({ description: 'what the door was said to be' }),
  confidence: nullable(Type.Number()),
  disagreement: Type.Number({ description: 'how sure the less sure of two members was' }),
  members: Type.Array(
    Type.Object({
      ...Said.properties,
      kind: nullable(Type.Enum(['camera', 'sensor'])),
      label: nullable(Type.String({ description: 'what a person said of this frame or reading' })),
    }),
  ),
})
const MOST_DOORS = 256
const LATEST = 8_640_000_000_000_000

export interface DoorRoutesPorts extends DoorBodyPorts {
  database: StateDatabase
  sources: Pick<Sources, 'find' | 'at' | 'ofKind' | 'ensure' | 'judged'>
  change(door: string, change: Partial<SourceSettings>, author: string): Promise<Source>
  remove(door: string, author: string): Promise<JobRow>
}

/** Doors that several sources see: their members, what these say together, and where they disagree. */
export function doorRoutes(http: Http, ports: DoorRoutesPorts) {
  const { sources, doors, database } = ports
  /** With what labels say of its members by now. */
  const shown = async (door: Source) => {
    await doors.refresh(door.id)
    return shownDoor(sources.at(DOOR, { door: door.name }), ports)
  }

  http.get(
    '/api/doors',
    {
      config: { access: 'viewer' },
      schema: { summary: 'All doors with their states and members', response: { 200: listOf(DoorBody) } },
    },
    async () => ({ items: sources.ofKind('door').map((door) => shownDoor(door, ports)), next: null }),
  )

  http.post(
    '/api/doors',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Make a door of cameras and sensors that see it',
        description:
          'Its state is joined of what they say, each weighed by how far it can be believed: as was measured on held-out ' +
          'frames or readings when its active model was made, and by what people labelled since.',
        body: Type.Object(
          { name: Name, ...Type.Partial(Type.Object(doorSettings)).properties, members: Type.Optional(Members) },
          strict,
        ),
        response: { 201: DoorBody },
      },
    },
    async (request, reply) => {
      const { name, members = [], ...settings } = request.body
      const states = settings.states ?? ['closed', 'open']
      refuseReserved(states)
      if (sources.find(doorId(name))) throw conflict('name_taken', `there is a door named ${name} already`)
      const checked = checkedMembers(sources, members, states)
      const ref = { device: DOORS, camera: name }
      const made = await sources.ensure(ref, MOST_DOORS, { kind: 'door', ...settings, states })
      if (!made) throw badRequest('too_many_doors', `there are ${MOST_DOORS} doors already: remove one first`)
      await doors.setMembers(made.id, checked)
      const door = await ports.change(made.id, {}, callerName(request))
      return reply.status(201).send(await shown(door))
    },
  )

  http.get(
    '/api/doors/:door',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One door: its state, and how it came about',
        params: DOOR.params,
        response: { 200: DoorBody },
      },
    },
    async ({ params }) => shown(sources.at(DOOR, params)),
  )

  http.patch(
    '/api/doors/:door',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Set states, threshold, debounce and members of a door',
        params: DOOR.params,
        body: Type.Object(
          { ...Type.Partial(Type.Object(doorSettings)).properties, members: Type.Optional(Members) },
          strict,
        ),
        response: { 200: DoorBody },
      },
    },
    async (request) => {
      const { members, ...settings } = request.body
      const { id, states: before } = sources.at(DOOR, request.params)
      const states = settings.states ?? before
      refuseReserved(states)
      const checked = members ? checkedMembers(sources, members, states) : null
      // What a member had when it was named may be gone by now: that is no reason to refuse the door's own settings.
      for (const [i, member] of (checked ?? doors.membersOf(id)).entries())
        if (settings.states) refuseUnknown(member, i, states)
      const door = await ports.change(id, settings, callerName(request))
      if (checked) await doors.setMembers(id, checked)
      return shown(door)
    },
  )

  http.delete(
    '/api/doors/:door',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Delete a door with its results; its cameras and sensors stay. Answers with the job',
        params: DOOR.params,
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const job = await ports.remove(sources.at(DOOR, request.params).id, callerName(request))
      return reply.status(202).send(shownJob(job))
    },
  )

  http.get(
    '/api/doors/:door/disagreements',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Moments at which members surely said different states, to be labelled',
        description:
          'The newest first, or the surest of the 20,000 newest results. A moment is labelled at its frame or reading: PUT ' +
          '/api/frames/{frame}/label or /api/readings/{frame}/label. Labels tell which member is to be believed less.',
        params: DOOR.params,
        querystring: Type.Object({
          order: Type.Enum(['newest', 'surest'], { default: 'newest' }),
          limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
          cursor: Type.Optional({ ...Milliseconds, description: '`next` of the page before (newest only)' }),
        }),
        response: { 200: listOf(Disagreement) },
      },
    },
    async ({ params, query }) => {
      const { id } = sources.at(DOOR, params)
      const { order, limit, cursor: before = LATEST } = query
      const { items, next } = await disagreementsOf(database.read, id, { before, limit, order })
      return {
        items: items.map(({ at, from, to, members, ...item }) => ({
          ...{ at: iso(at), fromAt: iso(from), toAt: iso(to), ...item },
          members: members.map(({ label, ...said }) => ({
            ...shownSaid(said),
            kind: kindOf(sources, said.source),
            label,
          })),
        })),
        next: next === null ? null : String(next),
      }
    },
  )
}

function kindOf(sources: Pick<Sources, 'find'>, id: string): 'camera' | 'sensor' | null {
  const kind = sources.find(id)?.kind
  return kind === 'camera' || kind === 'sensor' ? kind : null
}

function refuseReserved(states: string[]) {
  for (const reserved of states.map(reservedState))
    if (reserved !== null) throw badRequest('reserved', reserved, 'states')
}

/** @throws HttpError 400 `bad_member`, `unknown_state` */
function checkedMembers(
  sources: Pick<Sources, 'find' | 'judged'>,
  members: { source: string; states?: Record<string, string> }[],
  states: string[],
): Member[] {
  const seen = new Set<string>()
  return members.map(({ source: id, states: says = {} }, i) => {
    const source = sources.find(id)
    if (!source) throw badRequest('bad_member', `there is no camera or sensor ${id}`, `members.${i}.source`)
    if (source.kind === 'door')
      throw badRequest('bad_member', `${id} is a door itself: name what sees it`, `members.${i}.source`)
    if (seen.has(id)) throw badRequest('bad_member', `${id} is named twice`, `members.${i}.source`)
    seen.add(id)
    const { states: its } = sources.judged(id)
    const member = { source: id, states: says }
    const [gone] = goneOf(member, its)
    if (gone !== undefined) {
      const has = `${id} has no state ${gone}; it has ${its.join(', ') || 'none yet'}`
      throw badRequest('unknown_state', has, `members.${i}.states`)
    }
    refuseUnknown(member, i, states)
    return member
  })
}

/** @throws HttpError 400 `unknown_state` where a member says what is no state of the door */
function refuseUnknown({ source, states: says }: Member, i: number, states: string[]) {
  const ofDoor = Object.values(says).find((state) => !states.includes(state))
  if (ofDoor === undefined) return
  const has = `the door has no state ${ofDoor}, which ${source} is to say; it has ${states.join(', ')}`
  throw badRequest('unknown_state', has, `members.${i}.states`)
}
