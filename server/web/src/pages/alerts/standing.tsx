import { useRef } from 'preact/hooks'
import type { AlertBody, KindBody } from '../../api/alert-bodies.ts'
import { ApiError, send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Age, Button, Loading } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { byUrgency, isSeen } from '../../live/urgency.ts'
import { AlertWords } from './alert-words.tsx'

/** More of them nobody reads. */
const SHOWN = 200
/** As many as the server takes. */
const AT_ONCE = 1000

/** What stands now, the most urgent first. */
export function Standing({ kinds }: { kinds: KindBody[] }) {
  const { live, notices, session } = useConsole()
  const all = live.alerts.all.value
  if (all === null) return <Loading what="alerts" />
  const waiting = all.filter((alert) => !isSeen(alert))
  const shown = all.toSorted(byUrgency).slice(0, SHOWN)
  const acknowledge = async (alert: AlertBody, toSeen: boolean) => {
    try {
      // What is shown is what the event says: an answer that is late may be about an alert that has ended since.
      await send(toSeen ? 'POST' : 'DELETE', `/api/alerts/${alert.id}/acknowledge`)
    } catch (error) {
      // It ended meanwhile, or somebody else was faster: the event that says so is on its way.
      if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error
    }
  }
  const acknowledgeAll = async () => {
    const ids = waiting.map(({ id }) => id)
    for (let i = 0; i < ids.length; i += AT_ONCE)
      await send('POST', '/api/alerts/acknowledge', { ids: ids.slice(i, i + AT_ONCE) })
  }
  const orSay = (work: Promise<void>) => work.catch((error) => notices.failed(error))
  return (
    <section class="card part standing" aria-labelledby="standing">
      <header>
        <h2 id="standing">Standing</h2>
        <small>{inWords(all.length, waiting.length)}</small>
        {session.canOperate.value && waiting.length > 1 && (
          <Button onClick={() => void orSay(acknowledgeAll())}>Acknowledge all</Button>
        )}
      </header>
      {all.length === 0 && <p class="hint all-well">Nothing is wrong, as far as the rules tell.</p>}
      {shown.length > 0 && (
        <ul class="alert-list" aria-label="Standing alerts">
          {shown.map((alert) => (
            <StandingAlert
              key={alert.id}
              alert={alert}
              kind={kinds.find(({ name }) => name === alert.kind)}
              canOperate={session.canOperate.value}
              onAcknowledge={(toSeen) => orSay(acknowledge(alert, toSeen))}
            />
          ))}
        </ul>
      )}
      {all.length > SHOWN && <p class="hint">{all.length - SHOWN} more stand.</p>}
    </section>
  )
}

interface StandingAlertProps {
  alert: AlertBody
  kind: KindBody | undefined
  canOperate: boolean
  onAcknowledge(toSeen: boolean): Promise<unknown>
}

function StandingAlert({ alert, kind, canOperate, onAcknowledge }: StandingAlertProps) {
  const isAsking = useRef(false)
  const { name, subject, since, acknowledgedAt, acknowledgedBy } = alert
  const seen = isSeen(alert)
  // Not disabled meanwhile: that would take the focus from it.
  const press = async () => {
    if (isAsking.current) return
    isAsking.current = true
    await onAcknowledge(!seen)
    isAsking.current = false
  }
  return (
    <li class={seen ? 'alert seen' : 'alert'}>
      <AlertWords alert={alert} kind={kind} />
      <p class="alert-times">
        <span>
          since <Age at={Date.parse(since)} />
        </span>
        {acknowledgedAt !== null && (
          <span>
            seen by {acknowledgedBy ?? 'somebody'} <Age at={Date.parse(acknowledgedAt)} />
          </span>
        )}
      </p>
      {canOperate && (
        <Button
          kind={seen ? 'quiet' : 'plain'}
          aria-label={seen ? `Take back that ${name}, ${subject}, was seen` : `Acknowledge ${name}, ${subject}`}
          onClick={() => void press()}
        >
          {seen ? 'Take back' : 'Acknowledge'}
        </Button>
      )}
    </li>
  )
}

function inWords(all: number, waiting: number): string {
  if (all === 0) return ''
  if (waiting === 0) return `${counted(all, 'alert')}, all of them seen`
  return waiting === all ? counted(all, 'alert') : `${counted(all, 'alert')}, ${waiting} not acknowledged`
}
