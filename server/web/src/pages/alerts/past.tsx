import { useEffect, useState } from 'preact/hooks'
import type { AlertBody, KindBody, RuleBody } from '../../api/alert-bodies.ts'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button, Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { firedAt } from '../../live/urgency.ts'
import { AlertWords } from './alert-words.tsx'

const PAGE = 25

/** What has been, the newest first. */
export function Past({ rules, kinds }: { rules: RuleBody[]; kinds: KindBody[] }) {
  const { live, notices } = useConsole()
  const [rule, setRule] = useState('')
  const [{ alerts, next }, setPast] = useState<{ alerts: AlertBody[] | null; next: string | null }>(NOTHING)
  const load = async (cursor?: string, signal?: AbortSignal) => {
    const query = { state: 'resolved', rule: rule || undefined, limit: PAGE, cursor }
    const { items, next } = await get<List<AlertBody>>('/api/alerts', query, signal)
    setPast((known) => ({ alerts: cursor === undefined ? items : [...(known.alerts ?? []), ...items], next }))
  }
  useEffect(() => {
    const ending = new AbortController()
    load(undefined, ending.signal).catch((error) => {
      if (!ending.signal.aborted) notices.failed(error)
    })
    const end = live.alerts.onNews((alert) => {
      if (alert.state !== 'resolved' || (rule !== '' && alert.rule !== rule)) return
      setPast((known) => ({ ...known, alerts: [alert, ...without(known.alerts ?? [], alert)] }))
    })
    return () => {
      end()
      ending.abort()
    }
  }, [rule, live.liveness.value])
  return (
    <section class="card part past" aria-labelledby="past">
      <header>
        <h2 id="past">History</h2>
        {rules.length > 1 && (
          <label>
            <span class="hidden-text">Alerts of</span>
            <select value={rule} onChange={({ currentTarget }) => setRule(currentTarget.value)}>
              <option value="">of all rules</option>
              {rules.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </header>
      {alerts?.length === 0 && <p class="hint">No alert has ended yet.</p>}
      {alerts !== null && alerts.length > 0 && (
        <ul class="alert-list" aria-label="Alerts that ended">
          {alerts.map((alert) => (
            <li key={alert.id} class="alert past">
              <AlertWords alert={alert} kind={kinds.find(({ name }) => name === alert.kind)} />
              <When alert={alert} />
            </li>
          ))}
        </ul>
      )}
      {next !== null && (
        <Button onClick={() => void load(next).catch((error) => notices.failed(error))}>Show older ones</Button>
      )}
    </section>
  )
}

function When({ alert }: { alert: AlertBody }) {
  const from = firedAt(alert)
  const to = alert.resolvedAt === null ? null : Date.parse(alert.resolvedAt)
  return (
    <p class="alert-times">
      <span>
        <Moment at={from}>{timeOfDay(from)}</Moment>
        {to !== null && (
          <>
            {' – '}
            <Moment at={to}>{timeOfDay(to)}</Moment>
          </>
        )}
      </span>
      {alert.acknowledgedBy !== null && <span>seen by {alert.acknowledgedBy}</span>}
    </p>
  )
}

const NOTHING = { alerts: null, next: null }

function without(alerts: AlertBody[], { id }: AlertBody): AlertBody[] {
  return alerts.filter((one) => one.id !== id)
}
