import type { JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import type { ReleaseBody } from '../../api/release-bodies.ts'
import { ConfirmDialog } from '../../design/confirm-dialog.tsx'
import type { Kept } from './outcome.ts'
import { Reason } from './reason.tsx'
import { choiceOf } from './release.ts'

interface RunDialogProps {
  release: ReleaseBody
  current: ReleaseBody | undefined
  onClose(): void
  onBegun(job: JobBody<Kept>): void
}

/** Asks before a release that lies here takes the place of the one that runs. */
export function RunDialog({ release, current, onClose, onBegun }: RunDialogProps) {
  const { id, version, reason } = release
  const { action, isForced } = choiceOf(release, current)
  const isBack = !isForced && action.startsWith('Go back')
  return (
    <ConfirmDialog
      title={isForced ? `Run ${version}, which is bad` : isBack ? `Go back to ${version}` : `Run ${version}`}
      action={isForced ? action : isBack ? 'Go back' : 'Run it'}
      word={isForced ? version : null}
      onClose={onClose}
      onConfirm={async () =>
        onBegun(await send<JobBody<Kept>>('POST', '/api/redeploy', { release: id, force: isForced }))
      }
    >
      {isForced && (
        <>
          <p>
            <strong class="outcome bad">It was marked bad.</strong> Run it only if you know that what was wrong is gone.
          </p>
          {reason !== null && <Reason text={reason} tone="bad" />}
        </>
      )}
      <p>
        The server restarts with it, and console and devices are without it for a moment. Frames, labels and models stay
        as they are; nothing that was acknowledged is lost.
      </p>
      <p>If it does not answer well, {current?.version ?? 'what runs now'} comes back by itself.</p>
    </ConfirmDialog>
  )
}
