import { CameraState, NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import type { Source, Sources } from '../devices/sources.ts'
import { DOORS } from '../http/nouns.ts'
import { iso, isoOrNull, Name, NullableTime, nullable, Time } from '../http/shapes.ts'
import { goneOf, type MemberSaid } from './door.ts'
import type { Doors } from './doors.ts'
import { modelAsked } from './reliabilities.ts'

/** A door as every route that answers with one shows it. */

const share = { minimum: 0, maximum: 1 }

/** What a member said when a state was joined. */
export const Said = Type.Object({
  source: Type.String(),
  frame: nullable(Type.String({ description: 'id of the frame or reading that it said it of' })),
  at: NullableTime,
  state: nullable(Type.String()),
  best: nullable(Type.String({ description: 'its most probable state, whatever its threshold says' })),
  confidence: nullable(Type.Number(share)),
  reason: nullable(Type.String()),
  model: nullable(Type.String({ description: 'whose word it is' })),
  says: nullable(Type.String({ description: 'the state of the door that this is' })),
  weight: Type.Number({ ...share, description: 'how much it counts; 0: nothing' }),
  likelihoods: nullable(
    Type.Record(Type.String(), Type.Number(), {
      description:
        'how probable it is that it says this in each state of the door, the largest 1; null where it was left out',
    }),
  ),
  agreed: nullable(
    Type.Boolean({
      description: 'whether others said the same at the same time, or before and after it; null: none did',
    }),
  ),
  left: Type.Union([Type.Enum(['no_model', 'stale', 'unknown', 'unmapped']), Type.Null()], {
    description: 'why it had no part in it',
  }),
})

const Member = Type.Object({
  ...Said.properties,
  kind: nullable(Type.Enum(['camera', 'sensor'], { description: 'null: there is no such source any more' })),
  states: Type.Record(Type.String(), Type.String(), {
    description: 'what its states say of the door; those of the same name are not named',
  }),
  ofSource: Type.Array(Type.String(), { description: 'the states that it has, or the one that it follows' }),
  gone: Type.Array(Type.String(), {
    description: 'states named in `states` that it has no longer: it cannot say them',
  }),
  model: nullable(Type.String({ description: 'the model that it is asked with now' })),
  balancedAccuracy: nullable(
    Type.Number({ ...share, description: 'on held-out frames, in states of the door; null where nothing is known' }),
  ),
  measured: Type.Integer({ description: 'frames or readings that its model was judged by' }),
  since: Type.Integer({ description: 'frames or readings that people labelled since' }),
  sinceRight: Type.Integer({ description: 'at how many of these it was right, in states of the door' }),
  stayed: Type.Number({ ...share, description: 'how probable it is that it is still as it was measured' }),
})

export const doorSettings = {
  states: Type.Array(Type.String({ pattern: NAME_PATTERN }), { minItems: 2, maxItems: 32, uniqueItems: true }),
  threshold: Type.Number({ ...share, description: 'a joined state of less confidence is `unknown`' }),
  debounce: Type.Integer({
    minimum: 1,
    maximum: 1000,
    description:
      'so many agreeing results change the state. Each result of a member makes one of the door until it has changed; ' +
      'while it stays the same there is one a second at most',
  }),
  staleAfterMs: Type.Integer({
    minimum: 1000,
    maximum: 86_400_000,
    description: '`unknown` when no member says anything for so long',
  }),
}

export const DoorBody = Type.Object({
  id: Type.String({ description: 'doors/name' }),
  name: Name,
  ...doorSettings,
  createdAt: Time,
  model: Type.Null({ description: 'a door has none: its members have' }),
  state: CameraState,
  members: Type.Array(Member),
  joined: Type.Object(
    {
      best: nullable(Type.String()),
      confidence: nullable(Type.Number(share)),
      probabilities: nullable(Type.Record(Type.String(), Type.Number())),
      reason: nullable(Type.String()),
      disagreement: Type.Number({
        ...share,
        description: 'how sure the less sure one is of two members that say different states; 0 where none surely do',
      }),
    },
    { description: 'what the newest word of each member makes together, before debounce' },
  ),
})

export interface DoorBodyPorts {
  sources: Pick<Sources, 'find' | 'judged'>
  doors: Doors
  /** The state that is published of the door. */
  state(door: string): CameraState
}

export function shownSaid({ at, ...said }: MemberSaid) {
  return { ...said, frame: at === null ? null : `${said.source}/${at}`, at: isoOrNull(at) }
}

export function shownDoor(door: Source, { sources, doors, state }: DoorBodyPorts) {
  const { id, name, states, threshold, debounce, staleAfterMs, createdAt } = door
  const { row, details } = doors.look(door)
  const { best, confidence, probabilities_json, reason } = row
  return {
    ...{
      id,
      name,
      states,
      threshold,
      debounce,
      staleAfterMs,
      createdAt: iso(createdAt),
      model: null,
      state: state(id),
    },
    members: doors.membersOf(id).map((member, i) => {
      const source = sources.find(member.source)
      const ofSource = source === null ? [] : sources.judged(source.id).states
      const { balancedAccuracy, measured, since, sinceRight, stayed } = doors.reliabilityOf(door, member.source)
      return {
        ...shownSaid(details.members[i] as MemberSaid),
        kind: source === null || source.kind === 'door' ? null : source.kind,
        ...{ states: member.states, ofSource, gone: goneOf(member, ofSource) },
        model: modelAsked(sources, member.source),
        ...{ balancedAccuracy, measured, since, sinceRight, stayed },
      }
    }),
    joined: {
      ...{ best, confidence, reason, disagreement: details.disagreement },
      probabilities: probabilities_json === null ? null : JSON.parse(probabilities_json),
    },
  }
}

export const doorId = (name: string) => `${DOORS}/${name}`
