import type { KindBody, RuleBody } from '../../api/alert-bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { SeveritySign } from '../../design/severity-sign.tsx'
import { counted } from '../../design/words.ts'
import { WebhookLine } from './webhook-line.tsx'
import { settingsInWords, subjectInWords } from './words.ts'

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
        {webhook && <WebhookLine rule={rule} url={webhook.url} canOperate={canOperate} onChanged={onChanged} />}
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
