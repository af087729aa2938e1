import { clock } from '../../design/clock.ts'
import { Age, Button } from '../../design/elements.tsx'
import { exitInWords, type ProcessBody, PURPOSES, STATES, uptime } from './process.ts'

interface ProcessCardProps {
  process: ProcessBody
  canRestart: boolean
  onRestart(): void
}

/** One process: whether it runs, how it ended last, and what it said. */
export function ProcessCard({ process, canRestart, onRestart }: ProcessCardProps) {
  const { name, pid, state, restarts, lastExit, log } = process
  return (
    <li class="process card">
      <header>
        <h2>{name}</h2>
        <span class={`process-state ${state}`}>{STATES[state] ?? state}</span>
        {canRestart && <Button onClick={onRestart}>Restart {name}</Button>}
      </header>
      {PURPOSES[name] && <p class="hint">{PURPOSES[name]}</p>}
      <dl>
        <div>
          <dt>Up for</dt>
          <dd>{uptime(process, clock.value)}</dd>
        </div>
        <div>
          <dt>Process</dt>
          <dd>{pid ?? '–'}</dd>
        </div>
        <div>
          <dt>Restarts</dt>
          <dd>{restarts ?? 'see systemd'}</dd>
        </div>
        <div>
          <dt>Last exit</dt>
          <dd>
            {lastExit === null ? (
              '–'
            ) : (
              <>
                {exitInWords(lastExit)}, <Age at={Date.parse(lastExit.at)} />
              </>
            )}
          </dd>
        </div>
      </dl>
      {log && log.length > 0 && (
        <details>
          <summary>Its last lines</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too */}
          <section class="last-lines" tabIndex={0} aria-label={`Last lines of ${name}`}>
            <pre>{log.join('\n')}</pre>
          </section>
        </details>
      )}
    </li>
  )
}
