import type { KindBody, RuleBody } from '../../api/alert-bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { usualRules } from './usual.ts'

interface UsualRulesProps {
  kinds: KindBody[]
  canOperate: boolean
  onAdded(): Promise<void>
  onAddOwn(): void
}

/** There is no rule yet: offers those that nearly everybody wants. */
export function UsualRules({ kinds, canOperate, onAdded, onAddOwn }: UsualRulesProps) {
  const { busy, run } = useAction()
  const usual = usualRules(kinds)
  const add = () =>
    run(async () => {
      try {
        for (const rule of usual) await send<RuleBody>('POST', '/api/alert-rules', { ...rule, subject: null })
      } finally {
        await onAdded() // those before one that failed are there
      }
      return `${counted(usual.length, 'rule')} were added. Change them as you need them.`
    })
  return (
    <section class="card part no-rules" aria-labelledby="no-rules">
      <h2 id="no-rules">No rules yet</h2>
      <p>
        A rule watches cameras, devices or the server, and says so when something lasts too long. What it finds stands
        here, goes out by MQTT, and to a webhook where you name one.
      </p>
      {usual.length > 0 && (
        <>
          <p>The usual ones, of every camera and device:</p>
          <ul>
            {usual.map(({ name }) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </>
      )}
      {canOperate ? (
        <div class="buttons">
          {usual.length > 0 && (
            <Button kind="main" busy={busy.value} onClick={() => void add()}>
              Add the usual rules
            </Button>
          )}
          <Button onClick={onAddOwn}>Add a rule of your own</Button>
        </div>
      ) : (
        <p class="hint">Ask somebody with the role operator to add them.</p>
      )}
    </section>
  )
}
