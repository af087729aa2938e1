import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { CameraBody } from '../../api/bodies.ts'
import { counted } from '../../design/words.ts'
import { BorrowedLabels } from './borrowed-labels.tsx'
import { CopyForm } from './copy-form.tsx'
import { DeleteForm } from './delete-form.tsx'
import { GiveForm } from './give-form.tsx'
import { MaskEditor } from './mask-editor.tsx'
import { OldNames } from './old-names.tsx'
import { PurgeForm } from './purge-form.tsx'
import { RegionEditor } from './region-editor.tsx'
import { RenameForm } from './rename-form.tsx'

interface CareProps {
  camera: CameraBody
  /** Told when something of the camera was changed. */
  onChanged(): void
}

/** What is seldom done to a camera, and some of it never undone. */
export function Care({ camera, onChanged }: CareProps) {
  return (
    <section class="care card" aria-labelledby="care">
      <header>
        <h2 id="care">Camera care</h2>
      </header>
      <Fold title="Region of interest" note={camera.region === null ? 'the whole picture' : 'a part of the picture'}>
        <RegionEditor camera={camera} onChanged={onChanged} />
      </Fold>
      <Fold title="Privacy masks" note={countInWords(camera.masks)}>
        <MaskEditor camera={camera} onChanged={onChanged} />
      </Fold>
      <Fold title="Copy from another camera">
        <CopyForm camera={camera} onChanged={onChanged} />
      </Fold>
      <Fold title="Give to other cameras">
        <GiveForm camera={camera} />
      </Fold>
      <Fold title="Borrowed labels" note={labelsInWords(camera.borrowed)}>
        <BorrowedLabels camera={camera} onChanged={onChanged} />
      </Fold>
      <Fold title="Rename">
        <RenameForm camera={camera} />
      </Fold>
      <Fold title="Old names" note={countInWords(camera.aliases)}>
        <OldNames camera={camera} onChanged={onChanged} />
      </Fold>
      <Fold title="Remove frames of a span">
        <PurgeForm camera={camera} />
      </Fold>
      <Fold title="Delete the camera">
        <DeleteForm camera={camera} />
      </Fold>
    </section>
  )
}

function countInWords(things: unknown[] = []): string {
  return things.length === 0 ? 'none' : `${things.length}`
}

function labelsInWords(borrowed: CameraBody['borrowed'] = []): string {
  const labels = borrowed.reduce((sum, { labels }) => sum + labels, 0)
  return labels === 0 ? 'none' : counted(labels, 'label')
}

/** What it holds is made when it is first opened. */
function Fold({ title, note, children }: { title: string; note?: string; children: ComponentChildren }) {
  const wasOpened = useSignal(false)
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open) wasOpened.value = true
      }}
    >
      <summary>
        {title} {note && <small>{note}</small>}
      </summary>
      {wasOpened.value && <div class="fold">{children}</div>}
    </details>
  )
}
