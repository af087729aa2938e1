import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody, FrameBody, List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { Button, Loading, Moment } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { toldApart } from '../../design/words.ts'
import type { ChosenFrame } from './chosen-frame.ts'
import type { History } from './history.ts'

interface ResultsTableProps {
  camera: CameraBody
  history: History
  chosen: ChosenFrame
}

const PAGE = 15
/** A phone shows so many until more are asked for. */
const FIRST = 5

/** Frames of the span with what was said of each, the newest first. */
export function ResultsTable({ camera, history, chosen }: ResultsTableProps) {
  /** Where each page begins; the last one is shown. */
  const pages = useSignal<string[]>([''])
  const isWhole = useSignal(false)
  const list = useSignal<List<FrameBody> | null>(null)
  const failed = useSignal<unknown>(null)
  const { from, to } = history.span.value
  const version = history.version.value
  const cursor = pages.value.at(-1) ?? ''

  useEffect(() => {
    if (history.follows.peek() && pages.peek().length > 1) return // one who reads an older page is not disturbed
    pages.value = ['']
  }, [from, to])
  useEffect(() => {
    const ending = new AbortController()
    const query = { camera: camera.id, from, to, limit: PAGE, cursor: cursor || undefined }
    get<List<FrameBody>>('/api/frames', query, ending.signal).then(
      (found) => {
        list.value = found
        failed.value = null
      },
      (error) => {
        if (!ending.signal.aborted) failed.value = error
      },
    )
    return () => ending.abort()
  }, [version, cursor])

  const next = list.value?.next
  const count = list.value?.items.length ?? 0
  const times = toldApart((list.value?.items ?? []).map(({ capturedAt }) => Date.parse(capturedAt)))
  return (
    <section class={isWhole.value ? 'results card whole' : 'results card'} aria-labelledby="results">
      <header>
        <h2 id="results">Results</h2>
      </header>
      {failed.value !== null && (
        <p class="reason" role="alert">
          {list.value === null ? '' : 'What stands here is old. '}
          {(failed.value as Error).message}
        </p>
      )}
      {list.value === null && failed.value === null && <Loading what="results" />}
      {list.value?.items.length === 0 && <p class="nothing">No frame was captured in this span.</p>}
      {list.value !== null && list.value.items.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Captured</th>
              <th scope="col">State</th>
              <th scope="col">Label</th>
            </tr>
          </thead>
          <tbody>
            {list.value.items.map((frame, index) => (
              <Row key={frame.id} frame={frame} time={times[index] ?? ''} camera={camera} chosen={chosen} />
            ))}
          </tbody>
        </table>
      )}
      {count > FIRST && !isWhole.value && (
        <Button kind="quiet" class="rest" onClick={() => (isWhole.value = true)}>
          {count - FIRST} more
        </Button>
      )}
      <footer>
        <Button
          disabled={pages.value.length === 1}
          onClick={() => {
            pages.value = pages.value.slice(0, -1)
          }}
        >
          Newer
        </Button>
        <Button
          disabled={!next}
          onClick={() => {
            if (next) pages.value = [...pages.value, next]
          }}
        >
          Older
        </Button>
      </footer>
    </section>
  )
}

interface RowProps {
  frame: FrameBody
  /** As it is told from those beside it. */
  time: string
  camera: CameraBody
  chosen: ChosenFrame
}

function Row({ frame, time, camera, chosen }: RowProps) {
  const at = Date.parse(frame.capturedAt)
  const { result } = frame
  return (
    <tr aria-selected={chosen.frame.value === frame.id}>
      <td>
        <button class="link" type="button" onClick={() => chosen.show(frame.id)}>
          <Moment at={at}>{time}</Moment>
        </button>
      </td>
      <td>
        {result ? (
          <StateBadge state={result.state} states={camera.states} confidence={result.confidence} />
        ) : (
          <small>{frame.code ?? frame.outcome ?? 'not known'}</small>
        )}
        {result?.late && <small> late</small>}
      </td>
      <td>{frame.label ?? <small>–</small>}</td>
    </tr>
  )
}
