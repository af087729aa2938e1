import { clock } from '../../design/clock.ts'
import { Age, Button } from '../../design/elements.tsx'
import { LastLines } from './last-lines.tsx'
import { exitInWords, type ProcessBody, PURPOSES, stateInWords, uptime } from './process.ts'

interface ProcessCardProps {
  process: ProcessBody
  /** When the server said so, where it does not answer any more; milliseconds UTC by its clock. */
  oldSince: number | null
  canRestart: boolean
  onRestart(): void
}

/** One process: whether it runs, how it ended last, and what it said. */
export function ProcessCard({ process, oldSince, canRestart, onRestart }: ProcessCardProps) {
  const { name, pid, restarts, lastExit, log } = process
  const isOld = oldSince !== null
  return (
    <li class={isOld ? 'process card old' : 'process card'}>
      <header>
        <h2>{name}</h2>
        <span class={`process-state ${isOld ? 'old' : process.state}`}>{stateInWords(process, isOld)}</span>
        {canRestart && (
          <Button disabled={isOld} onClick={onRestart}>
            Restart {name}
          </Button>
        )}
      </header>
      {PURPOSES[name] && <p class="hint">{PURPOSES[name]}</p>}
      <dl>
        <div>
          <dt>{isOld ? 'Was up for' : 'Up for'}</dt>
          <dd>{uptime(process, oldSince ?? clock.value)}</dd>
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
      {log && log.length > 0 && <LastLines name={name} lines={log} />}
    </li>
  )
}
