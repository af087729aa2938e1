import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody, List } from '../../api/bodies.ts'
import { get, send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'

interface SiblingStartProps {
  camera: CameraBody
  onStarted(): void
}

/** A camera that was taught nothing may begin with the model of one that sees much the same. */
export function SiblingStart({ camera, onStarted }: SiblingStartProps) {
  const siblings = useSignal<CameraBody[]>([])
  const { busy, run } = useAction()
  useEffect(() => {
    void get<List<CameraBody>>('/api/cameras')
      .then(({ items }) => {
        siblings.value = items.filter(({ id, model }) => id !== camera.id && model !== null)
      })
      .catch(() => {}) // one can still name states
  }, [camera.id])
  if (siblings.value.length === 0) return null
  const start = (from: string) =>
    run(async () => {
      await send('POST', `/api/cameras/${camera.id}/copy`, { from, what: ['states', 'model'] })
      onStarted()
      return `${camera.id} starts with the model of ${from}: label some of its own frames, then train.`
    })
  return (
    <section class="sibling-start card" aria-labelledby="sibling-start">
      <h2 id="sibling-start">Start from a sibling's model</h2>
      <p class="hint">A camera that sees much the same knows something already; a few labels of its own do the rest.</p>
      <ul>
        {siblings.value.map(({ id, states }) => (
          <li key={id}>
            <span>
              <strong>{id}</strong>{' '}
              {states.map((state) => (
                <StateBadge key={state} state={state} states={states} />
              ))}
            </span>
            <Button busy={busy.value} onClick={() => void start(id)}>
              Start from it <span class="hidden-text">{id}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
