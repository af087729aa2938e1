import type { JobBody } from '../../../api/bodies.ts'
import { send } from '../../../api/client.ts'
import type { TaskRunBody } from '../../../api/task-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { Age, Button, Moment } from '../../../design/elements.tsx'
import { timeOfDay } from '../../../design/words.ts'
import { cameraPath, runPath } from '../../../router/route.ts'
import { Unwritten } from '../runs/unwritten.tsx'
import { paramsInWords, STATES } from '../words.ts'
import { type Automatic, readingsInWords } from './automatic.ts'

interface AutomaticRunProps {
  automatic: Automatic
  title: string
  /** The run that it asked for last, where it is still known. */
  last: JobBody | null
  canOperate: boolean
  onChanged(): Promise<void>
  onDelete(): void
}

/** One task that is run by itself: when, of which camera, what it writes, and how that went last. */
export function AutomaticRun({ automatic, title, last, canOperate, onChanged, onDelete }: AutomaticRunProps) {
  const { task, camera, when, timezone, nextAt, paused, path, params = {} } = automatic
  const { busy, run } = useAction()
  const name = `${title} of ${camera}, ${when}`
  const pause = () =>
    run(async () => {
      await send('PATCH', path, { paused: !paused })
      await onChanged()
      return undefined
    })
  const next = Date.parse(nextAt ?? '')
  return (
    <li class="automatic" aria-label={name}>
      <div class="automatic-words">
        <p>
          <strong>{title}</strong> of <a href={cameraPath(camera)}>{camera}</a>, {when}
          {paused && <span class="tag plain">paused</span>}
        </p>
        <small>
          {[paramsInWords(params), readingsInWords(automatic)].filter(Boolean).join('; ')}
          {timezone !== null && ` · ${timezone}`}
          {!paused && !Number.isNaN(next) && (
            <>
              {' · next '}
              <Moment at={next}>{timeOfDay(next)}</Moment>
            </>
          )}
        </small>
        {automatic.lastJob !== null && (
          <p class="last-run">
            <a href={runPath(task, automatic.lastJob)}>Last run</a>
            {last !== null && (
              <>
                <span class={`tag ${STATES[last.state].tone}`}>{STATES[last.state].name}</span>
                <small>
                  <Age at={Date.parse(last.createdAt)} />
                </small>
              </>
            )}
          </p>
        )}
        {last?.error && <pre class="reason in-short">{reasonOf(last.error, task)}</pre>}
        <Unwritten flaws={(last?.result as Pick<TaskRunBody, 'unwritten'> | null)?.unwritten ?? []} />
      </div>
      {canOperate && (
        <span class="buttons">
          <Button
            busy={busy.value}
            aria-label={`${paused ? 'Go on with' : 'Pause'} ${name}`}
            onClick={() => void pause()}
          >
            {paused ? 'Go on' : 'Pause'}
          </Button>
          <Button kind="quiet" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </Button>
        </span>
      )}
    </li>
  )
}

/** In place of what programs are told. */
function reasonOf({ code, message }: { code: string; message: string }, task: string): string {
  return code === 'no_such_task' ? `There is no task ${task} any more: its file was taken away, or renamed.` : message
}
