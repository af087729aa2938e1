import { useSignal } from '@preact/signals'
import type { KindBody, RuleBody } from '../../api/alert-bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Age, Button } from '../../design/elements.tsx'
import { SeveritySign } from '../../design/severity-sign.tsx'
import { counted } from '../../design/words.ts'
import { settingsInWords, subjectInWords } from './words.ts'

/** What came of a test of a webhook. */
interface TestBody {
  /** Null where no answer came. */
  status: number | null
  /** `it answered 204 No Content` */
  text: string
}

interface RuleCardProps {
  rule: RuleBody
  kind: KindBody | undefined
  canOperate: boolean
  onChanged(): Promise<void>
  onEdit(): void
  onDelete(): void
}

/** One rule: what it watches, whether it does, and how its webhook gets on. */
export function RuleCard({ rule, kind, canOperate, onChanged, onEdit, onDelete }: RuleCardProps) {
  const { live } = useConsole()
  const { busy, run } = useAction()
  const { id, name, severity, enabled, webhook } = rule
  const standing = (live.alerts.all.value ?? []).filter((alert) => alert.rule === id).length
  const setEnabled = (enabled: boolean) =>
    run(async () => {
      await send('PATCH', `/api/alert-rules/${id}`, { enabled })
      await onChanged()
      return undefined
    })
  return (
    <li class={enabled ? 'rule' : 'rule off'}>
      <div class="rule-words">
        <p class="alert-head">
          <SeveritySign severity={severity} />
          <strong>{name}</strong>
          {standing > 0 && <span class="tag">{counted(standing, 'alert')}</span>}
        </p>
        <p>
          {kind?.title ?? rule.kind} <span class="rule-subject">· {subjectInWords(rule.subject, kind?.subject)}</span>
        </p>
        <p class="hint">{settingsInWords(rule, kind)}</p>
        {webhook && <WebhookLine rule={rule} url={webhook.url} canOperate={canOperate} />}
      </div>
      {canOperate ? (
        <div class="rule-acts">
          <label class="check">
            <input
              type="checkbox"
              role="switch"
              aria-label={`${name}: on`}
              disabled={busy.value}
              checked={enabled}
              aria-checked={enabled}
              onChange={({ currentTarget }) => void setEnabled(currentTarget.checked)}
            />
            {enabled ? 'On' : 'Off'}
          </label>
          <Button aria-label={`Change ${name}`} onClick={onEdit}>
            Change
          </Button>
          <Button kind="danger" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </Button>
        </div>
      ) : (
        <p class="rule-acts hint">{enabled ? 'On' : 'Off'}</p>
      )}
    </li>
  )
}

/** Where its messages go, how that gets on, and a try of it. */
function WebhookLine({ rule, url, canOperate }: { rule: RuleBody; url: string; canOperate: boolean }) {
  const answer = useSignal<string | null>(null)
  const busy = useSignal(false)
  const tryIt = async () => {
    busy.value = true
    answer.value = null
    try {
      const { status, text } = await send<TestBody>('POST', `/api/alert-rules/${rule.id}/test`)
      const isTaken = status !== null && status >= 200 && status < 300
      answer.value = `The receiver ${isTaken ? 'took it' : 'did not take it'}: ${text}`
    } catch (error) {
      answer.value = error instanceof Error ? error.message : String(error)
    }
    busy.value = false
  }
  return (
    <div class="webhook">
      <p>
        <span>
          Webhook <code>{url}</code>
        </span>
        <Delivery rule={rule} />
      </p>
      {canOperate && (
        <Button busy={busy.value} aria-label={`Send a test of ${rule.name}`} onClick={() => void tryIt()}>
          Send a test
        </Button>
      )}
      <p class="webhook-answer" role="status">
        {busy.value ? 'Waiting for the receiver …' : answer.value}
      </p>
    </div>
  )
}

function Delivery({ rule: { delivery } }: { rule: RuleBody }) {
  if (!delivery) return <small>nothing sent yet</small>
  const { waiting, dropped, lastError, lastErrorAt, lastDeliveredAt } = delivery
  const isFailing = lastErrorAt !== null && Date.parse(lastErrorAt) > Date.parse(lastDeliveredAt ?? '1970')
  return (
    <>
      {lastDeliveredAt !== null && (
        <small>
          delivered <Age at={Date.parse(lastDeliveredAt)} />
        </small>
      )}
      {waiting > 0 && <small class="worrying">{counted(waiting, 'message')} waiting</small>}
      {dropped > 0 && <small class="worrying">{counted(dropped, 'message')} given up</small>}
      {isFailing && (
        <small class="worrying">
          failed <Age at={Date.parse(lastErrorAt)} />: {lastError}
        </small>
      )}
    </>
  )
}
