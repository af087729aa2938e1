import { useState } from 'preact/hooks'
import type { RuleBody } from '../../api/alert-bodies.ts'
import { ApiError, send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { ConfirmDialog } from '../../design/confirm-dialog.tsx'
import { Button, Failed, Loading } from '../../design/elements.tsx'
import { page } from '../../page.tsx'
import { Past } from './past.tsx'
import { RuleCard } from './rule-card.tsx'
import { SecretDialog } from './secret-dialog.tsx'
import { Standing } from './standing.tsx'
import { useRules } from './use-rules.ts'
import { UsualRules } from './usual-rules.tsx'
import './alerts.css'

const RuleDialog = page(async () => (await import('./rule-dialog.tsx')).RuleDialog)

/** What stands open over the page. */
type Open =
  | { dialog: 'rule'; rule: RuleBody | null }
  | { dialog: 'secret'; name: string; secret: string }
  | { dialog: 'delete'; rule: RuleBody }

/** What is wrong, what was, and the rules that say so. */
export function AlertsPage() {
  const { notices, session } = useConsole()
  const { rules, kinds, fault, load } = useRules()
  const [open, setOpen] = useState<Open | null>(null)
  const canOperate = session.canOperate.value
  const close = () => setOpen(null)
  const onKept = async (kept: RuleBody) => {
    await load() // first: the focus goes to what is left
    const secret = kept.webhook?.secret
    setOpen(secret === undefined ? null : { dialog: 'secret', name: kept.name, secret })
    notices.done(`${kept.name} was saved.`)
  }
  const remove = async ({ id, name }: RuleBody) => {
    try {
      await send('DELETE', `/api/alert-rules/${id}`)
      notices.done(`${name} was deleted.`)
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error // somebody else was faster
    }
    await load()
    close()
  }

  if (!rules && fault !== null) return <Failed title="The alerts could not be loaded" error={fault} onRetry={load} />
  if (!rules) return <Loading what="alerts" />
  return (
    <div class="alerts page">
      <header class="page-head">
        <h1>Alerts</h1>
        {canOperate && rules.length > 0 && (
          <Button kind="main" onClick={() => setOpen({ dialog: 'rule', rule: null })}>
            Add a rule
          </Button>
        )}
      </header>
      <Standing kinds={kinds} />
      {rules.length === 0 ? (
        <UsualRules
          kinds={kinds}
          canOperate={canOperate}
          onAdded={load}
          onAddOwn={() => setOpen({ dialog: 'rule', rule: null })}
        />
      ) : (
        <section class="card part rules" aria-labelledby="rules">
          <h2 id="rules">Rules</h2>
          <ul aria-label="Rules">
            {rules.map((rule) => (
              <RuleCard
                key={rule.id}
                rule={rule}
                kind={kinds.find(({ name }) => name === rule.kind)}
                canOperate={canOperate}
                onChanged={load}
                onEdit={() => setOpen({ dialog: 'rule', rule })}
                onDelete={() => setOpen({ dialog: 'delete', rule })}
              />
            ))}
          </ul>
        </section>
      )}
      <Past rules={rules} kinds={kinds} />
      {open?.dialog === 'rule' && <RuleDialog {...{ kinds, rules, rule: open.rule, onClose: close, onKept }} />}
      {open?.dialog === 'secret' && <SecretDialog name={open.name} secret={open.secret} onClose={close} />}
      {open?.dialog === 'delete' && (
        <ConfirmDialog
          title={`Delete ${open.rule.name}`}
          action="Delete"
          word={null}
          onClose={close}
          onConfirm={() => remove(open.rule)}
        >
          <p>Alerts of it that stand end now, and messages that its webhook still waits for are not sent.</p>
          {open.rule.webhook && <p>Where the receiver is to be told of their end, switch the rule off first.</p>}
        </ConfirmDialog>
      )}
    </div>
  )
}
