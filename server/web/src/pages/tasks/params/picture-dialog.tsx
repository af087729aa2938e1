import type { Entry } from '../../../api/laboratory-bodies.ts'
import type { AddingProps } from '../../laboratory/add/adding.ts'
import { Ways } from '../../laboratory/add/ways.tsx'
import { PickFrames } from './pick-frames.tsx'
import '../../laboratory/laboratory.css'

interface PictureDialogProps {
  /** Several may be taken at once. */
  isList: boolean
  onClose(): void
  onTaken(entries: Entry[]): void
}

/** Where the pictures of a task are looked for. */
export function PictureDialog({ isList, onClose, onTaken }: PictureDialogProps) {
  const adding: AddingProps = {
    isOne: !isList,
    isKnown: () => false,
    onAdd: async (entries) => onTaken(entries as Entry[]),
  }
  return (
    <Ways
      title={isList ? 'Choose pictures' : 'Choose a picture'}
      adding={adding}
      Frames={PickFrames}
      onClose={onClose}
    />
  )
}
