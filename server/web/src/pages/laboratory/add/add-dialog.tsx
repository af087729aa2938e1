import type { NamedEntry } from '../../../api/laboratory-bodies.ts'
import { useConsole } from '../../../console.ts'
import { counted } from '../../../design/words.ts'
import { keyOf } from '../entries.ts'
import { AddFrames } from './add-frames.tsx'
import type { AddingProps } from './adding.ts'
import { Ways } from './ways.tsx'

interface AddDialogProps {
  /** What the session holds. */
  known: NamedEntry[]
  onClose(): void
  /** @returns how many pictures the session has more now @throws ApiError */
  onAdd(entries: object[]): Promise<number>
}

/** Where pictures are gathered from. */
export function AddDialog({ known, onClose, onAdd }: AddDialogProps) {
  const { notices } = useConsole()
  const keys = new Set(known.map(keyOf))
  const adding: AddingProps = {
    isKnown: (entry) => keys.has(keyOf(entry)),
    onAdd: async (entries) => {
      // Frames came in meanwhile, or some were there already: what is told is what happened.
      const count = await onAdd(entries)
      notices.done(
        count === 0
          ? 'The session holds them all already.'
          : `${counted(count, 'picture')} ${count === 1 ? 'was' : 'were'} added.`,
      )
      onClose()
    },
  }
  return <Ways title="Add pictures" adding={adding} Frames={AddFrames} onClose={onClose} />
}
