import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { DisagreementBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { duration, timeOfDay } from '../../design/words.ts'
import { Witness } from './witness.tsx'

interface DisagreementsProps {
  door: WholeDoorBody
  /** Labels tell which member is to be believed less. */
  onLabelled(): Promise<void>
}

const PAGE = 10

/** Moments at which members surely said different states: a label of each tells who was right. */
export function Disagreements({ door, onLabelled }: DisagreementsProps) {
  const items = useSignal<DisagreementBody[] | null>(null)
  const next = useSignal<string | null>(null)
  const order = useSignal<'newest' | 'surest'>('newest')
  const { busy, run } = useAction()
  const load = (cursor?: string) =>
    run(async () => {
      const query = { order: order.peek(), limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }
      const page = await get<List<DisagreementBody>>(`/api/doors/${door.name}/disagreements`, query)
      items.value = [...(cursor === undefined ? [] : (items.peek() ?? [])), ...page.items]
      next.value = page.next
      return undefined
    })
  useEffect(() => void load(), [])
  return (
    <section class="card part disagreements" aria-labelledby="disagreements">
      <header class="page-head">
        <h2 id="disagreements">Where they disagree</h2>
        <div class="buttons">
          <select
            aria-label="Order"
            value={order.value}
            onChange={({ currentTarget }) => {
              order.value = currentTarget.value as 'newest' | 'surest'
              void load()
            }}
          >
            <option value="newest">the newest first</option>
            <option value="surest">the surest first</option>
          </select>
          <Button busy={busy.value} onClick={() => void load()}>
            Look again
          </Button>
        </div>
      </header>
      <p class="hint">
        Say what was so, and whoever was wrong counts less from then on. Each label is also one to train with.
      </p>
      {items.value?.length === 0 && next.value === null && <p class="nothing">They never surely disagreed.</p>}
      <ol>
        {items.value?.map((one) => (
          <li key={one.at}>
            <p class="when">
              <Moment at={Date.parse(one.at)}>{timeOfDay(Date.parse(one.at))}</Moment>
              {one.results > 1 && `, for ${duration(Date.parse(one.toAt) - Date.parse(one.fromAt))}`}, told as{' '}
              <StateBadge state={one.state} states={door.states} confidence={one.confidence} />
            </p>
            <div class="witnesses">
              {one.members
                .filter(({ frame }) => frame !== null)
                .map((said) => (
                  <Witness
                    key={said.source}
                    said={said}
                    states={door.states}
                    ofSource={door.members.find(({ source }) => source === said.source)?.ofSource ?? []}
                    onLabelled={onLabelled}
                  />
                ))}
            </div>
          </li>
        ))}
      </ol>
      {next.value !== null && (
        <Button busy={busy.value} onClick={() => void load(next.value ?? undefined)}>
          Earlier ones
        </Button>
      )}
    </section>
  )
}
