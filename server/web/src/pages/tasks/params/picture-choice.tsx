import { useId, useState } from 'preact/hooks'
import type { FrameBody, List } from '../../../api/bodies.ts'
import { get } from '../../../api/client.ts'
import type { Entry } from '../../../api/laboratory-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { useConsole } from '../../../console.ts'
import { Button } from '../../../design/elements.tsx'
import { page } from '../../../page.tsx'
import { entryOfFrame } from '../../laboratory/entries.ts'
import { ChosenList } from '../../laboratory/form/chosen-list.tsx'
import { added, type Chosen } from '../../laboratory/form/draft.ts'
import { CameraChoice } from '../camera-choice.tsx'
import type { PictureField } from './fields.ts'

// Most runs take the newest frame of a camera.
const PictureDialog = page(async () => (await import('./picture-dialog.tsx')).PictureDialog)

interface PictureChoiceProps {
  field: PictureField
  chosen: readonly Chosen[]
  error: string | null
  onChange(chosen: Chosen[]): void
}

/** Which pictures a task is given: the newest frame of a camera, or any of the archive and of one's own. */
export function PictureChoice({ field, chosen, error, onChange }: PictureChoiceProps) {
  const { live } = useConsole()
  const about = useId()
  const { busy, run } = useAction()
  const cameras = live.ids.value ?? []
  const [wanted, setCamera] = useState('')
  const [isOpen, setOpen] = useState(false)
  const camera = cameras.includes(wanted) ? wanted : cameras[0]
  const add = (entries: Entry[]) => onChange(added(field.isList ? chosen : [], entries))
  const takeNewest = () =>
    run(async () => {
      const { items } = await get<List<FrameBody>>('/api/frames', { camera, order: 'newest', limit: 1 })
      const [newest] = items
      if (!newest) return `${camera} has sent no frame yet.`
      add([entryOfFrame(newest.id)])
      return undefined
    })
  return (
    <fieldset class={field.isList ? 'files-field' : 'files-field one'} aria-describedby={about}>
      <legend>{field.label}</legend>
      <p id={about} class={error === null ? 'hint' : 'hint wrong'} role={error === null ? undefined : 'alert'}>
        {error ??
          `${field.hint} ${field.isList ? 'One picture or more' : 'One picture'}${field.required ? '' : ', or none'}.`.trim()}
      </p>
      <ChosenList
        input={{ name: field.label, description: '', type: 'image' }}
        chosen={chosen}
        pool={[]}
        onChange={onChange}
      />
      <div class="buttons">
        {camera !== undefined && (
          <span class="newest">
            <Button busy={busy.value} onClick={() => void takeNewest()}>
              Newest frame{cameras.length === 1 ? ` of ${camera}` : ' of'}
            </Button>
            <CameraChoice label="Camera" cameras={cameras} camera={camera} onChange={setCamera} />
          </span>
        )}
        <Button onClick={() => setOpen(true)}>Choose …</Button>
      </div>
      {isOpen && (
        <PictureDialog
          isList={field.isList}
          onClose={() => setOpen(false)}
          onTaken={(entries) => {
            add(entries)
            setOpen(false)
          }}
        />
      )}
    </fieldset>
  )
}
