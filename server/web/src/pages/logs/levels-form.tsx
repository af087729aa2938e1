import { useEffect, useState } from 'preact/hooks'
import { get, send } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'

/** As GET /api/logging answers. */
export interface LoggingBody {
  level: string
  components: Record<string, string | null>
  file: { enabled: boolean; path: string; bytes: number; droppedLines: number; trouble: string | null }
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error']
const SETTABLE = [...LEVELS, 'silent']
const GENERAL = 'as the general one'

/** How much is logged, and where: until the server ends. */
export function LevelsForm({ logging, onChanged }: { logging: LoggingBody; onChanged(logging: LoggingBody): void }) {
  const { notices } = useConsole()
  const change = (wanted: object) =>
    send<LoggingBody>('PATCH', '/api/logging', wanted).then(onChanged, (error) => {
      notices.failed(error)
      onChanged({ ...logging }) // what could not be changed is shown as it is
    })
  const { file } = logging
  return (
    <details class="levels card">
      <summary>What is logged</summary>
      <p class="hint">It holds until the server ends; AJAR_LOG_LEVEL and AJAR_LOG_FILE say what it starts with.</p>
      <div class="level-list">
        <label>
          General level
          <select value={logging.level} onChange={({ currentTarget }) => void change({ level: currentTarget.value })}>
            {SETTABLE.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        {Object.entries(logging.components).map(([name, level]) => (
          <label key={name}>
            {name}
            <select
              value={level ?? ''}
              onChange={({ currentTarget: { value } }) => void change({ components: { [name]: value || null } })}
            >
              <option value="">{GENERAL}</option>
              {SETTABLE.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        ))}
      </div>
      <div class="log-file">
        <p>
          {file.enabled ? 'Lines are also written to ' : 'No file is written. It would be '}
          <code>{file.path}</code>
          {file.droppedLines > 0 && `; ${file.droppedLines} lines were lost: ${file.trouble ?? 'the disk took none'}`}
        </p>
        <Button onClick={() => void change({ file: { enabled: !file.enabled } })}>
          {file.enabled ? 'Stop writing the file' : 'Write the file'}
        </Button>
      </div>
    </details>
  )
}

/** null until it is known. */
export function useLogging(): [LoggingBody | null, (logging: LoggingBody) => void] {
  const { notices } = useConsole()
  const [logging, setLogging] = useState<LoggingBody | null>(null)
  useEffect(() => void get<LoggingBody>('/api/logging').then(setLogging, (error) => notices.failed(error)), [])
  return [logging, setLogging]
}
