import { useEffect, useMemo, useRef } from 'preact/hooks'
import { get, send } from '../../../api/client.ts'
import type { HoldBody } from '../../../api/sensor-bodies.ts'
import { useConsole } from '../../../console.ts'
import { Age, Button } from '../../../design/elements.tsx'
import { StateBadge } from '../../../design/state-badge.tsx'
import { Collecting, type Phase, type Step } from './collecting.ts'
import { PlanForm } from './plan-form.tsx'
import { holdInWords, isWhole } from './words.ts'

interface CollectProps {
  /** `device/sensor` */
  id: string
  states: string[]
  /** Labelled readings by state. */
  counts: Record<string, number>
  /** Told when labels have come or gone. */
  onLabelled(): void
}

interface Held {
  hold: HoldBody | null
}

/** Guided collection: the door is held at each state while its readings are labelled with it. */
export function Collect({ id, states, counts, onLabelled }: CollectProps) {
  const { notices } = useConsole()
  const tell = useRef(onLabelled)
  tell.current = onLabelled
  const collecting = useMemo(() => {
    const path = `/api/sensors/${id}/holds`
    const known = ({ hold }: Held) => {
      if (!hold) throw new Error('The server forgot this hold: it was restarted meanwhile.')
      return hold
    }
    return new Collecting({
      begin: async (state, readings) => known(await send<Held>('POST', path, { state, readings })),
      look: async () => (await get<Held>(path)).hold,
      stop: async (takeBack) => known(await send<Held>('DELETE', `${path}?labels=${takeBack ? 'remove' : 'keep'}`)),
      onFailed: (error) => notices.failed(error),
      onLabelled: () => tell.current(),
    })
  }, [id])
  useEffect(() => {
    void collecting.find()
    return () => collecting.close()
  }, [collecting])
  const phase = collecting.phase.value
  return (
    <section class="collect card part" aria-labelledby="collect">
      <h2 id="collect">Collect</h2>
      {phase.is === 'planning' ? (
        <>
          <p class="hint">
            Hold the door at each state while its readings are labelled: no picture is needed to say what it was.
          </p>
          <Before collecting={collecting} />
          <PlanForm states={states} counts={counts} onStart={(plan) => collecting.start(plan)} />
        </>
      ) : (
        <>
          <StepView collecting={collecting} states={states} phase={phase} />
          <Steps steps={collecting.steps.value} now={collecting.step.value} states={states} />
        </>
      )}
    </section>
  )
}

/** A hold that ended while nobody looked may have been of the wrong state. */
function Before({ collecting }: { collecting: Collecting }) {
  const hold = collecting.before.value
  if (hold === null) return null
  return (
    <section class="collect-step" aria-label="The hold before">
      <p class="hint">
        The hold before, by {hold.author}, <Age at={Date.parse(hold.endedAt ?? hold.startedAt)} />: {holdInWords(hold)}
      </p>
      <div class="buttons">
        <Button onClick={() => void collecting.takeBackBefore()}>Take these labels back</Button>
      </div>
    </section>
  )
}

interface StepViewProps {
  collecting: Collecting
  phase: Phase
  states: string[]
}

/** What to do now. The button for it has the focus: hands are at the door. */
function StepView({ collecting, phase, states }: StepViewProps) {
  const main = useRef<HTMLDivElement>(null)
  const step = collecting.step.value
  useEffect(() => main.current?.querySelector<HTMLElement>('button')?.focus(), [phase.is, step])
  const rounds = collecting.steps.value.at(-1)?.round ?? 1
  if (phase.is === 'done')
    return (
      <>
        <p class="collect-say" role="status">
          Collected. “Is it usable?” says whether the states can be told apart.
        </p>
        <div class="buttons" ref={main}>
          <Button kind="main" onClick={() => collecting.end()}>
            Collect more
          </Button>
        </div>
      </>
    )
  if (!step) return null
  const isNewRound =
    step.round > 1 && step.state === collecting.steps.value.find(({ round }) => round === step.round)?.state
  return (
    <div class="collect-step">
      <p class="collect-say" role="status">
        {rounds > 1 && <small>{`Round ${step.round} of ${rounds}. `}</small>}
        {phase.is === 'holding' ? 'Hold it at ' : phase.is === 'over' ? 'Held at ' : 'Bring it to '}
        <StateBadge state={step.state} states={states} />
        {phase.is === 'ready' && ', then begin and take your hand off the door.'}
        {phase.is === 'over' && (
          <span class={phase.hold.got === 0 ? 'hint wrong' : undefined}>{`: ${holdInWords(phase.hold)}`}</span>
        )}
      </p>
      {phase.is === 'ready' && isNewRound && (
        <p class="hint">
          A pause of some minutes before this round, or another hour of the day, makes the test more honest.
        </p>
      )}
      {phase.is === 'countdown' && (
        <p class="countdown" role="timer" aria-live="assertive">
          {phase.left}
        </p>
      )}
      {phase.is === 'holding' && <Progress hold={phase.hold} />}
      <div class="buttons" ref={main}>
        {phase.is === 'ready' && (
          <>
            <Button kind="main" onClick={() => collecting.count()}>
              Begin in 3 s
            </Button>
            <Button onClick={() => collecting.next()}>Skip it</Button>
            <Button onClick={() => collecting.end()}>End</Button>
          </>
        )}
        {phase.is === 'countdown' && <Button onClick={() => collecting.wait()}>Not yet</Button>}
        {phase.is === 'holding' && <Button onClick={() => void collecting.stop()}>Stop</Button>}
        {phase.is === 'over' && (
          <>
            {phase.hold.got > 0 && (
              <Button kind={isWhole(phase.hold) ? 'main' : 'plain'} onClick={() => collecting.next()}>
                Next
              </Button>
            )}
            <Button kind={phase.hold.got > 0 ? 'plain' : 'main'} onClick={() => collecting.count()}>
              Hold it again
            </Button>
            {phase.hold.got > 0 ? (
              <Button onClick={() => void collecting.takeBack()}>Take these labels back</Button>
            ) : (
              <Button onClick={() => collecting.next()}>Skip it</Button>
            )}
          </>
        )}
      </div>
    </div>
  )
}

function Progress({ hold: { got, wanted, refused, reason, perSecond } }: { hold: HoldBody }) {
  return (
    <>
      <progress class="progress" value={got} max={wanted ?? undefined} aria-label="Readings" />
      <p class="hint">
        {wanted === null ? got : `${got} of ${wanted}`} readings, {perSecond} a second
        {refused > 0 && `; ${refused} without a label: ${reason}`}
      </p>
    </>
  )
}

function Steps({ steps, now, states }: { steps: Step[]; now: Step | null; states: string[] }) {
  return (
    <ol class="collect-steps" aria-label="Steps">
      {steps.map((step) => (
        <li key={`${step.round}/${step.state}`} aria-current={step === now ? 'step' : undefined}>
          <StateBadge state={step.state} states={states} />
          <small>{step.got ?? '–'}</small>
        </li>
      ))}
    </ol>
  )
}
