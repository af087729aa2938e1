import { useSignal } from '@preact/signals'
import { send } from '../../api/client.ts'
import type { DisagreementBody, DoorMemberBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, timeOfDay } from '../../design/words.ts'
import type { Looks } from './looks.ts'
import { Seen } from './seen.tsx'
import { changeInWords, saidOfDoor } from './words.ts'

interface DisagreementProps {
  one: DisagreementBody
  door: WholeDoorBody
  looks: Looks
  onLabelled(): Promise<WholeDoorBody>
  /** Told when nothing more is to be said of it: the next one is up. */
  onDone(): void
}

/** Nobody can tell. */
const UNCLEAR = 'unclear'

type Labels = Record<string, string | null>

/** One moment at which members said different states: one press says what the door was, and labels all that it can. */
export function Disagreement({ one, door, looks, onLabelled, onDone }: DisagreementProps) {
  const labels = useSignal<Labels>(Object.fromEntries(one.members.map(({ source, label }) => [source, label])))
  const isOpen = useSignal(Object.values(labels.peek()).every((label) => label === null))
  const skipped = useSignal(false)
  const came = useSignal<string | null>(null)
  const { busy, run } = useAction()
  const canOperate = useConsole().session.canOperate.value
  const shown = one.members.filter(({ frame }) => frame !== null)
  const memberOf = (source: string) => door.members.find((member) => member.source === source)
  const truth = truthOf(labels.value, door)
  const put = (said: Labels) =>
    run(async () => {
      const known = shown.filter(({ source }) => said[source] !== undefined && said[source] !== labels.peek()[source])
      if (known.length > 0) {
        await send('POST', '/api/labels', {
          labels: known.map(({ source, frame }) => ({ frame, state: said[source] })),
        })
        labels.value = { ...labels.peek(), ...said }
        const after = await onLabelled()
        came.value = changeInWords(door.members, after.members) ?? 'All count as before.'
      }
      return undefined
    })
  const say = async (state: string) => {
    const before = labels.peek()
    const said = Object.fromEntries(shown.map(({ source }) => [source, labelFor(memberOf(source), state, door.states)]))
    await put(said)
    if (labels.peek() === before && truthOf(before, door) !== state) return
    skipped.value = false
    isOpen.value = false
    onDone()
  }
  const skip = () => {
    skipped.value = true
    isOpen.value = false
    onDone()
  }
  const openOnes = shown.flatMap((said) => {
    const member = memberOf(said.source)
    const own = member && truth !== null && truth !== UNCLEAR ? statesFor(member, truth, door.states) : []
    return own.length > 1 ? [{ source: said.source, own }] : []
  })
  return (
    <li data-open={isOpen.value}>
      <p class="when">
        <Moment at={Date.parse(one.at)}>{timeOfDay(Date.parse(one.at))}</Moment>
        {one.results > 1 && `, for ${duration(Date.parse(one.toAt) - Date.parse(one.fromAt))}`}, the door was shown as{' '}
        <StateBadge state={one.state} states={door.states} confidence={one.confidence} />
      </p>
      {isOpen.value && (
        <div class="witnesses">
          {shown.map((said) => (
            <Seen key={said.source} {...{ said, door, looks }} />
          ))}
        </div>
      )}
      {isOpen.value && canOperate && (
        <fieldset class="truth">
          <legend>What was the door then?</legend>
          {door.states.map((state) => (
            <Button key={state} busy={busy.value} aria-pressed={truth === state} onClick={() => void say(state)}>
              {state}
            </Button>
          ))}
          <Button kind="quiet" busy={busy.value} title="Nobody can tell" onClick={() => void say(UNCLEAR)}>
            unclear
          </Button>
          <Button kind="quiet" onClick={skip}>
            Skip
          </Button>
        </fieldset>
      )}
      {!isOpen.value && (
        <div class="labelled">
          <span role="status">
            {truth === null ? (
              skipped.value && 'Skipped.'
            ) : (
              <>
                Labelled <strong>{truth}</strong>
                {truth !== UNCLEAR && `: ${shown.map((said) => rightInWords(said, truth)).join(', ')}`}.{' '}
                {came.value !== null && came.value}
              </>
            )}
          </span>
          {canOperate && (
            <Button kind="quiet" onClick={() => (isOpen.value = true)}>
              Change
            </Button>
          )}
        </div>
      )}
      {!isOpen.value &&
        canOperate &&
        openOnes.map(({ source, own }) => (
          <fieldset key={source} class="truth">
            <legend>Which one of {source} was it? Leave it out where you do not know.</legend>
            {own.map((state) => (
              <Button
                key={state}
                busy={busy.value}
                aria-pressed={labels.value[source] === state}
                onClick={() => void put({ [source]: labels.value[source] === state ? null : state })}
              >
                {state}
              </Button>
            ))}
          </fieldset>
        ))}
    </li>
  )
}

function rightInWords({ source, says }: { source: string; says: string | null }, truth: string): string {
  return `${source} was ${says === truth ? 'right' : 'wrong'}`
}

/** The states of a member that say this of the door. */
function statesFor(member: DoorMemberBody, state: string, ofDoor: string[]): string[] {
  return member.ofSource.filter((own) => saidOfDoor(member, own, ofDoor) === state)
}

/** What a member's frame or reading is labelled with; null: which one of several it was is not known, or none is. */
function labelFor(member: DoorMemberBody | undefined, state: string, ofDoor: string[]): string | null {
  if (state === UNCLEAR || !member) return member ? state : null
  const own = statesFor(member, state, ofDoor)
  return own.length === 1 ? (own[0] ?? null) : null
}

/** What people said the door was, as labels of its members tell; null where there is none. */
function truthOf(labels: Labels, door: WholeDoorBody): string | null {
  const said = Object.entries(labels).flatMap(([source, label]) => {
    const member = door.members.find((one) => one.source === source)
    if (label === null || !member) return []
    return label === UNCLEAR ? [label] : (saidOfDoor(member, label, door.states) ?? [])
  })
  return said.find((state) => state !== UNCLEAR) ?? said[0] ?? null
}
