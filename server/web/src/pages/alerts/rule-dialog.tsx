import { useState } from 'preact/hooks'
import type { KindBody, RuleBody, Severity } from '../../api/alert-bodies.ts'
import { ApiError, send } from '../../api/client.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Field } from '../../design/elements.tsx'
import { SEVERITIES } from '../../live/urgency.ts'
import { changeOf, type Draft, draftOf, newDraft, withKind } from './draft.ts'
import { DurationField } from './duration-field.tsx'
import { useNames } from './names.ts'
import { ParamField } from './param-field.tsx'
import { type Param, paramsOf } from './params.ts'
import { proposedName } from './proposed-name.ts'
import { subjectInWords } from './words.ts'

interface RuleDialogProps {
  kinds: KindBody[]
  /** Those there are: no two have the same name. */
  rules: RuleBody[]
  /** The one that is changed; null for a new one. */
  rule: RuleBody | null
  onClose(): void
  /** @param rule as the server keeps it, with its secret where one was made just now */
  onKept(rule: RuleBody): Promise<void>
}

/** A rule as one sets it; what its kind asks for comes from the server. */
export function RuleDialog({ kinds, rules, rule, onClose, onKept }: RuleDialogProps) {
  const kindOf = (name: string) => kinds.find((one) => one.name === name) ?? kinds[0]
  const [draft, setDraft] = useState<Draft | null>(() => initial(rule, kindOf(rule?.kind ?? '')))
  const names = useNames()
  // Said in the dialog: a notice would stand behind it.
  const [fault, setFault] = useState<{ field: string | null; message: string } | null>(null)
  const [busy, setBusy] = useState(false)
  const kind = draft && kindOf(draft.kind)
  if (!draft || !kind) return null
  const change = (some: Partial<Draft>) => setDraft({ ...draft, ...some })
  const params = paramsOf(kind.params)
  const taken = rules.map(({ name }) => name)
  const proposed = proposedName(kind, draft.subject, draft.entries, taken)
  const said = fieldOf(fault?.field ?? null, params)
  const wrong = (field: string) => (fault !== null && said === field ? fault.message : null)
  const keep = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setFault(null)
    const body = changeOf(draft, kind, rule, proposed)
    try {
      const kept = rule
        ? await send<RuleBody>('PATCH', `/api/alert-rules/${rule.id}`, body)
        : await send<RuleBody>('POST', '/api/alert-rules', { ...body, kind: kind.name })
      await onKept(kept)
    } catch (error) {
      setFault(faultOf(error))
      setBusy(false)
    }
  }
  const subjects = kind.subject === 'camera' ? names.cameras : names.devices
  return (
    <Dialog title={rule ? `Change ${rule.name}` : 'Add a rule'} onClose={onClose}>
      <form class="form rule-form" onSubmit={(event) => void keep(event)}>
        <Field label="What it watches" hint={kind.description}>
          {(ids) => (
            <select
              {...ids}
              autofocus
              disabled={rule !== null}
              value={draft.kind}
              onChange={({ currentTarget }) => {
                const other = kindOf(currentTarget.value)
                if (other) setDraft(withKind(draft, other, kind))
              }}
            >
              {kinds.map(({ name, title }) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
        {kind.subject !== 'server' && (
          <Field label={kind.subject === 'camera' ? 'Camera' : 'Device'} error={wrong('subject')}>
            {(ids) => (
              <select
                {...ids}
                value={draft.subject}
                onChange={({ currentTarget }) => change({ subject: currentTarget.value })}
              >
                <option value="">{subjectInWords(null, kind.subject)}, later ones too</option>
                {[...new Set(draft.subject === '' ? subjects : [...subjects, draft.subject])].map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <div class="beside">
          {params.map((param) => (
            <ParamField
              key={`${kind.name} ${param.name}`}
              param={param}
              entry={draft.entries[param.name] ?? param.initial}
              names={names}
              subject={draft.subject}
              error={wrong(`params.${param.name}`)}
              onChange={(entry) => change({ entries: { ...draft.entries, [param.name]: entry } })}
            />
          ))}
        </div>
        <div class="beside">
          <DurationField
            label="Fires after"
            hint="How long it has to last before there is an alert."
            entry={draft.forTime}
            required
            error={wrong('forMs')}
            onChange={(forTime) => change({ forTime })}
          />
          <DurationField
            label="Ends after"
            hint="How long it has to be over before the alert ends."
            entry={draft.clearTime}
            required
            error={wrong('clearMs')}
            onChange={(clearTime) => change({ clearTime })}
          />
        </div>
        <div class="beside">
          <Field label="Name" hint="What its alerts are called." error={wrong('name')}>
            {(ids) => (
              <input
                {...ids}
                required
                maxLength={100}
                autocomplete="off"
                value={draft.name ?? proposed}
                onInput={({ currentTarget }) => change({ name: currentTarget.value })}
              />
            )}
          </Field>
          <Field label="Severity">
            {(ids) => (
              <select
                {...ids}
                value={draft.severity}
                onChange={({ currentTarget }) => change({ severity: currentTarget.value as Severity })}
              >
                {SEVERITIES.map((severity) => (
                  <option key={severity}>{severity}</option>
                ))}
              </select>
            )}
          </Field>
        </div>
        <Field
          label="Webhook"
          hint="An address that is called when it fires, is acknowledged and ends. Leave it empty for none."
          error={wrong('webhook')}
        >
          {(ids) => (
            <input
              {...ids}
              type="url"
              maxLength={2000}
              placeholder="https://"
              autocomplete="off"
              spellcheck={false}
              value={draft.webhook}
              onInput={({ currentTarget }) => change({ webhook: currentTarget.value })}
            />
          )}
        </Field>
        {rule?.webhook && draft.webhook !== '' && (
          <label class="check">
            <input
              type="checkbox"
              checked={draft.rotateSecret}
              onChange={({ currentTarget }) => change({ rotateSecret: currentTarget.checked })}
            />
            Make a new secret; the old one stops working at once
          </label>
        )}
        {fault !== null && said === null && (
          <p class="hint wrong" role="alert">
            {fault.message}
          </p>
        )}
        <DialogActions action={rule ? 'Save' : 'Add'} busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  )
}

function initial(rule: RuleBody | null, kind: KindBody | undefined): Draft | null {
  if (!kind) return null
  return rule ? draftOf(rule, kind) : newDraft(kind)
}

const FIELDS = ['name', 'subject', 'forMs', 'clearMs', 'webhook']

/** The control of the form that the server means, which may stand in `params`, or hold what it names: `webhook.url`. */
function fieldOf(said: string | null, params: Param[]): string | null {
  if (said === null) return null
  const [first = '', second] = said.split('.')
  const param = params.find(({ name }) => name === (first === 'params' ? second : first))
  if (param) return `params.${param.name}`
  return FIELDS.includes(first) ? first : null
}

function faultOf(error: unknown) {
  if (!(error instanceof ApiError)) return { field: null, message: 'The console failed: load the page again.' }
  return { field: error.code === 'name_taken' ? 'name' : error.field, message: error.message }
}
