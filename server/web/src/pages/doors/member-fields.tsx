import { type DoorDraft, proposed } from './draft.ts'

interface MemberFieldsProps {
  /** Cameras and sensors that may see the door. */
  sources: string[]
  statesOf(source: string): string[]
  ofDoor: string[]
  members: DoorDraft['members']
  onChange(members: DoorDraft['members']): void
  error: string | null
}

/** Which cameras and sensors see the door, and what their states say of it. */
export function MemberFields({ sources, statesOf, ofDoor, members, onChange, error }: MemberFieldsProps) {
  const toggle = (source: string, isMember: boolean) => {
    const { [source]: _, ...others } = members
    if (!isMember) return onChange(others)
    const states = statesOf(source)
    onChange({ ...members, [source]: Object.fromEntries(states.map((one) => [one, proposed(one, states, ofDoor)])) })
  }
  return (
    <fieldset class="member-fields">
      <legend>Seen by</legend>
      {sources.length === 0 && <p class="hint">There is no camera and no sensor with states yet.</p>}
      {sources.map((source) => (
        <div key={source}>
          <label>
            <input
              type="checkbox"
              checked={source in members}
              onChange={({ currentTarget }) => toggle(source, currentTarget.checked)}
            />{' '}
            {source}
          </label>
          {source in members && (
            <Mapping
              {...{ source, ofDoor, states: statesOf(source), says: members[source] ?? {} }}
              onChange={(says) => onChange({ ...members, [source]: says })}
            />
          )}
        </div>
      ))}
      {error !== null && (
        <p class="hint wrong" role="alert">
          {error}
        </p>
      )}
    </fieldset>
  )
}

interface MappingProps {
  source: string
  states: string[]
  ofDoor: string[]
  says: Record<string, string>
  onChange(says: Record<string, string>): void
}

/** What each state of a member says of the door; those of the same name say themselves. */
function Mapping({ source, states, ofDoor, says, onChange }: MappingProps) {
  const others = states.filter((state) => !ofDoor.includes(state))
  if (others.length === 0) return null
  return (
    <div class="mapping">
      {others.map((state) => (
        <label key={state}>
          {state} is{' '}
          <select
            aria-label={`What ${state} of ${source} says`}
            value={says[state] ?? ''}
            onChange={({ currentTarget }) => onChange({ ...says, [state]: currentTarget.value })}
          >
            <option value="">nothing</option>
            {ofDoor.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      ))}
    </div>
  )
}
