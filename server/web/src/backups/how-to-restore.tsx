import type { BackupsBody } from '../api/release-bodies.ts'
import { CopyText } from '../design/copy-text.tsx'
import { restoreLine, TARGET } from './backup.ts'

const EXAMPLE = 'NAME'

/** Where backups lie, and how one becomes a server again. */
export function HowToRestore({ backups: { folder, items } }: { backups: BackupsBody }) {
  const newest = items.find(({ complete }) => complete)?.name ?? EXAMPLE
  return (
    <details>
      <summary>Where they lie, and how one is restored</summary>
      <p>
        Each is a folder of its own in <code>{folder}</code>. What did not change is shared between them, so together
        they take less room than it says. A disk that dies takes along what lies on it: copy them to another machine, or
        have AJAR_BACKUP_DIR name another disk.
      </p>
      <p>
        A backup becomes a data folder where there is none yet, with this release of ajar or a newer one, before its
        server is started. Settings and certificates are not in it. deploy/README.md says it step by step.
      </p>
      <p>
        In place of <code>{TARGET}</code> goes the folder that is to become the data folder: one that is empty, or not
        there yet.
      </p>
      <CopyText
        label="Restore the newest one, at the checkout of the machine that takes it"
        text={restoreLine(folder, newest)}
      />
    </details>
  )
}
