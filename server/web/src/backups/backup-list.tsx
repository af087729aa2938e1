import type { BackupBody } from '../api/release-bodies.ts'
import { Button, Moment } from '../design/elements.tsx'
import { counted, timeOfDay } from '../design/words.ts'
import { kindInWords, mayGo, sizeInWords } from './backup.ts'

interface BackupListProps {
  backups: BackupBody[]
  onDelete(backup: BackupBody): void
}

/** The backups there are, as the server lists them. */
export function BackupList({ backups, onDelete }: BackupListProps) {
  if (backups.length === 0) return <p class="hint">There is no backup yet.</p>
  return (
    <ul>
      {backups.map((backup) => (
        <li key={backup.name}>
          <div>
            <strong>
              <Moment at={Date.parse(backup.at)}>{timeOfDay(Date.parse(backup.at))}</Moment>
            </strong>{' '}
            <small>{kindInWords(backup)}</small>
            {!backup.complete && <span class="tag incomplete">not complete</span>}
            <p class="hint">
              {backup.complete
                ? `${sizeInWords(backup.bytes)}, ${counted(backup.frames, 'frame')}, ${counted(backup.models, 'model')}`
                : 'It was copied half-way, or is something else: nothing is restored from it.'}
              {!mayGo(backup, backups) && '. It cannot be deleted before there is another one.'}
            </p>
          </div>
          {mayGo(backup, backups) && (
            <Button
              aria-label={`Delete the backup of ${timeOfDay(Date.parse(backup.at))}`}
              onClick={() => onDelete(backup)}
            >
              Delete
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
