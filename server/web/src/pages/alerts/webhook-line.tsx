import { useSignal } from '@preact/signals'
import type { DeliveryBody, RuleBody } from '../../api/alert-bodies.ts'
import { send } from '../../api/client.ts'
import { clock } from '../../design/clock.ts'
import { Age, Button, Moment } from '../../design/elements.tsx'
import { counted, duration } from '../../design/words.ts'

/** What came of a test of a webhook. */
interface TestBody {
  /** Null where no answer came. */
  status: number | null
  /** `it answered 204 No Content` */
  text: string
}

interface WebhookLineProps {
  rule: RuleBody
  url: string
  canOperate: boolean
  onChanged(): Promise<void>
}

/** Where its messages go, how that gets on, and a try of it. */
export function WebhookLine({ rule: { id, name, delivery }, url, canOperate, onChanged }: WebhookLineProps) {
  const answer = useSignal<string | null>(null)
  const busy = useSignal(false)
  const ask = async (work: () => Promise<string>) => {
    busy.value = true
    answer.value = null
    try {
      answer.value = await work()
    } catch (error) {
      answer.value = error instanceof Error ? error.message : String(error)
    }
    busy.value = false
  }
  const test = async () => {
    const { status, text } = await send<TestBody>('POST', `/api/alert-rules/${id}/test`)
    const isTaken = status !== null && status >= 200 && status < 300
    return `The receiver ${isTaken ? 'took it' : 'did not take it'}: ${text}`
  }
  const retry = async () => {
    const tried = await send<DeliveryBody>('POST', `/api/alert-rules/${id}/retry`)
    await onChanged()
    return isFailing(tried) ? `The receiver did not take it: ${tried.lastError}` : 'The receiver took it.'
  }
  return (
    <div class="webhook">
      <p>
        <span>
          Webhook <code>{url}</code>
        </span>
        {delivery ? <Delivery delivery={delivery} /> : <small>nothing sent yet</small>}
      </p>
      {canOperate && (
        <>
          <Button busy={busy.value} aria-label={`Send a test of ${name}`} onClick={() => void ask(test)}>
            Send a test
          </Button>
          {delivery && isFailing(delivery) && delivery.waiting > 0 && (
            <Button busy={busy.value} aria-label={`Send now what waits of ${name}`} onClick={() => void ask(retry)}>
              Send now
            </Button>
          )}
        </>
      )}
      <p class="webhook-answer" role="status">
        {busy.value ? 'Waiting for the receiver …' : answer.value}
      </p>
    </div>
  )
}

function Delivery({ delivery }: { delivery: DeliveryBody }) {
  const { waiting, dropped, lastError, lastErrorAt, lastDeliveredAt, nextAt } = delivery
  const next = nextAt === null ? null : Date.parse(nextAt)
  return (
    <>
      {lastDeliveredAt !== null && (
        <small>
          delivered <Age at={Date.parse(lastDeliveredAt)} />
        </small>
      )}
      {waiting > 0 && <small class="worrying">{counted(waiting, 'message')} waiting</small>}
      {dropped > 0 && <small class="worrying">{counted(dropped, 'message')} given up</small>}
      {isFailing(delivery) && lastErrorAt !== null && (
        <>
          <small class="worrying">
            failed <Age at={Date.parse(lastErrorAt)} />: {lastError}
          </small>
          {next !== null && next > clock.value && (
            <small>
              tried again in <Moment at={next}>{duration(Math.max(1000, next - clock.value))}</Moment>
            </small>
          )}
        </>
      )}
    </>
  )
}

/** Whether the last attempt was in vain. */
function isFailing({ lastErrorAt, lastDeliveredAt }: DeliveryBody): boolean {
  return lastErrorAt !== null && Date.parse(lastErrorAt) > Date.parse(lastDeliveredAt ?? '1970')
}
