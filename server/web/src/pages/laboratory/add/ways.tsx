import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from '../../../design/dialog.tsx'
import { AddFits } from './add-fits.tsx'
import { AddUploads } from './add-uploads.tsx'
import type { AddingProps } from './adding.ts'
import './add.css'

interface WaysProps {
  title: string
  adding: AddingProps
  /** How frames of a camera are asked for. */
  Frames: ComponentType<AddingProps>
  onClose(): void
}

const WAYS = { frames: 'Frames of a camera', fits: 'FITS files', uploads: 'Your own files' } as const
type Way = keyof typeof WAYS

/** A dialog in which pictures are gathered, from one of several places. */
export function Ways({ title, adding, Frames, onClose }: WaysProps) {
  const [way, setWay] = useState<Way>('frames')
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="form add-pictures">
        <fieldset class="ways">
          <legend class="hidden-text">Where from</legend>
          {(Object.keys(WAYS) as Way[]).map((one) => (
            <label key={one}>
              <input type="radio" name="way" checked={way === one} onChange={() => setWay(one)} />
              {WAYS[one]}
            </label>
          ))}
        </fieldset>
        {way === 'frames' && <Frames {...adding} />}
        {way === 'fits' && <AddFits {...adding} />}
        {way === 'uploads' && <AddUploads {...adding} />}
      </div>
    </Dialog>
  )
}
