import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { DisagreementBody, WholeDoorBody } from '../../api/door-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { Disagreement } from './disagreement.tsx'
import type { Looks } from './looks.ts'

interface DisagreementsProps {
  door: WholeDoorBody
  /** Labels tell which member is to be believed less. */
  onLabelled(): Promise<WholeDoorBody>
  looks: Looks
}

const PAGE = 10

/** Moments at which members surely said different states: a label of each tells who was right. */
export function Disagreements({ door, looks, onLabelled }: DisagreementsProps) {
  const items = useSignal<DisagreementBody[] | null>(null)
  const next = useSignal<string | null>(null)
  const order = useSignal<'newest' | 'surest'>('newest')
  const { busy, run } = useAction()
  const list = useRef<HTMLOListElement>(null)
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
        Say what the door was, and whoever was wrong counts less from then on. Each label is also one to train with.
      </p>
      {items.value?.length === 0 && next.value === null && <p class="nothing">They never surely disagreed.</p>}
      <ol ref={list}>
        {items.value?.map((one, i) => (
          <Disagreement
            key={`${one.at} ${one.toAt}`}
            {...{ one, door, looks, onLabelled }}
            onDone={() => requestAnimationFrame(() => focusAfter(list.current, i))}
          />
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

/** Where one was said: to the next that is open, or to one before; else what was said can be changed. */
function focusAfter(list: HTMLElement | null, index: number) {
  const items = [...(list?.children ?? [])]
  const isOpen = (item: Element) => item.getAttribute('data-open') === 'true'
  const next = items.slice(index + 1).find(isOpen) ?? items.find(isOpen) ?? items[index]
  next?.querySelector('button')?.focus()
}
